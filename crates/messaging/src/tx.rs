//! A transaction that may send: what is appended and enqueued in it leaves if it commits.

use std::ops::{Deref, DerefMut};

use sqlx::{PgConnection, PgPool, Postgres, Transaction};

use crate::Outgoing;
use crate::written::{self, Written};

/// A transaction of a service's database in which events are [appended](crate::append) and jobs
/// [enqueued](crate::enqueue). It is a connection to everything else, so what only reads and writes
/// rows takes `&mut PgConnection`, and its signature says that it sends nothing. The way back is barred:
/// nobody who was given a connection can make a `Tx` of it. Dropped, it is rolled back.
#[derive(Debug)]
pub struct Tx {
    inner: Transaction<'static, Postgres>,
    written: Vec<Written>,
}

impl Tx {
    /// Begins a transaction.
    ///
    /// # Errors
    /// The database failed.
    pub async fn begin(pool: &PgPool) -> Result<Self, sqlx::Error> {
        Ok(Self { inner: pool.begin().await?, written: Vec::new() })
    }

    /// Commits it.
    ///
    /// # Errors
    /// The database failed, or what was written cannot be committed.
    pub async fn commit(self) -> Result<(), sqlx::Error> {
        self.inner.commit().await?;
        written::wrote_before(self.written);
        Ok(())
    }

    /// Undoes it.
    ///
    /// # Errors
    /// The database failed.
    pub async fn rollback(self) -> Result<(), sqlx::Error> {
        self.inner.rollback().await
    }

    /// What was appended in it so far, while somebody [collects](crate::collecting) it.
    pub fn written(&self) -> &[Written] {
        &self.written
    }

    /// Takes down what is appended.
    pub(crate) fn note(&mut self, events: &[Outgoing]) {
        written::note(&mut self.written, events);
    }
}

impl Deref for Tx {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.inner
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.inner
    }
}
