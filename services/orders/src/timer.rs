//! The deadline of the order process: a durable timer that every order sets when it is placed.

use kernel::OrderId;
use messaging::{Attempt, GaveUp, Settled, Tx, Worker};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::app::Orders;
use crate::domain::order::{Command, Deadline};

/// Which order, and which of its deadlines: a timer cannot be taken back, so a stale one is told
/// by the deadline that it was set for.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Expiry {
    pub(crate) order: OrderId,
    pub(crate) deadline: Deadline,
}

/// Ends orders that were not confirmed in time.
#[derive(Clone, Debug)]
pub(crate) struct Deadlines(pub(crate) Orders);

impl Worker for Deadlines {
    const QUEUE: &'static str = "order_deadline";
    type Job = Expiry;
    type Outcome = ();
    type Error = Error;

    /// Nothing is called: the timer has gone off.
    async fn call(&self, _: &Expiry, _: &Attempt) -> Result<(), Error> {
        Ok(())
    }

    async fn settle(
        &self,
        tx: &mut Tx,
        job: &Expiry,
        _: Result<&(), GaveUp>,
    ) -> Result<Settled, Error> {
        let command = Command::Expire { deadline: job.deadline };
        self.0.execute_in(tx, job.order, command).await?;
        Ok(Settled::Done)
    }
}
