//! Commands that are accepted now and carried out later: durable before they are answered with 202.
//!
//! A service declares a [`Command`] (`Service::command`), and its endpoint hands the lines of a request
//! to [`accept`]. Lines are worked off in chunks, each in one transaction with its mark, by a worker of
//! messaging: it tries again with growing pauses and parks what still fails, with all commands of the
//! same key behind it.
//!
//! The answer and the resource at `Location` follow RFC 9110 (section 15.3.3, 202 Accepted) and the
//! long-running operations of the Azure REST guidelines (a status monitor that answers 200, with
//! `Retry-After` while there is more to come) and of Google's AIP-151.

mod carrier;
mod error;
mod http;
mod store;
mod view;

use std::future::Future;

use ::http::StatusCode;
use kernel::{AccountId, OperationId};
use messaging::{Classify, Tx, enqueue};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use web::idempotency::{self, Scope};

pub(crate) use self::carrier::Carrier;
use self::carrier::Job;
pub use self::error::OperationError;
pub(crate) use self::http::routes;
pub(crate) use self::store::forget_old;
pub use self::view::{Accepted, Failure, Operation, Progress, Status};
use crate::App;

/// Something that many lines ask for at once: accepted as a whole, carried out line by line.
pub trait Command: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Names the kind of operation, and the queue in which it waits.
    const KIND: &'static str;
    /// So many lines share a transaction.
    const CHUNK: usize = 500;
    /// What a line asks for.
    type Line: Serialize + DeserializeOwned + Send + Sync + Unpin;
    /// Why a whole chunk may fail, and what that asks for. What is wrong with a line is no error.
    type Error: std::error::Error + Classify + Send + Sync + 'static;

    /// Commands of one key are carried out one after the other, in the order of their acceptance.
    fn key(&self) -> String;

    /// Carries out some lines, in the transaction that marks them as done; says what was wrong with
    /// those that were of no use. Runs again after a roll-back, so everything it does is done in `tx`.
    fn carry_out(
        &self,
        tx: &mut Tx,
        lines: Vec<Line<Self::Line>>,
    ) -> impl Future<Output = Result<Vec<Failure>, Self::Error>> + Send;
}

/// A line with its number, by which its sender finds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line<T> {
    /// As a spreadsheet counts.
    pub number: u64,
    /// What it asks for.
    pub wants: T,
}

/// What a request says, sorted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lines<T> {
    /// What can be carried out.
    pub good: Vec<Line<T>>,
    /// What was wrong with the others.
    pub bad: Vec<Failure>,
}

/// Accepts a command: stores it with its idempotency key in one transaction. The same key gets the
/// same command and the same answer.
///
/// # Errors
/// The key was used for another request, or the database failed; nothing is stored then.
pub async fn accept<A: App, C: Command>(
    db: &PgPool,
    (account, scope): (AccountId, &Scope),
    command: &C,
    lines: &Lines<C::Line>,
) -> Result<Accepted, OperationError> {
    let mut tx = Tx::begin(db).await?;
    if let Some(stored) = idempotency::begin(&mut tx, scope).await? {
        return Ok(Accepted(stored));
    }
    let id = OperationId::new();
    let job = enqueue::<Carrier<C>>(&mut tx, &command.key(), &Job { operation: id }).await?;
    let row = store::begin(&mut tx, id, (account, job), command, lines).await?;
    let view = row.view(A::NAME, None, lines.bad.iter().take(view::MOST).cloned().collect());
    let stored = idempotency::finish(&mut tx, scope, StatusCode::ACCEPTED, &view).await?;
    tx.commit().await?;
    Ok(Accepted(stored))
}
