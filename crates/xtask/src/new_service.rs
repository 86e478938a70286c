//! `./dev new-service NAME`: writes a service that builds, from the templates beside this crate.
mod insert;
mod skeleton;

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::cargo;
use crate::command;
use crate::instance::Instance;
use crate::ports::SERVICES;
use crate::progress::Progress;
use crate::screen;

/// Writes the service, makes it known to the fleet, and checks that it compiles.
///
/// # Errors
/// When the name is unfit or taken, a marked place is missing, or the result does not compile.
pub(crate) fn run(name: &str) -> Result<()> {
    check_name(name)?;
    let instance = Instance::from_environment()?;
    let mut progress = Progress::start();
    progress.step("write", || write(&instance.root, name))?;
    progress.loud_step("format", || {
        command::run(cargo::cargo(&instance.root).args(["fmt", "--package", name]))
    })?;
    progress.loud_step("build", || cargo::build(&instance.root, cargo::Profile::Dev))?;
    progress.step("API document", || {
        command::run_logged(&mut document(&instance.root), &instance.log("new-service"))
    })?;
    screen::say(format!(
        "services/{name} is there. Next: its README, domain/, tests, store/, http/ or consumers/, publish.rs.\n\
         ./dev test {name} runs its tests, ./dev up {name} runs it alone."
    ));
    Ok(())
}

/// The test that keeps `docs/openapi`, told to write it. The others' documents stay as they were: each
/// change of them was committed with its API. The whole workspace, so that nothing is built anew.
fn document(root: &Path) -> Command {
    let mut cargo = cargo::cargo(root);
    cargo.args(["test", "--workspace", "--bins", "openapi"]).env("RENEW_OPENAPI", "1");
    cargo
}

/// Writes every file and every mention, or nothing.
fn write(root: &Path, name: &str) -> Result<()> {
    let folder = root.join("services").join(name);
    ensure!(!folder.exists(), "services/{name} exists already");
    // All that can go wrong with the mentions is found before the first file is written.
    let mentions = insert::mentions(root, name)?;
    for (path, text) in skeleton::files(name) {
        let path = root.join(path);
        let parent = path.parent().context("a file without a folder")?;
        fs::create_dir_all(parent).with_context(|| format!("making {}", parent.display()))?;
        fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
    }
    for (path, text) in mentions {
        fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}

fn check_name(name: &str) -> Result<()> {
    let plain = name.bytes().all(|byte| byte.is_ascii_lowercase());
    ensure!(plain && (3..=24).contains(&name.len()), "a service's name is 3 to 24 letters a-z");
    ensure!(SERVICES.iter().all(|service| service.name != name), "{name} is a service already");
    const OURS: [&str; 12] = [
        "contracts",
        "flotilla",
        "gateway",
        "kafka",
        "kernel",
        "messaging",
        "postgres",
        "problem",
        "runtime",
        "sandbox",
        "testkit",
        "web",
    ];
    ensure!(!OURS.contains(&name), "{name} is something else in this project already");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unfit_names_are_refused() {
        for name in ["", "ab", "Returns", "re-turns", "orders", "kafka", "../x"] {
            assert!(check_name(name).is_err(), "{name}");
        }
        assert!(check_name("returns").is_ok());
    }
}
