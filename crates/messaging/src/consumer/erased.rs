//! Handlers without their types: decode, set the scene (cause, span), run, and say what a failure asks for.

use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use futures::future::BoxFuture;
use sqlx::PgConnection;
use tracing::Instrument;

use super::Handler;
use super::record::Record;
use crate::{Classify, ErrorClass, EventSet, trace};

/// What came of a record that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Handled {
    /// The handler ran.
    Yes,
    /// Its type is newer than this build.
    UnknownType,
}

/// What came of a record that did.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) class: ErrorClass,
    pub(super) message: String,
}

pub(super) trait Handle: Send + Sync {
    /// Handles one record in the transaction of `conn`.
    fn handle<'a>(
        &'a self,
        consumer: &'static str,
        conn: &'a mut PgConnection,
        record: &'a Record,
    ) -> BoxFuture<'a, Result<Handled, Failure>>;
}

pub(super) struct Erased<H>(pub(super) H);

impl<H: Handler> Handle for Erased<H> {
    fn handle<'a>(
        &'a self,
        consumer: &'static str,
        conn: &'a mut PgConnection,
        record: &'a Record,
    ) -> BoxFuture<'a, Result<Handled, Failure>> {
        async move {
            let meta = &record.meta;
            // A panic anywhere in a service's code is one record's failure, not the strand's end.
            let decode = || H::Event::decode(&meta.event_type, &record.payload);
            let event = match std::panic::catch_unwind(AssertUnwindSafe(decode)) {
                Ok(Ok(Some(event))) => event,
                Ok(Ok(None)) => return Ok(Handled::UnknownType),
                Ok(Err(error)) => return Err(Failure::permanent(error.to_string())),
                Err(_panic) => return Err(Failure::permanent("decoding panicked".into())),
            };
            let span = tracing::info_span!(
                "process",
                otel.name = format!("process {}", meta.topic),
                otel.kind = "consumer",
                event.id = %meta.event_id,
                event.r#type = meta.event_type,
                correlation = %meta.correlation,
                key = meta.key,
                subject = meta.subject,
            );
            trace::adopt(&span, meta.traceparent.as_deref());
            let work = self.0.handle(conn, event, meta).instrument(span);
            let work = meta.as_cause().scope_from(consumer, meta.event_id, work);
            match AssertUnwindSafe(work).catch_unwind().await {
                Ok(Ok(())) => Ok(Handled::Yes),
                Ok(Err(error)) => Err(Failure { class: error.class(), message: chain_of(&error) }),
                Err(_panic) => Err(Failure::permanent("the handler panicked".into())),
            }
        }
        .boxed()
    }
}

impl Failure {
    pub(super) fn permanent(message: String) -> Self {
        Self { class: ErrorClass::Permanent, message }
    }
}

/// An error with everything it was caused by, for people.
pub(crate) fn chain_of(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
