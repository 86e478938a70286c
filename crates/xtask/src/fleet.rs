//! The fleet's own processes, services and sandboxes, as programs to run.
use std::path::Path;

use anyhow::{Context, Result};

use crate::instance::Instance;
use crate::ports::{SANDBOXES, SERVICES, Service};
use crate::probe::Readiness;
use crate::program::{Program, Stage};
use crate::settings::{Settings, Variables};

/// The path at which a service says whether it is ready.
const READY_PATH: &str = "/readyz";

/// Every process of `./dev up`: all services and all sandboxes.
///
/// # Errors
/// When a folder cannot be made.
pub(crate) fn programs(
    instance: &Instance,
    settings: &Settings,
    binary: &Path,
) -> Result<Vec<Program>> {
    let mut programs = Vec::new();
    for name in SANDBOXES {
        let folder = instance.data.join("sandbox").join(name);
        instance.account.make_folder(&folder, 0o750)?;
        programs.push(sandbox(instance, settings, binary, name)?);
    }
    for service in SERVICES {
        programs.push(self::service(instance, settings, binary, *service)?);
    }
    Ok(programs)
}

/// One service as a process of the `flotilla` binary.
///
/// # Errors
/// When it has no ports.
pub(crate) fn service(
    instance: &Instance,
    settings: &Settings,
    binary: &Path,
    service: Service,
) -> Result<Program> {
    let http = instance.ports.http(service.name).context("no HTTP port")?;
    let ready = Readiness::Http { port: http, path: READY_PATH };
    let environment = settings.service(service)?;
    let mut program = process(instance, binary, service.name, ready, environment);
    program.arguments = vec![service.name.into()];
    Ok(program)
}

fn sandbox(instance: &Instance, settings: &Settings, binary: &Path, name: &str) -> Result<Program> {
    let port = instance.ports.sandbox(name).context("no port")?;
    let environment = settings.sandbox(name)?;
    let process_name = format!("sandbox-{name}");
    let ready = Readiness::Listens(port);
    let mut program = process(instance, binary, &process_name, ready, environment);
    program.arguments = vec!["sandbox".into(), name.into()];
    Ok(program)
}

fn process(
    instance: &Instance,
    binary: &Path,
    name: &str,
    ready: Readiness,
    environment: Variables,
) -> Program {
    Program {
        name: name.to_owned(),
        stage: Stage::Service,
        executable: binary.to_path_buf(),
        arguments: Vec::new(),
        environment,
        account: instance.account.clone(),
        log: instance.log(name),
        folder: instance.data.clone(),
        ready,
    }
}
