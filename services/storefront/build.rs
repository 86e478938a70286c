//! Lists the pages of `docs/problems` so that they become part of the binary.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = Path::new("../../docs/problems").canonicalize()?;
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(&folder)? {
        files.push(entry?.path());
    }
    files.retain(|file| file.extension().is_some_and(|extension| extension == "md"));
    files.sort();
    let mut list = String::from("&[");
    for file in &files {
        println!("cargo:rerun-if-changed={}", file.display());
        let code = file.file_stem().and_then(|stem| stem.to_str()).ok_or("a name in UTF-8")?;
        writeln!(list, "({code:?}, {:?}),", std::fs::read_to_string(file)?)?;
    }
    list.push(']');
    let out = std::env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
    std::fs::write(Path::new(&out).join("problems.rs"), list)?;
    Ok(())
}
