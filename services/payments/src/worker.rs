//! Asks the provider, outside any transaction, and records what it says together with its event.

use kernel::PaymentId;
use messaging::{Attempt, GaveUp, Settled, Tx, Worker};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;

use crate::domain::payment::{Command, Fact};
use crate::domain::work::{self, Look, Seen, SeenStatus, Step};
use crate::provider::{Provider, ProviderError};
use crate::sandbox_provider::SandboxProvider;
use crate::store::payments::Record;
use crate::{Error, app, store};

/// The worker as it is wired.
pub(crate) type AskSandbox = AskProvider<SandboxProvider>;

/// What to do for which payment. Jobs of one payment run in order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) payment: PaymentId,
    pub(crate) what: work::Job,
}

/// What a job has learnt.
#[derive(Clone, Debug)]
pub(crate) struct Learnt {
    fact: Option<Fact>,
    authorization: Option<String>,
}

/// Works off the queue `provider`.
#[derive(Debug)]
pub(crate) struct AskProvider<P> {
    db: PgPool,
    provider: P,
}

impl<P: Provider> AskProvider<P> {
    pub(crate) fn new(db: PgPool, provider: P) -> Self {
        Self { db, provider }
    }

    /// Follows the steps of a job to its end.
    async fn follow(&self, job: &Job, record: &Record, attempt: &Attempt) -> Result<Learnt, Error> {
        let mut known = record.authorization.clone();
        let mut look = if attempt.number > 1 { Look::Again } else { Look::First };
        let key = attempt.idempotency_key.to_string();
        loop {
            let step = work::next(job.what, &record.payment, known.as_deref(), look);
            let told = match step {
                Step::Find => {
                    let found = self.provider.find(job.payment).await?;
                    known = found.as_ref().map(|seen| seen.authorization.clone()).or(known);
                    look = Look::Found(found);
                    continue;
                }
                Step::Wait => return Err(ProviderError::Pending.into()),
                Step::Done(fact) => return Ok(Learnt { fact, authorization: known }),
                Step::Authorize => {
                    let amount = record.payment.amount;
                    self.provider.authorize(job.payment, &record.session, amount, &key).await
                }
                Step::Capture(id) => self.provider.capture(&id, &key).await,
                Step::Void(id) => self.provider.void(&id, &key).await,
                Step::Refund(id) => self.provider.refund(&id, &key).await,
            };
            return told.map_err(Error::from).and_then(learnt);
        }
    }
}

fn learnt(seen: Seen) -> Result<Learnt, Error> {
    match seen.status {
        SeenStatus::Pending => Err(ProviderError::Pending.into()),
        SeenStatus::Settled(fact) => {
            Ok(Learnt { fact: Some(fact), authorization: Some(seen.authorization) })
        }
    }
}

impl<P: Provider> Worker for AskProvider<P> {
    const QUEUE: &'static str = "provider";
    const CONCURRENCY: usize = 16;
    // Money is never left in the air: only the provider's plain refusal ends a job early.
    const BUDGET: u32 = u32::MAX;
    type Job = Job;
    type Outcome = Learnt;
    type Error = Error;

    async fn call(&self, job: &Job, attempt: &Attempt) -> Result<Learnt, Error> {
        let record = {
            let mut conn = self.db.acquire().await?;
            store::payments::find(&mut conn, job.payment).await?
        };
        let record = record.ok_or(Error::NoSuchPayment)?;
        self.follow(job, &record, attempt).await
    }

    async fn settle(
        &self,
        tx: &mut Tx,
        job: &Job,
        outcome: Result<&Learnt, GaveUp>,
    ) -> Result<Settled, Error> {
        match outcome {
            Ok(Learnt { fact: Some(fact), authorization }) => {
                let report = Command::Report(fact.clone());
                app::execute_in(tx, job.payment, report, authorization.clone()).await?;
            }
            Ok(_) => {}
            Err(gave_up) => give_up(tx, job, &gave_up).await?,
        }
        Ok(Settled::Done)
    }
}

/// The provider will never do this. A card that cannot be asked is declined; anything else is for a
/// person, because money is in the wrong place.
async fn give_up(tx: &mut Tx, job: &Job, why: &GaveUp) -> Result<(), Error> {
    tracing::error!(payment.id = %job.payment, what = ?job.what, %why, "the provider refused a job");
    match job.what {
        work::Job::Authorize => {
            let reason = "the payment could not be processed".to_owned();
            let declined = Command::Report(Fact::Declined { reason });
            app::execute_in(tx, job.payment, declined, None).await
        }
        work::Job::Capture | work::Job::Release => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bank_that_has_not_answered_is_no_outcome() {
        let seen = Seen { authorization: "aut_1".into(), status: SeenStatus::Pending };

        assert!(matches!(learnt(seen), Err(Error::Provider(ProviderError::Pending))));
    }
}
