//! Makes sure that there is a page to embed, so that `cargo build` works on a machine without npm.
//!
//! `make frontend` makes the whole `frontend/dist`, and `built.txt` in it, which is never written here. Where it never ran,
//! one page takes the place of all and says so.

use std::path::Path;
use std::{fs, io};

const PLACEHOLDER: &str = "frontend/placeholder.html";
const DIST: &str = "frontend/dist";
const PAGE: &str = "frontend/dist/index.html";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={PLACEHOLDER}");
    println!("cargo::rerun-if-changed={DIST}");
    if Path::new(PAGE).exists() {
        return Ok(());
    }
    fs::create_dir_all(DIST)?;
    fs::copy(PLACEHOLDER, PAGE)?;
    // Newer times than this run's would make cargo run it again in the next build. Where a directory's can't be set, it does.
    let time = fs::metadata(PLACEHOLDER)?.modified()?;
    fs::File::options().write(true).open(PAGE)?.set_modified(time)?;
    fs::File::open(DIST).and_then(|directory| directory.set_modified(time)).or(Ok(()))
}
