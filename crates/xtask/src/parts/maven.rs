//! Fetches released software from Maven Central through the `mvn` of the machine.
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::command;

const DEPENDENCY_PLUGIN: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1";

/// Copies everything that `pom` needs at run time into `libs`.
///
/// # Errors
/// When Maven is missing or cannot fetch; its last words are quoted.
pub(crate) fn copy_dependencies(pom: &Path, libs: &Path, log: &Path) -> Result<()> {
    let mut command = Command::new("mvn");
    command
        .args(["-B", "-q", "-f"])
        .arg(pom)
        .arg(format!("{DEPENDENCY_PLUGIN}:copy-dependencies"))
        .arg("-DincludeScope=runtime")
        .arg(format!("-DoutputDirectory={}", libs.display()));
    command::run_logged(&mut command, log).context("fetching with Maven")
}

/// Compiles a project, and copies everything that it needs at run time into `libs`.
///
/// # Errors
/// When Maven is missing or cannot fetch, or it does not compile; its last words are quoted.
pub(crate) fn compile(pom: &Path, libs: &Path, log: &Path) -> Result<()> {
    let mut command = Command::new("mvn");
    command
        .args(["-B", "-q", "-f"])
        .arg(pom)
        .args(["compiler:compile", "dependency:copy-dependencies", "-DincludeScope=runtime"])
        .arg(format!("-DoutputDirectory={}", libs.display()));
    command::run_logged(&mut command, log).context("building with Maven")
}

/// Unpacks one artifact (`group:name:version`) into a folder.
///
/// # Errors
/// When Maven is missing or cannot fetch; its last words are quoted.
pub(crate) fn unpack(artifact: &str, folder: &Path, log: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    let mut command = Command::new("mvn");
    // Away from the project, so that Maven does not look for a pom.xml.
    command
        .current_dir(folder)
        .args(["-B", "-q"])
        .arg(format!("{DEPENDENCY_PLUGIN}:unpack"))
        .arg(format!("-Dartifact={artifact}"))
        .arg(format!("-DoutputDirectory={}", folder.display()));
    command::run_logged(&mut command, log).context("fetching with Maven")
}
