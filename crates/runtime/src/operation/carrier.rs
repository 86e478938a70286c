//! The worker of a kind of command: a chunk of lines, its effects and its mark in one transaction.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use kernel::OperationId;
use messaging::{Attempt, GaveUp, Settled, Tx, Worker};
use serde::{Deserialize, Serialize};

use super::error::CarryError;
use super::{Command, store};

/// Carries out the commands of one kind.
pub(crate) struct Carrier<C>(PhantomData<fn() -> C>);

impl<C> Carrier<C> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<C: Command> fmt::Debug for Carrier<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Carrier").field(&C::KIND).finish()
    }
}

/// Which command: what it wants is kept beside it, so that a claim does not carry it around.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(super) operation: OperationId,
}

impl<C: Command> Worker for Carrier<C> {
    const QUEUE: &'static str = C::KIND;
    const CONCURRENCY: usize = 4;
    /// Nothing is called; a process that dies is missed so much sooner.
    const DEADLINE: Duration = Duration::from_secs(1);
    type Job = Job;
    type Outcome = ();
    type Error = CarryError<C::Error>;

    async fn call(&self, _: &Job, _: &Attempt) -> Result<(), Self::Error> {
        Ok(())
    }

    async fn settle(
        &self,
        tx: &mut Tx,
        job: &Job,
        outcome: Result<&(), GaveUp>,
    ) -> Result<Settled, Self::Error> {
        let id = job.operation;
        if let Err(GaveUp(reason)) = outcome {
            store::give_up(tx, id, &reason).await?;
            return Ok(Settled::Done);
        }
        let Some((command, lines)) = store::take::<C>(tx, id).await? else {
            return Ok(Settled::Done);
        };
        let count = lines.len();
        let failures = match lines.is_empty() {
            true => Vec::new(),
            false => command.carry_out(tx, lines).await.map_err(CarryError::Command)?,
        };
        let finished = store::progress(tx, id, count, &failures).await?;
        Ok(if finished { Settled::Done } else { Settled::Again })
    }
}
