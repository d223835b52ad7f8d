//! The layers of `src/lib.rs`, enforced: Cargo can't do it inside one crate.

use std::fs;
use std::path::{Path, PathBuf};

/// From left to right; a module may use what stands to its left, and nothing of its own rank but itself.
const RANKS: [&[&str]; 14] = [
    &["domain"],
    &["clock", "config", "crypto", "net", "telemetry"],
    &["event_log"],
    &["command"],
    &["projections"],
    &["oauth"],
    &["registry"],
    &["http"],
    &["graphql"],
    &["server"],
    &["demo"],
    &["app"],
    &["cli"],
    &["main"],
];

/// A crate, and the only places that may name it.
const HOMES: [(&str, &[&str]); 16] = [
    ("diesel", &["event_log/", "projections/"]),
    ("diesel_async", &["event_log/"]),
    ("http_auth", &["oauth/"]),
    ("diesel_migrations", &["event_log/"]),
    ("reqwest", &["net/"]),
    ("rustls", &["net/", "cli/serve"]),
    ("rustls_platform_verifier", &["net/"]),
    ("tokio_rustls", &["net/"]),
    ("x509_parser", &["net/", "oauth/"]),
    ("p12_keystore", &["net/"]),
    ("async_graphql", &["graphql/", "server/graphql"]),
    ("actix_web", &["server/", "demo/", "app/"]),
    ("jsonwebtoken", &["oauth/", "demo/"]),
    ("openidconnect", &["oauth/discovery"]),
    ("anyhow", &["cli/"]),
    ("clap", &["cli/"]),
];

/// What the pure core must not even name.
const ABSENT_FROM_DOMAIN: [&str; 10] =
    ["async ", "std::env", "std::fs", "std::net", "std::time", "tokio", "tracing", "Utc::now", "Instant", "SystemTime"];

fn sources() -> Vec<(String, String)> {
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
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    assert!(files.len() > 50, "the sources were not found");
    let name = |path: &Path| path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
    files.iter().map(|path| (name(path), code_of(&fs::read_to_string(path).unwrap()))).collect()
}

/// The file without its comments and texts, which may name whatever they speak of.
fn code_of(text: &str) -> String {
    let without_texts = |line: &str| line.split('"').step_by(2).collect::<Vec<_>>().join("\"\"");
    let without_comment = |line: String| line.split_once("//").map_or(line.clone(), |(code, _)| code.to_owned());
    text.lines().map(without_texts).map(without_comment).collect::<Vec<_>>().join("\n")
}

fn rank(module: &str) -> Option<usize> {
    RANKS.iter().position(|modules| modules.contains(&module))
}

fn module_of(file: &str) -> &str {
    file.split(['/', '.']).next().unwrap()
}

/// The first name behind each `crate::` (or `latchkey::`, in the binary).
fn used_modules(code: &str) -> Vec<&str> {
    let behind = |prefix: &'static str| {
        code.split(prefix).skip(1).map(|rest| rest.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap())
    };
    behind("crate::").chain(behind("latchkey::")).filter(|name| rank(name).is_some()).collect()
}

#[test]
fn every_module_has_a_rank() {
    for (file, _) in sources() {
        let module = module_of(&file);
        assert!(module == "lib" || rank(module).is_some(), "src/{file} has no place in the layers");
    }
}

#[test]
fn no_module_uses_what_stands_to_its_right() {
    for (file, code) in sources() {
        let module = module_of(&file);
        let Some(own) = rank(module) else { continue };
        for used in used_modules(&code) {
            assert!(
                used == module || rank(used) < Some(own),
                "src/{file} uses crate::{used}, which is not to its left"
            );
        }
    }
}

#[test]
fn a_foreign_crate_is_named_in_its_home_only() {
    for (file, code) in sources() {
        for (name, homes) in HOMES {
            let is_named = code.contains(&format!("{name}::")) || code.contains(&format!("use {name}"));
            assert!(!is_named || homes.iter().any(|home| file.starts_with(home)), "src/{file} names {name}");
        }
        let reads_environment = ["env::var", "env::vars", "env::args"].iter().any(|call| code.contains(call));
        assert!(!reads_environment || file.starts_with("config/"), "src/{file} reads the environment");
    }
}

#[test]
fn the_domain_is_pure() {
    let files: Vec<_> = sources().into_iter().filter(|(file, _)| file.starts_with("domain/")).collect();
    assert!(files.len() > 10);
    for (file, code) in files {
        for absent in ABSENT_FROM_DOMAIN {
            assert!(!code.contains(absent), "src/{file} names {absent}");
        }
    }
}

#[test]
fn the_scan_sees_an_upward_import() {
    assert_eq!(used_modules("use crate::graphql::schema;\nfn f() -> crate::net::X {}"), ["graphql", "net"]);
    assert_eq!(used_modules(&code_of("// use crate::graphql;")), Vec::<&str>::new());
    assert_eq!(used_modules(&code_of(r#"let text = "crate::graphql"; use crate::net;"#)), ["net"]);
    assert!(rank("graphql") > rank("http"));
}
