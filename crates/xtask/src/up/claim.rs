//! Makes sure that a fleet's folder and ports are free before anything starts.
use anyhow::{Result, bail};

use crate::instance::Instance;
use crate::port_holder;
use crate::ports::{self, SANDBOXES, SERVICES};
use crate::records::Records;
use crate::screen;
use crate::settings;
use crate::up::Options;

/// Refuses to start a second fleet in a folder, and ends what a killed one left behind.
///
/// # Errors
/// When the folder's fleet is up.
pub(crate) fn folder(instance: &Instance) -> Result<()> {
    let Some(records) = Records::read(&instance.data)? else { return Ok(()) };
    if records.supervisor.is_alive() {
        bail!(
            "this fleet is up already (process {}); ./dev status shows it, ./dev down ends it",
            records.supervisor.pid
        );
    }
    let ended = records.end_processes();
    if !ended.is_empty() {
        screen::say(format!("Ended what an earlier run left behind: {}.", ended.join(", ")));
    }
    Records::remove(&instance.data);
    Ok(())
}

/// Checks that every port is free that this run will want.
///
/// # Errors
/// When one is not; the message names each, who wants it and who holds it.
pub(crate) fn ports(instance: &Instance, options: &Options) -> Result<()> {
    let taken = port_holder::taken(&wanted(instance, options)?);
    if taken.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = taken.iter().map(ToString::to_string).collect();
    bail!(
        "{}\nEnd what holds it, or move the whole fleet: FLOTILLA_PORT_SHIFT=1000 ./dev up",
        lines.join("\n")
    )
}

fn wanted(instance: &Instance, options: &Options) -> Result<Vec<(u16, String)>> {
    let ports = instance.ports;
    let mut wanted = Vec::new();
    let mut want =
        |port: Option<u16>, by: &str| wanted.extend(port.map(|port| (port, by.to_owned())));
    if settings::given_postgres().is_none() {
        want(Some(ports.postgres()), "Postgres");
    }
    if settings::given_brokers().is_none() {
        want(Some(ports.kafka()), "Kafka");
        want(Some(ports.kafka_controller()), "Kafka's controller");
    }
    let alone = options.service.as_deref().map(ports::find).transpose()?;
    let services = alone.as_ref().map_or(SERVICES, std::slice::from_ref);
    for service in services {
        want(ports.http(service.name), service.name);
        want(ports.grpc(service.name), &format!("{} (gRPC)", service.name));
    }
    if alone.is_none() {
        for sandbox in SANDBOXES {
            want(ports.sandbox(sandbox), &format!("the {sandbox} sandbox"));
        }
        want(Some(ports.smtp()), "the mail sandbox (SMTP)");
        want(Some(ports.gateway()), "the gateway");
        want(options.https.then(|| ports.gateway_https()), "the gateway (HTTPS)");
    }
    Ok(wanted)
}
