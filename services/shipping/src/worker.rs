//! Asks the carrier, outside any transaction, and records what it says together with its event.

use kernel::ShipmentId;
use messaging::{Attempt, GaveUp, Settled, Tx, Worker};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;

use crate::carrier::{Booking, Carrier, CarrierError};
use crate::domain::shipment::{Command, Stage};
use crate::store::shipments::Record;
use crate::{Error, app, store};

/// What to do for which parcel. Jobs of one parcel run in order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) shipment: ShipmentId,
    pub(crate) task: Task,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Task {
    /// Have the parcel fetched.
    Book,
    /// Have it not fetched.
    Cancel,
}

/// What a job has learnt.
#[derive(Clone, Debug)]
pub(crate) enum Learnt {
    /// There was nothing to do any more.
    Nothing,
    Booked(Booking),
    HeldBack,
    TooLate,
}

/// Works off the queue `carrier`.
#[derive(Debug)]
pub(crate) struct AskCarrier {
    db: PgPool,
    carrier: Carrier,
}

impl AskCarrier {
    pub(crate) fn new(db: PgPool, carrier: Carrier) -> Self {
        Self { db, carrier }
    }

    /// From here on a recall cannot be granted without the carrier: it may know.
    async fn begin_booking(&self, id: ShipmentId) -> Result<Record, Error> {
        let mut tx = Tx::begin(&self.db).await?;
        let record = app::execute_in(&mut tx, id, Command::BeginBooking, None).await?;
        tx.commit().await?;
        Ok(record)
    }

    async fn book(&self, id: ShipmentId, attempt: &Attempt) -> Result<Learnt, Error> {
        let record = self.begin_booking(id).await?;
        if record.shipment.stage != Stage::Booking {
            return Ok(Learnt::Nothing);
        }
        if attempt.number > 1
            && let Some(booking) = self.carrier.find(id).await?
        {
            return Ok(Learnt::Booked(booking));
        }
        let to = record.to.ok_or(Error::Corrupt("no address"))?;
        let key = attempt.idempotency_key.to_string();
        Ok(Learnt::Booked(self.carrier.book(id, &record.method, &to, &key).await?))
    }

    async fn cancel(&self, id: ShipmentId) -> Result<Learnt, Error> {
        let known = {
            let mut conn = self.db.acquire().await?;
            store::shipments::find(&mut conn, &id.to_string()).await?
        };
        let known = known.and_then(|record| record.carrier_ref);
        let booking = match known {
            Some(booking) => Some(booking),
            None => self.carrier.find(id).await?.map(|booking| booking.id),
        };
        let Some(booking) = booking else { return Ok(Learnt::HeldBack) };
        match self.carrier.cancel(&booking).await {
            Ok(()) => Ok(Learnt::HeldBack),
            Err(CarrierError::TooLate) => Ok(Learnt::TooLate),
            Err(error) => Err(error.into()),
        }
    }
}

impl Worker for AskCarrier {
    const QUEUE: &'static str = "carrier";
    const CONCURRENCY: usize = 16;
    // A parcel is never left unclear: only the carrier's plain refusal ends a job early.
    const BUDGET: u32 = u32::MAX;
    type Job = Job;
    type Outcome = Learnt;
    type Error = Error;

    async fn call(&self, job: &Job, attempt: &Attempt) -> Result<Learnt, Error> {
        match job.task {
            Task::Book => self.book(job.shipment, attempt).await,
            Task::Cancel => self.cancel(job.shipment).await,
        }
    }

    async fn settle(
        &self,
        tx: &mut Tx,
        job: &Job,
        outcome: Result<&Learnt, GaveUp>,
    ) -> Result<Settled, Error> {
        let (command, carrier_ref) = match outcome {
            Ok(Learnt::Nothing) => return Ok(Settled::Done),
            Ok(Learnt::Booked(booking)) => {
                let tracking_number = booking.tracking_number.clone();
                (Command::Book { tracking_number }, Some(booking.id.clone()))
            }
            Ok(Learnt::HeldBack) => (Command::HoldBack, None),
            Ok(Learnt::TooLate) => (Command::RefuseRecall, None),
            Err(why) => {
                // For a person: the parcel stays where it is, and can still be recalled.
                tracing::error!(shipment.id = %job.shipment, task = ?job.task, %why,
                    "the carrier refused a job");
                return Ok(Settled::Done);
            }
        };
        app::execute_in(tx, job.shipment, command, carrier_ref).await?;
        Ok(Settled::Done)
    }
}
