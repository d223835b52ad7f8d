//! `docs/interop.md` names a test for each line of what a client must get right; here each of them is looked for.

use std::fs;
use std::path::{Path, PathBuf};

const DOCUMENT: &str = include_str!("../../docs/interop.md");

/// Every test in the sources as `module::name`, where the module is the path of its file.
fn tests() -> Vec<String> {
    fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, files);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for (folder, prefix) in [("tests/it", ""), ("src", "latchkey::")] {
        let mut files = Vec::new();
        collect(&root.join(folder), &mut files);
        for file in files {
            let module = file.strip_prefix(root.join(folder)).unwrap().with_extension("");
            let module = module.to_str().unwrap().replace('/', "::");
            let module = module.trim_end_matches("::mod").trim_end_matches("::tests");
            let text = fs::read_to_string(&file).unwrap();
            let marked = text.split("#[test]").skip(1).chain(text.split("#[tokio::test").skip(1));
            let names = marked.filter_map(|after| after.split_once("fn ")?.1.split_once('(').map(|(name, _)| name));
            found.extend(names.map(|name| format!("{prefix}{module}::{name}")));
        }
    }
    found
}

/// The rows of the tables: what is required, and the cell with its tests.
fn rows() -> Vec<(&'static str, &'static str)> {
    let cells = DOCUMENT.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "));
    cells.filter(|(requirement, _)| *requirement != "What is required" && !requirement.starts_with("---")).collect()
}

#[test]
fn every_line_of_the_document_names_tests_that_exist() {
    let tests = tests();
    let rows = rows();
    assert!(rows.len() > 50, "only {} rows were read", rows.len());
    for (requirement, cell) in rows {
        let named: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "no test is named for: {requirement}");
        for name in named {
            assert!(tests.iter().any(|test| test == name), "there is no test {name}, named for: {requirement}");
        }
    }
}
