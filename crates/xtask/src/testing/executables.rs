//! Builds every test program with the one build command, and learns from cargo where they are.
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::cargo::{self, Profile};
use crate::command;

/// A built test program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TestProgram {
    /// The package it tests.
    pub(super) package: String,
    /// The name of the target: the library, or a file in `tests/`.
    pub(super) target: String,
    /// The program.
    pub(super) executable: PathBuf,
    /// The package's folder, which a test may count on to run in.
    pub(super) folder: PathBuf,
}

/// Builds the workspace and returns its test programs, by package and target.
///
/// # Errors
/// When it does not compile; cargo has said why.
pub(super) fn build(root: &Path) -> Result<Vec<TestProgram>> {
    let mut cargo = cargo::cargo(root);
    cargo.args(cargo::build_arguments(Profile::Dev));
    cargo.arg("--message-format=json-render-diagnostics").stdout(Stdio::piped());
    let mut child = command::spawn(&mut cargo)?;
    let messages = BufReader::new(child.stdout.take().context("no messages from cargo")?);
    let mut programs = Vec::new();
    for line in messages.lines() {
        programs.extend(test_program(&line?));
    }
    let status = command::wait(&mut child, None)?;
    ensure!(status.success(), "the workspace does not compile");
    programs.sort_by(|a, b| (&a.package, &a.target).cmp(&(&b.package, &b.target)));
    Ok(programs)
}

#[derive(Deserialize)]
struct Artifact {
    package_id: String,
    manifest_path: PathBuf,
    target: Target,
    profile: ArtifactProfile,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

#[derive(Deserialize)]
struct ArtifactProfile {
    test: bool,
}

/// The test program that one of cargo's messages speaks of, if it does. The format is in the Cargo
/// book, "External tools: JSON messages".
fn test_program(message: &str) -> Option<TestProgram> {
    let artifact: Artifact = serde_json::from_str(message).ok()?;
    let is_bench = artifact.target.kind.iter().any(|kind| kind == "bench");
    if !artifact.profile.test || is_bench {
        return None;
    }
    Some(TestProgram {
        package: package_name(&artifact.package_id)?.to_owned(),
        target: artifact.target.name,
        executable: artifact.executable?,
        folder: artifact.manifest_path.parent()?.to_path_buf(),
    })
}

/// `path+file:///x/tests#e2e@0.1.0`, or `path+file:///x/orders#0.1.0` where folder and name agree.
fn package_name(id: &str) -> Option<&str> {
    let (location, version) = id.rsplit_once('#')?;
    match version.split_once('@') {
        Some((name, _)) => Some(name),
        None => location.rsplit('/').next(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(test: bool, kind: &str) -> String {
        serde_json::json!({
            "reason": "compiler-artifact", "package_id": "path+file:///x/orders#0.1.0",
            "manifest_path": "/x/orders/Cargo.toml", "profile": { "test": test },
            "target": { "name": "orders_it", "kind": [kind] }, "executable": "/x/orders_it-1",
        })
        .to_string()
    }

    #[test]
    fn only_tests_are_taken() {
        assert_eq!(test_program(&message(true, "test")).unwrap().package, "orders");
        assert_eq!(test_program(&message(false, "bin")), None);
        assert_eq!(test_program(&message(true, "bench")), None);
        assert_eq!(test_program(r#"{"reason":"build-finished","success":true}"#), None);
    }

    #[test]
    fn both_forms_of_a_package_id_are_read() {
        assert_eq!(package_name("path+file:///x/tests#e2e@0.1.0"), Some("e2e"));
        assert_eq!(package_name("path+file:///x/orders#0.1.0"), Some("orders"));
    }
}
