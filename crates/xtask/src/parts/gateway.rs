//! nginx in front of the fleet, configured from the route table that the `flotilla` binary holds.
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::command;
use crate::instance::Instance;
use crate::parts::certificate;
use crate::probe::Readiness;
use crate::program::{Program, Stage};
use crate::settings::Settings;

/// The name of the gateway in logs and records.
pub(crate) const NAME: &str = "gateway";

/// Writes nginx's configuration and says how to run it. `binary` is the `flotilla` binary.
///
/// # Errors
/// When the configuration cannot be made or nginx does not like it.
pub(crate) fn prepare(
    instance: &Instance,
    settings: &Settings,
    binary: &Path,
    https: bool,
) -> Result<Program> {
    let folder = instance.data.join("nginx");
    instance.account.make_folder(&folder, 0o755)?;
    if https {
        certificate::ensure(&folder, &instance.account, &instance.log(NAME))?;
    }
    let mut print = Command::new(binary);
    print.arg("gateway-conf").envs(settings.gateway());
    let text = command::capture(&mut print).context("making nginx's configuration")?;
    let configuration = folder.join("nginx.conf");
    fs::write(&configuration, text).context("writing nginx.conf")?;
    instance.account.give(&configuration)?;
    check(instance, &folder)?;
    let port = instance.ports.gateway();
    Ok(Program {
        name: NAME.to_owned(),
        stage: Stage::Gateway,
        executable: "nginx".into(),
        arguments: arguments(&folder)
            .into_iter()
            .chain(["-g".into(), "daemon off;".into()])
            .collect(),
        environment: Vec::new(),
        account: instance.account.clone(),
        log: instance.log(NAME),
        folder,
        ready: Readiness::Listens(port),
    })
}

/// Lets nginx read its configuration before it replaces anything.
fn check(instance: &Instance, folder: &Path) -> Result<()> {
    let mut nginx = Command::new("nginx");
    nginx.args(arguments(folder)).arg("-t").current_dir(folder);
    instance.account.apply(&mut nginx);
    command::run_logged(&mut nginx, &instance.log(NAME)).context("nginx refuses its configuration")
}

/// Without `-e` nginx would first try the machine's own log.
fn arguments(folder: &Path) -> Vec<std::ffi::OsString> {
    let configuration = folder.join("nginx.conf");
    vec![
        "-p".into(),
        folder.into(),
        "-e".into(),
        "stderr".into(),
        "-c".into(),
        configuration.into(),
    ]
}
