//! What the subject does about facts: one effect each, refused while its key is poisoned, and an echo of
//! some by way of a job that calls outside.

use std::time::Duration;

use messaging::{
    AppendError, Attempt, Classify, DecodeError, EnqueueError, ErrorClass, Event, EventSet, GaveUp,
    Meta, Outgoing, Reaction, Settled, Tx, Worker, append, enqueue,
};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use uuid::Uuid;

use crate::identity::{ECHOES, FACTS, Identity};

/// What a writer says.
#[derive(Clone, Debug)]
pub struct Fact(pub Identity);

impl Event for Fact {
    const TYPE: &'static str = "backbone.Fact";
    const TOPIC: &'static str = FACTS;

    fn key(&self) -> &str {
        &self.0.key
    }

    fn subject(&self) -> &str {
        &self.0.key
    }

    fn encode(&self) -> Vec<u8> {
        self.0.to_string().into_bytes()
    }
}

impl EventSet for Fact {
    const TOPIC: &'static str = FACTS;

    fn decode(_: &str, payload: &[u8]) -> Result<Option<Self>, DecodeError> {
        let text = String::from_utf8_lossy(payload);
        let identity: Identity = text.parse().map_err(|_| DecodeError("no identity".to_owned()))?;
        if !identity.readable {
            return Err(DecodeError("meant to be unreadable".to_owned()));
        }
        Ok(Some(Self(identity)))
    }
}

struct Echo(Identity);

impl Event for Echo {
    const TYPE: &'static str = "backbone.Echo";
    const TOPIC: &'static str = ECHOES;

    fn key(&self) -> &str {
        &self.0.key
    }

    fn subject(&self) -> &str {
        &self.0.key
    }

    fn encode(&self) -> Vec<u8> {
        self.0.to_string().into_bytes()
    }
}

#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error("the key is poisoned")]
    Poisoned,
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    #[error("not enqueued: {0}")]
    Enqueue(#[from] EnqueueError),
    #[error("not appended: {0}")]
    Append(#[from] AppendError),
    #[error("gave up: {0}")]
    GaveUp(#[from] GaveUp),
}

impl Classify for Trouble {
    fn class(&self) -> ErrorClass {
        match self {
            Self::Poisoned => ErrorClass::Later,
            Self::Database(error) => error.class(),
            Self::Enqueue(error) => error.class(),
            Self::Append(error) => error.class(),
            Self::GaveUp(_) => ErrorClass::Permanent,
        }
    }
}

pub(super) struct OnFact;

impl Reaction for OnFact {
    type Event = Fact;
    type Error = Trouble;

    async fn react(&self, tx: &mut Tx, Fact(fact): Fact, _: &Meta) -> Result<(), Trouble> {
        let done = sqlx::query(
            "insert into effect (key, version, nonce)
             select $1, $2, $3 where not exists (select from poison where key = $1)",
        )
        .bind(&fact.key)
        .bind(fact.version)
        .bind(fact.nonce)
        .execute(&mut **tx)
        .await?;
        if done.rows_affected() == 0 {
            return Err(Trouble::Poisoned);
        }
        if fact.echoed() {
            let Identity { key, version, nonce, .. } = fact;
            let job = EchoJob { key: key.clone(), version, nonce };
            enqueue::<Echoer>(tx, &key, &job).await?;
        }
        Ok(())
    }
}

/// Which fact to echo.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct EchoJob {
    key: String,
    version: i64,
    nonce: Uuid,
}

/// Calls outside, which is a table here, and says that it did.
pub(super) struct Echoer(pub(super) PgPool);

impl Worker for Echoer {
    const QUEUE: &'static str = "echo";
    const DEADLINE: Duration = Duration::from_secs(2);
    type Job = EchoJob;
    type Outcome = ();
    type Error = Trouble;

    async fn call(&self, job: &EchoJob, attempt: &Attempt) -> Result<(), Trouble> {
        sqlx::query("insert into called (idempotency_key, nonce) values ($1, $2)")
            .bind(attempt.idempotency_key)
            .bind(job.nonce)
            .execute(&self.0)
            .await?;
        Ok(())
    }

    async fn settle(
        &self,
        tx: &mut Tx,
        job: &EchoJob,
        outcome: Result<&(), GaveUp>,
    ) -> Result<Settled, Trouble> {
        outcome?;
        sqlx::query("insert into echo (key, version, nonce) values ($1, $2, $3)")
            .bind(&job.key)
            .bind(job.version)
            .bind(job.nonce)
            .execute(&mut **tx)
            .await?;
        let (key, version, nonce) = (job.key.clone(), job.version, job.nonce);
        let echo = Echo(Identity { key, version, nonce, readable: true });
        append(tx, [Outgoing::new(&echo).version(version)]).await?;
        Ok(Settled::Done)
    }
}
