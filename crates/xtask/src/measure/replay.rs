//! `./dev bench replay`: a read model rebuilt on a Postgres that waits for the disk and a Kafka.
use std::process::Command;

use anyhow::Result;

use super::{Ready, prepare};
use crate::cargo::Profile;
use crate::command;
use crate::parts::alone;
use crate::parts::postgres::Durability;

/// Measures a rebuild of the product read model, without services.
///
/// # Errors
/// When anything fails.
pub(crate) fn run(build: bool, arguments: &[String]) -> Result<()> {
    let Ready { instance, mut progress, program } =
        prepare(Profile::Release, build, "bench_replay")?;
    let parts = progress.step("parts", || {
        alone::start(&instance, ("bench-replay", 12_500), Durability::Full, &[])
    })?;
    let variables = parts.variables.iter().cloned();
    command::run(Command::new(program).args(arguments).envs(variables).current_dir(&instance.root))
}
