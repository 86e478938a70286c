//! The timer that frees what was set aside for an order that nobody confirmed.

use kernel::OrderId;
use messaging::{Attempt, GaveUp, Settled, Tx, Worker};
use serde::{Deserialize, Serialize};

use crate::app;
use crate::domain::reservation::Command;
use crate::error::Error;

/// Frees a reservation that is still unconfirmed when the timer is due.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expiry;

/// Whose reservation.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Expire {
    pub(crate) order: OrderId,
}

impl Worker for Expiry {
    const QUEUE: &'static str = "expire_reservation";
    type Job = Expire;
    type Outcome = ();
    type Error = Error;

    /// There is nobody to call: time has passed.
    async fn call(&self, _: &Expire, _: &Attempt) -> Result<(), Error> {
        Ok(())
    }

    async fn settle(
        &self,
        tx: &mut Tx,
        job: &Expire,
        _: Result<&(), GaveUp>,
    ) -> Result<Settled, Error> {
        app::follow(tx, job.order, Command::Expire).await?;
        Ok(Settled::Done)
    }
}

#[cfg(test)]
mod tests;
