//! Why the current task does what it does: correlation, causation and trace, and the ids that follow from them.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tracing::Instrument as _;
use uuid::Uuid;

use crate::trace;

tokio::task_local! {
    static CURRENT: Scoped;
}

/// What led to the events and jobs written now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// The same for everything that one request set off, in every service.
    pub correlation: Uuid,
    /// The event (or job) that is being handled, if one is.
    pub causation: Option<Uuid>,
    /// The W3C `traceparent` of the span at work, where a caller already knows it.
    pub traceparent: Option<String>,
}

#[derive(Clone)]
struct Scoped {
    cause: Cause,
    /// Set inside handlers and workers, where a repeated run must write the same event ids.
    origin: Option<Arc<Origin>>,
}

struct Origin {
    name: String,
    cause: Uuid,
    ordinal: AtomicU32,
}

impl Cause {
    /// A cause of its own: a new correlation, caused by nothing.
    pub fn root() -> Self {
        Self { correlation: new_id(), causation: None, traceparent: None }
    }

    /// The cause of the current task, or a new root outside any scope.
    pub fn current() -> Self {
        CURRENT.try_with(|scoped| scoped.cause.clone()).unwrap_or_else(|_| Self::root())
    }

    /// Runs `work` with this as its current cause. Tasks spawned by it do not inherit it.
    pub async fn scope<F: Future>(self, work: F) -> F::Output {
        CURRENT.scope(Scoped { cause: self, origin: None }, work).await
    }

    /// The cause of the current task, with the span at work: to be kept where somebody outside will
    /// answer later, for [`resume`](Self::resume).
    pub fn to_remember() -> Self {
        let current = Self::current();
        Self { traceparent: trace::inject().or(current.traceparent), ..current }
    }

    /// Runs `work` under this cause, in a span that joins its trace: an answer from outside (a webhook)
    /// goes on with what the question was part of. `name` is the span's.
    pub async fn resume<F: Future>(self, name: &'static str, work: F) -> F::Output {
        let span = tracing::info_span!(
            "resume",
            otel.name = name,
            otel.kind = "internal",
            correlation = %self.correlation,
        );
        trace::adopt(&span, self.traceparent.as_deref());
        self.scope(work).instrument(span).await
    }

    /// Runs `work` so that the ids of its events depend only on `name`, `cause` and their order.
    pub(crate) async fn scope_from<F: Future>(self, name: &str, cause: Uuid, work: F) -> F::Output {
        let origin = Origin { name: name.to_owned(), cause, ordinal: AtomicU32::new(0) };
        CURRENT.scope(Scoped { cause: self, origin: Some(Arc::new(origin)) }, work).await
    }
}

/// The id of the next event or job written by this task.
pub(crate) fn next_id() -> Uuid {
    CURRENT
        .try_with(|scoped| scoped.origin.as_ref().map(|origin| origin.next()))
        .ok()
        .flatten()
        .unwrap_or_else(new_id)
}

#[expect(
    clippy::disallowed_methods,
    reason = "envelope ids are not the domain's; no clock is asked"
)]
fn new_id() -> Uuid {
    Uuid::now_v7()
}

impl Origin {
    fn next(&self) -> Uuid {
        let ordinal = self.ordinal.fetch_add(1, Ordering::Relaxed);
        Uuid::new_v5(&self.cause, format!("{}/{ordinal}", self.name).as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_scope_is_seen_inside_and_not_outside() {
        let cause = Cause::root();

        let inside = cause.clone().scope(async { Cause::current() }).await;

        assert_eq!(inside, cause);
        assert_ne!(Cause::current(), cause);
    }

    #[tokio::test]
    async fn a_repeated_handler_writes_the_same_ids_and_another_consumer_does_not() {
        let event = new_id();
        let ids = |name: &'static str| {
            Cause::root().scope_from(name, event, async { [next_id(), next_id()] })
        };

        let [first, again, other] = [ids("orders").await, ids("orders").await, ids("mail").await];

        assert_eq!(first, again);
        assert_ne!(first[0], first[1]);
        assert_ne!(first, other);
    }
}
