//! Works off imports: one product after the other, each with its mark of progress in one transaction.
//!
//! A process that dies in the middle leaves whole products and an exact mark; the next one goes on there.

mod product;

use std::sync::Arc;
use std::time::Duration;

use kernel::{Currency, ImportId};
use messaging::Tx;
use sqlx::{PgConnection, PgPool};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::domain::shopify::{self, Finding};
use crate::error::Error;
use crate::store::imports::{self, Became, Import};

/// How often to look for imports that another process received.
const PAUSE: Duration = Duration::from_secs(1);

/// Applies what files say, a product at a time. Copies share the bell that wakes the one at work.
#[derive(Clone, Debug)]
pub struct Importer {
    db: PgPool,
    bell: Arc<Notify>,
}

impl Importer {
    /// An importer on catalog's database.
    #[must_use]
    pub fn new(db: PgPool) -> Self {
        Self { db, bell: Arc::new(Notify::new()) }
    }

    /// Says that there is an import.
    pub(crate) fn wake(&self) {
        self.bell.notify_one();
    }

    /// Works until told to stop. A database that is away is waited for.
    ///
    /// # Errors
    /// None; the form is the process's.
    pub async fn run(self, stop: CancellationToken) -> Result<(), runtime::Error> {
        while !stop.is_cancelled() {
            match self.step().await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => tracing::warn!(%error, "an import waits"),
            }
            tokio::select! {
                () = self.bell.notified() => {}
                () = tokio::time::sleep(PAUSE) => {}
                () = stop.cancelled() => {}
            }
        }
        Ok(())
    }

    /// Does the next piece: reads a file, or applies one product. False when there is nothing to do.
    ///
    /// # Errors
    /// The database failed; nothing was changed, and the next step tries again.
    pub async fn step(&self) -> Result<bool, runtime::Error> {
        messaging::announcing(Box::pin(self.advance()))
            .await
            .map_err(|error| runtime::Error::other("importing", error))
    }

    async fn advance(&self) -> Result<bool, Error> {
        let mut tx = Tx::begin(&self.db).await?;
        let Some(import) = imports::claim(&mut tx).await? else { return Ok(false) };
        if import.state == "received" {
            unpack(&mut tx, &import).await?;
        } else {
            apply_next(&mut tx, import.id).await?;
        }
        tx.commit().await?;
        Ok(true)
    }
}

/// Reads the file of an import.
async fn unpack(conn: &mut PgConnection, import: &Import) -> Result<(), Error> {
    let currency: Currency =
        import.currency.parse().map_err(|_| Error::Corrupt("an import's currency"))?;
    let file = imports::file(conn, import.id).await?;
    // Tens of thousands of rows take a while; the threads that answer requests stay free.
    let read = tokio::task::spawn_blocking(move || shopify::read(&file, currency)).await;
    match read.map_err(|_| Error::Corrupt("reading a file failed"))? {
        Ok(contents) => {
            imports::find_fault(conn, import.id, &contents.findings).await?;
            imports::unpack(conn, import.id, &contents.products, contents.rows).await
        }
        Err(error) => {
            imports::find_fault(conn, import.id, &[Finding::error(1, "Handle", error)]).await?;
            imports::end(conn, import.id, "refused").await
        }
    }
}

async fn apply_next(tx: &mut Tx, id: ImportId) -> Result<(), Error> {
    let Some((said, rows)) = imports::next(tx, id).await? else {
        tracing::info!(import.id = %id, "an import is done");
        return imports::end(tx, id, "done").await;
    };
    let mut findings = Vec::new();
    let became = match product::apply(tx, said, &mut findings).await {
        Ok(became) => became,
        Err(product::Failure::Refused) => Became::Refused,
        Err(product::Failure::Broken(error)) => return Err(error),
    };
    imports::find_fault(tx, id, &findings).await?;
    imports::progress(tx, id, rows, became).await
}
