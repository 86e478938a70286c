//! Reading one's own writes: answers name what they wrote, and a read model makes readers wait who say so.
//!
//! `web::sync` has the words; here is who says them. Both sides are layers around a service's routes, so
//! that no handler has to know.

pub(crate) mod document;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures::future::BoxFuture;
use http::{HeaderValue, header};
use problem::Problem;
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, sleep_until, timeout_at};
use web::RequestError;
use web::sync::{Lag, SYNC_LAG, SYNC_TOKEN, SyncToken, Wanted, Write};

/// Most readers that wait at a time; whoever comes when there are so many is answered at once.
const PLACES: usize = 64;
/// The longest time between two looks of a waiting reader: what another process of the service has
/// projected is told to nobody here.
const LOOK: Duration = Duration::from_millis(100);

/// What a service shows of the aggregates of others.
pub trait ReadModel: Send + Sync + 'static {
    /// How much of each write is to be seen, in the same order. A write of a topic that the model does
    /// not show is always seen.
    fn look<'a>(&'a self, writes: &'a [Awaited]) -> BoxFuture<'a, Result<Vec<Seen>, sqlx::Error>>;

    /// Changes whenever this process may have brought something to be seen.
    fn changes(&self) -> watch::Receiver<u64>;
}

/// A write that somebody waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Awaited {
    /// The write.
    pub write: Write,
    /// The [`Seen::step`] of the last look.
    pub step: Option<i64>,
}

/// How much of a write is to be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The version of the aggregate that was heard of; 0 if none was.
    pub version: i64,
    /// All of it.
    pub shown: bool,
    /// What else has to happen, in the model's own words: given back to it at the next look, so that
    /// what comes meanwhile does not have to be waited for too.
    pub step: Option<i64>,
}

/// In the extensions of a request that has waited, or would have: nothing that is kept for everybody will
/// do for it.
#[derive(Clone, Copy, Debug)]
pub struct Fresh;

/// A read model, and those who wait for it. Copies share the places.
#[derive(Clone)]
pub(crate) struct Readers {
    model: Arc<dyn ReadModel>,
    places: Arc<Semaphore>,
}

impl Readers {
    pub(crate) fn of(model: impl ReadModel) -> Self {
        Self { model: Arc::new(model), places: Arc::new(Semaphore::new(PLACES)) }
    }

    /// Waits until everything is to be seen, or not much longer than the reader would; says what is missing.
    async fn wait(&self, wanted: &Wanted) -> Result<Vec<Lag>, sqlx::Error> {
        let end = Instant::now() + wanted.wait;
        let writes = wanted.token.writes().iter().cloned();
        let mut missing = writes.map(|write| Awaited { write, step: None }).collect();
        // Before the first look, so that no change is missed between two.
        let mut changes = self.model.changes();
        let mut lags = self.look(&mut missing).await?;
        let Ok(_place) = self.places.try_acquire() else { return Ok(lags) };
        while !missing.is_empty() && Instant::now() < end {
            let look = (Instant::now() + LOOK).min(end);
            if let Ok(Err(_nobody_changes)) = timeout_at(look, changes.changed()).await {
                sleep_until(look).await;
            }
            lags = self.look(&mut missing).await?;
        }
        Ok(lags)
    }

    /// Looks at what is still missing and keeps only that.
    async fn look(&self, missing: &mut Vec<Awaited>) -> Result<Vec<Lag>, sqlx::Error> {
        let seen = self.model.look(missing).await?;
        let mut lags = Vec::new();
        let all = std::mem::take(missing);
        for (Awaited { write, .. }, seen) in all.into_iter().zip(seen).filter(|(_, s)| !s.shown) {
            lags.push(Lag::of(write.clone(), seen.version));
            missing.push(Awaited { write, step: seen.step });
        }
        Ok(lags)
    }
}

/// Layer of a read model: a request that names writes is handled when they are to be seen, or says by how
/// much its answer is behind.
pub(crate) async fn wait(
    State(readers): State<Readers>,
    mut request: Request,
    next: Next,
) -> Response {
    let kind = request.headers().get(header::CONTENT_TYPE);
    let grpc = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"));
    let refuse = |error: RequestError| refused(error, grpc);
    let wanted = match Wanted::of(request.headers()) {
        Ok(None) => return next.run(request).await,
        Ok(Some(wanted)) => wanted,
        Err(error) => return refuse(error),
    };
    let lags = match readers.wait(&wanted).await {
        Ok(lags) => lags.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        Err(error) => return refuse(error.into()),
    };
    if !lags.is_empty() && wanted.strict {
        return refuse(RequestError::Behind(lags));
    }
    request.extensions_mut().insert(Fresh);
    let mut response = next.run(request).await;
    if let Ok(lags) = HeaderValue::from_str(&lags)
        && !lags.is_empty()
    {
        response.headers_mut().insert(SYNC_LAG, lags);
    }
    response
}

fn refused(error: RequestError, grpc: bool) -> Response {
    let lag =
        if let RequestError::Behind(lag) = &error { HeaderValue::from_str(lag).ok() } else { None };
    let problem = Problem::from(error);
    let mut response = match grpc {
        true => tonic::Status::from(problem).into_http(),
        false => problem.into_response(),
    };
    if let Some(lag) = lag {
        response.headers_mut().insert(SYNC_LAG, lag);
    }
    response
}

/// Layer of whoever owns aggregates: an answer names what it wrote, as far as others show it.
pub(crate) async fn tell(
    State(topics): State<Arc<[&'static str]>>,
    request: Request,
    next: Next,
) -> Response {
    let (mut response, written) = messaging::collecting(next.run(request)).await;
    let told = written.into_iter().filter(|one| topics.contains(&one.topic.as_str()));
    let token = SyncToken::of(told);
    if let Ok(token) = HeaderValue::from_str(&token.to_string())
        && !token.is_empty()
    {
        response.headers_mut().insert(SYNC_TOKEN, token);
    }
    response
}

#[cfg(test)]
mod tests;
