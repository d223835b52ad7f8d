//! Makes sure that the pages to embed are there, so that `cargo build` works on a machine without npm.
//!
//! `frontend/build.mjs` makes the whole `frontend/dist`. Where it never ran, the hand-written pages alone are copied; the
//! GraphiQL page then says what is missing.

use std::path::Path;
use std::{fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=frontend/static");
    println!("cargo::rerun-if-changed=frontend/dist");
    if Path::new("frontend/dist/graphiql/vendor").is_dir() {
        return Ok(());
    }
    copy(Path::new("frontend/static"), Path::new("frontend/dist"))
}

/// Copies what differs, with its time: a newer time would make cargo run this again in the next build.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
            continue;
        }
        let content = fs::read(entry.path())?;
        if fs::read(&target).is_ok_and(|known| known == content) {
            continue;
        }
        fs::write(&target, content)?;
        fs::File::options().write(true).open(&target)?.set_modified(entry.metadata()?.modified()?)?;
    }
    Ok(())
}
