//! Calls cargo, always in the same form so that nothing is built twice with other features.
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::command;
use crate::screen;

/// What a build is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Quick to build, and what the tests use.
    Dev,
    /// Quick to run.
    Release,
}

impl Profile {
    /// The profile that `--release` chooses.
    pub(crate) fn of(release: bool) -> Self {
        if release { Self::Release } else { Self::Dev }
    }

    fn folder(self) -> &'static str {
        match self {
            Self::Dev => "debug",
            Self::Release => "release",
        }
    }
}

/// Cargo in the project's folder, without what `cargo run` told us about ourselves.
pub(crate) fn cargo(root: &Path) -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(root);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text == "CARGO" || text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_")
        {
            command.env_remove(&name);
        }
    }
    if screen::ci() {
        command.env("CARGO_INCREMENTAL", "0").env("CARGO_TERM_COLOR", "never");
    }
    command
}

/// The arguments of the one build command.
pub(crate) fn build_arguments(profile: Profile) -> &'static [&'static str] {
    match profile {
        Profile::Dev => &["build", "--workspace", "--all-targets"],
        Profile::Release => &["build", "--release", "--workspace", "--bins", "--examples"],
    }
}

/// Builds the workspace; cargo speaks to the screen itself.
///
/// # Errors
/// When it does not compile.
pub(crate) fn build(root: &Path, profile: Profile) -> Result<()> {
    command::run(cargo(root).args(build_arguments(profile)))
}

/// A built program.
///
/// # Errors
/// When it is not there, which only a changed target folder explains.
pub(crate) fn binary(root: &Path, profile: Profile, name: &str) -> Result<PathBuf> {
    let path = target(root).join(profile.folder()).join(name);
    let missing = || format!("{} was not built", path.display());
    path.is_file().then(|| path.clone()).with_context(missing)
}

/// A built program of the `e2e` package, be it a binary or an example.
///
/// # Errors
/// When there is none of that name.
pub(crate) fn program(root: &Path, profile: Profile, name: &str) -> Result<PathBuf> {
    binary(root, profile, name).or_else(|_| binary(root, profile, &format!("examples/{name}")))
}

/// The folder that cargo builds in.
pub(crate) fn target(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |dir| root.join(dir))
}
