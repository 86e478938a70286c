//! What people do to a fleet, apart from running its services.

mod admin;
mod api;
mod backlog;
mod databases;
mod demo;
mod import;
mod migrate;
mod parked;
mod replay;
mod topics;
mod withheld;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use crate::gateway;

/// Runs services and looks after a fleet.
#[derive(Parser)]
#[command(name = "flotilla", version)]
pub(crate) enum Tool {
    /// Accounts that run the shop.
    #[command(subcommand)]
    Admin(admin::Admin),
    /// Products: import them from a file.
    #[command(subcommand)]
    Catalog(import::Catalog),
    /// Messages that wait for a person.
    #[command(subcommand)]
    Parked(parked::Parked),
    /// Events that Kafka does not take.
    #[command(subcommand)]
    Withheld(withheld::Withheld),
    /// Brings one service's database, or all, to this build's schema.
    Migrate(migrate::Migrate),
    /// Creates the Kafka topics of all contracts.
    Topics(topics::Topics),
    /// Prints how far each service is behind, as JSON.
    Backlog(backlog::Backlogs),
    /// Rebuilds a read model from the events, beside the live one, and replaces that.
    Replay(replay::Replay),
    /// Prints nginx's configuration, made from the route table.
    GatewayConf(gateway::Conf),
    /// Prints the Kubernetes Ingress, made from the same table.
    GatewayIngress,
    /// Stand-ins for the world outside: card processor, carrier, mail server.
    #[command(subcommand)]
    Sandbox(Sandbox),
    /// Makes each service's database and its two roles on one server, for local work.
    DevDatabases(databases::Databases),
    /// Writes a key pair for each service into a folder, for local work.
    DevKeys {
        /// The folder.
        folder: PathBuf,
    },
    /// Loads the demo catalogue and makes the demo accounts.
    Demo(demo::Demo),
}

/// A stand-in for the world outside.
#[derive(clap::Subcommand)]
pub(crate) enum Sandbox {
    /// The card processor.
    Payments(sandbox::payments::Settings),
    /// The carrier.
    Carrier(sandbox::carrier::Settings),
    /// The mail server and its mailbox page.
    Mail(sandbox::mail::Settings),
}

impl Sandbox {
    async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Payments(settings) => sandbox::payments::payments(settings).await?,
            Self::Carrier(settings) => sandbox::carrier::carrier(settings).await?,
            Self::Mail(settings) => sandbox::mail::mail(settings).await?,
        }
        Ok(())
    }
}

impl Tool {
    pub(crate) fn run(self) -> ExitCode {
        let threads =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let outcome = match threads {
            Ok(threads) => threads.block_on(self.work()),
            Err(error) => Err(error.into()),
        };
        match outcome {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("flotilla: {error:#}");
                ExitCode::FAILURE
            }
        }
    }

    async fn work(self) -> anyhow::Result<()> {
        match self {
            Self::Admin(tool) => tool.run().await,
            Self::Catalog(tool) => tool.run().await,
            Self::Parked(tool) => tool.run().await,
            Self::Withheld(tool) => tool.run().await,
            Self::Migrate(tool) => tool.run().await,
            Self::Topics(tool) => tool.run().await,
            Self::Backlog(tool) => tool.run().await,
            Self::Replay(tool) => tool.run().await,
            Self::Sandbox(sandbox) => sandbox.run().await,
            Self::DevDatabases(tool) => tool.run().await,
            Self::Demo(tool) => tool.run().await,
            Self::GatewayConf(conf) => gateway_conf(&conf),
            Self::GatewayIngress => {
                print!("{}", gateway::ingress());
                Ok(())
            }
            Self::DevKeys { folder } => keys(&folder),
        }
    }
}

fn gateway_conf(conf: &gateway::Conf) -> anyhow::Result<()> {
    let text = gateway::nginx(conf);
    match &conf.out {
        Some(path) => std::fs::write(path, text)?,
        None => print!("{text}"),
    }
    Ok(())
}

/// A key pair for each service.
pub(crate) fn keys(folder: &std::path::Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)?;
    for service in crate::services::ALL {
        runtime::keys::write_pair(folder, service.name)?;
    }
    Ok(())
}
