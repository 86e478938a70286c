//! Works off imports: a few products at a time, each lot with its mark of progress in one transaction.
//!
//! A process that dies in the middle leaves whole products and an exact mark; the next one goes on there.
//! What fails is tried again, and parked with the imports behind it when that does not help.

mod product;

use std::time::Duration;

use kernel::{AccountId, Currency, ImportId};
use messaging::{Attempt, GaveUp, Settled, Tx, Worker, enqueue};
use runtime::Service;
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool};

use crate::domain::shopify::{self, Finding};
use crate::error::Error;
use crate::store::imports::{self, Became, Import};

/// So many products share a transaction.
const LOT: usize = 10;

/// Imports are worked off one after the other: a later file counts more than an earlier one.
const ALL: &str = "imports";

/// Has a service work imports off.
#[must_use]
pub fn importing(service: Service) -> Service {
    service.work(Importer)
}

/// Applies what files say.
#[derive(Clone, Copy, Debug)]
struct Importer;

/// Which import.
#[derive(Debug, Serialize, Deserialize)]
struct Job {
    import: ImportId,
}

/// Takes a file in, to be worked off.
pub(crate) async fn receive(
    tx: &mut Tx,
    currency: Currency,
    account: AccountId,
    file: &[u8],
) -> Result<ImportId, Error> {
    let id = ImportId::new();
    imports::receive(tx, id, currency, account, file).await?;
    begin(tx, id).await?;
    Ok(id)
}

async fn begin(tx: &mut Tx, id: ImportId) -> Result<(), Error> {
    let job = enqueue::<Importer>(tx, ALL, &Job { import: id }).await?;
    imports::begin(tx, id, job).await
}

/// Has imports worked off that were received before there was a job for each.
///
/// # Errors
/// The database failed; nothing was changed.
pub async fn take_over(db: PgPool) -> Result<(), runtime::Error> {
    let all = async {
        let mut tx = Tx::begin(&db).await?;
        for id in imports::without_job(&mut tx).await? {
            begin(&mut tx, id).await?;
        }
        Ok::<_, Error>(tx.commit().await?)
    };
    all.await.map_err(|error| runtime::Error::other("taking imports over", error))
}

impl Worker for Importer {
    const QUEUE: &'static str = "imports";
    const CONCURRENCY: usize = 1;
    /// Nothing is called; a process that dies is missed so much sooner.
    const DEADLINE: Duration = Duration::from_secs(1);
    type Job = Job;
    type Outcome = ();
    type Error = Error;

    async fn call(&self, _: &Job, _: &Attempt) -> Result<(), Error> {
        Ok(())
    }

    async fn settle(
        &self,
        tx: &mut Tx,
        job: &Job,
        outcome: Result<&(), GaveUp>,
    ) -> Result<Settled, Error> {
        let import = imports::find(tx, job.import).await?.ok_or(Error::NoSuchImport)?;
        if let Err(gave_up) = outcome {
            let finding = Finding { field: None, ..Finding::error(1, "", gave_up) };
            imports::find_fault(tx, import.id, &[finding]).await?;
            imports::end(tx, import.id, "refused").await?;
            return Ok(Settled::Done);
        }
        match import.state.as_str() {
            "received" => unpack(tx, &import).await,
            "running" => apply(tx, import.id).await,
            _ => Ok(Settled::Done),
        }
    }
}

/// Reads the file of an import.
async fn unpack(conn: &mut PgConnection, import: &Import) -> Result<Settled, Error> {
    let currency: Currency =
        import.currency.parse().map_err(|_| Error::Corrupt("an import's currency"))?;
    let file = imports::file(conn, import.id).await?;
    // Tens of thousands of rows take a while; the threads that answer requests stay free.
    let read = tokio::task::spawn_blocking(move || shopify::read(&file, currency)).await;
    match read.map_err(|_| Error::Corrupt("reading a file failed"))? {
        Ok(contents) => {
            imports::find_fault(conn, import.id, &contents.findings).await?;
            imports::unpack(conn, import.id, &contents.products, contents.rows).await?;
            Ok(Settled::Again)
        }
        Err(error) => {
            imports::find_fault(conn, import.id, &[Finding::error(1, "Handle", error)]).await?;
            imports::end(conn, import.id, "refused").await?;
            Ok(Settled::Done)
        }
    }
}

/// Applies the next products.
async fn apply(tx: &mut Tx, id: ImportId) -> Result<Settled, Error> {
    for _ in 0..LOT {
        let Some((said, rows)) = imports::next(tx, id).await? else {
            tracing::info!(import.id = %id, "an import is done");
            imports::end(tx, id, "done").await?;
            return Ok(Settled::Done);
        };
        let mut findings = Vec::new();
        let became = match Box::pin(product::apply(tx, said, &mut findings)).await {
            Ok(became) => became,
            Err(product::Failure::Refused) => Became::Refused,
            Err(product::Failure::Broken(error)) => return Err(error),
        };
        imports::find_fault(tx, id, &findings).await?;
        imports::progress(tx, id, rows, became).await?;
    }
    Ok(Settled::Again)
}
