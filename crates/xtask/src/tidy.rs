//! House rules that no compiler checks: who may depend on whom, and what a file looks like.
mod arrows;
mod files;
mod problems;
mod purity;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::cargo;
use crate::command;
use crate::screen;

/// A file under version control, or about to be: its path from the project's root, and its text.
#[derive(Clone, Debug)]
struct Source {
    path: PathBuf,
    text: String,
}

impl Source {
    fn is_rust(&self) -> bool {
        self.path.extension().is_some_and(|extension| extension == "rs")
    }
}

/// Checks every rule, and prints each offence.
///
/// # Errors
/// When there is an offence, or the project cannot be read.
pub(crate) fn run(root: &Path) -> Result<()> {
    let sources = sources(root)?;
    let mut metadata = cargo::cargo(root);
    metadata.args(["metadata", "--no-deps", "--format-version", "1", "--offline"]);
    let metadata = command::capture(&mut metadata)?;
    let mut offences = arrows::check(&metadata)?;
    offences.extend(purity::check(&sources));
    offences.extend(files::check(&sources, root));
    offences.extend(problems::check(&sources));
    for offence in &offences {
        screen::say(format!("  {offence}"));
    }
    ensure!(offences.is_empty(), "{} offences against the house rules", offences.len());
    Ok(())
}

fn sources(root: &Path) -> Result<Vec<Source>> {
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(root);
    let names = command::capture(&mut git).context("listing the project's files")?;
    let paths = names.split('\0').filter(|name| !name.is_empty()).map(PathBuf::from);
    // A file that is gone but not yet committed as such, or is no text, has nothing to check.
    Ok(paths
        .filter_map(|path| {
            let text = fs::read_to_string(root.join(&path)).ok()?;
            Some(Source { path, text })
        })
        .collect())
}
