//! A transaction that may send: what is appended and enqueued in it leaves if it commits.

use std::ops::{Deref, DerefMut};

use sqlx::{PgConnection, PgPool, Postgres, Transaction};

/// A transaction of a service's database in which events are [appended](crate::append) and jobs
/// [enqueued](crate::enqueue). It is a connection to everything else, so what only reads and writes
/// rows takes `&mut PgConnection`, and its signature says that it sends nothing. The way back is barred:
/// nobody who was given a connection can make a `Tx` of it. Dropped, it is rolled back.
#[derive(Debug)]
pub struct Tx(Transaction<'static, Postgres>);

impl Tx {
    /// Begins a transaction.
    ///
    /// # Errors
    /// The database failed.
    pub async fn begin(pool: &PgPool) -> Result<Self, sqlx::Error> {
        Ok(Self(pool.begin().await?))
    }

    /// Commits it.
    ///
    /// # Errors
    /// The database failed, or what was written cannot be committed.
    pub async fn commit(self) -> Result<(), sqlx::Error> {
        self.0.commit().await
    }

    /// Undoes it.
    ///
    /// # Errors
    /// The database failed.
    pub async fn rollback(self) -> Result<(), sqlx::Error> {
        self.0.rollback().await
    }
}

impl Deref for Tx {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.0
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.0
    }
}
