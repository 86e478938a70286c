//! Fetches pictures that an import found elsewhere, outside of any transaction, past a guard.

mod address;
mod download;

use std::net::SocketAddr;
use std::time::Duration;

use kernel::{MediaId, ProductId};
use messaging::{Attempt, Classify, EnqueueError, ErrorClass, GaveUp, Settled, Tx, Worker};
use serde::{Deserialize, Serialize};

use self::download::{DownloadError, Downloader};
use crate::app::Change;
use crate::domain::product::{Command, Rejection};
use crate::error::Error;
use crate::store;

/// Fetches one picture after the other.
#[derive(Debug)]
pub(crate) struct Fetcher {
    downloader: Downloader,
}

/// A picture that is wanted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Wanted {
    product: ProductId,
    media: MediaId,
    source: String,
}

/// Why a picture could not be fetched or put in its place.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error(transparent)]
    Download(#[from] DownloadError),
    #[error(transparent)]
    Settle(#[from] Error),
}

impl Classify for FetchError {
    fn class(&self) -> ErrorClass {
        match self {
            Self::Download(error) if error.may_pass() => ErrorClass::Later,
            Self::Download(_) => ErrorClass::Permanent,
            Self::Settle(error) => error.class(),
        }
    }
}

/// Asks for a picture, once the caller's transaction commits.
pub(crate) async fn want(
    tx: &mut Tx,
    product: ProductId,
    media: MediaId,
    source: String,
) -> Result<(), EnqueueError> {
    let wanted = Wanted { product, media, source };
    messaging::enqueue::<Fetcher>(tx, &media.to_string(), &wanted).await?;
    Ok(())
}

impl Fetcher {
    /// A fetcher that goes to public addresses, and to one more.
    pub(crate) fn new(also: Option<SocketAddr>) -> Result<Self, runtime::Error> {
        let downloader = Downloader::new(also);
        Ok(Self { downloader: downloader.map_err(|e| runtime::Error::other("TLS", e))? })
    }
}

impl Worker for Fetcher {
    const QUEUE: &'static str = "catalog.fetch_picture";
    const CONCURRENCY: usize = 4;
    const DEADLINE: Duration = Duration::from_secs(30);
    const BUDGET: u32 = 5;
    type Job = Wanted;
    type Outcome = Vec<u8>;
    type Error = FetchError;

    async fn call(&self, job: &Wanted, _: &Attempt) -> Result<Vec<u8>, FetchError> {
        Ok(self.downloader.fetch(&job.source).await?)
    }

    async fn settle(
        &self,
        tx: &mut Tx,
        job: &Wanted,
        outcome: Result<&Vec<u8>, GaveUp>,
    ) -> Result<Settled, FetchError> {
        match outcome {
            Ok(bytes) => put(tx, job, bytes).await?,
            Err(gave_up) => {
                tracing::info!(media.id = %job.media, "a picture was not fetched: {gave_up}");
                store::pictures::give_up(tx, job.media).await?;
            }
        }
        Ok(Settled::Done)
    }
}

/// Puts a picture in the place of its stand-in.
async fn put(tx: &mut Tx, job: &Wanted, bytes: &[u8]) -> Result<(), Error> {
    let mut change = Change::load(tx, job.product).await?;
    let file = store::pictures::keep(tx, bytes).await?;
    match change.run(tx, Command::ReplaceMedia { media: job.media, file }).await {
        Ok(()) => change.save(tx).await.map(drop),
        // Nobody shows it any more.
        Err(Error::Rejected(Rejection::NoSuchPicture)) => Ok(()),
        Err(error) => Err(error),
    }
}
