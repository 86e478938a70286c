//! Checks the contracts in `proto/` with buf: its lint rules, and that nothing published breaks.
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::cargo;
use crate::command;
use crate::instance::Instance;
use crate::screen;

/// The released buf; Debian's Go is too old to build it, so it comes as an npm package.
const PACKAGE: &str = "@bufbuild/buf@1.75.0";

/// Lints the contracts, and compares them with `proto/baseline.binpb` where that was committed.
///
/// # Errors
/// When buf cannot be had, or finds fault.
pub(super) fn check(instance: &Instance) -> Result<()> {
    let proto = instance.root.join("proto");
    let buf = installed(instance)?;
    command::run(Command::new(&buf).arg("lint").current_dir(&proto)).context("buf lint")?;
    let baseline = proto.join("baseline.binpb");
    if !baseline.is_file() {
        screen::say("No proto/baseline.binpb yet: nothing is published that could break.");
        return Ok(());
    }
    let mut breaking = Command::new(&buf);
    breaking.args(["breaking", "--against"]).arg(&baseline).current_dir(&proto);
    command::run(&mut breaking).context("buf breaking")
}

fn installed(instance: &Instance) -> Result<PathBuf> {
    let tools = cargo::target(&instance.root).join("tools");
    let buf = tools.join("node_modules/.bin/buf");
    if !is_current(&tools) {
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--prefix"]).arg(&tools).arg(PACKAGE);
        command::run_logged(&mut npm, &instance.log("npm")).context("fetching buf with npm")?;
    }
    Ok(buf)
}

fn is_current(tools: &Path) -> bool {
    let manifest = tools.join("node_modules/@bufbuild/buf/package.json");
    let text = std::fs::read_to_string(manifest).unwrap_or_default();
    let version = PACKAGE.rsplit('@').next().unwrap_or_default();
    text.contains(&format!("\"version\": \"{version}\""))
}
