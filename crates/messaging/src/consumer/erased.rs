//! Handlers without their types: decode, set the scene (cause, span), run, and say what a failure asks for.

use std::future::Future;
use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use futures::future::BoxFuture;
use sqlx::PgConnection;
use tracing::{Instrument, Span};

use super::record::Record;
use super::{Projection, Reaction};
use crate::envelope::WITHHELD;
use crate::{Classify, ErrorClass, EventSet, Meta, Tx, trace};

/// What came of a record that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Handled {
    /// The handler ran.
    Yes,
    /// Its type is newer than this build.
    UnknownType,
    /// The event is withheld; this only takes its position.
    Withheld,
}

impl Handled {
    /// What came of a record that decodes to nothing.
    fn without_event(record: &Record) -> Self {
        if record.meta.event_type == WITHHELD { Self::Withheld } else { Self::UnknownType }
    }
}

/// What came of a record that did.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) class: ErrorClass,
    pub(super) message: String,
}

/// A [`Reaction`].
pub(super) trait React: Send + Sync {
    /// Reacts to one record.
    fn react<'a>(
        &'a self,
        consumer: &'static str,
        tx: &'a mut Tx,
        record: &'a Record,
    ) -> BoxFuture<'a, Result<Handled, Failure>>;
}

/// A [`Projection`].
pub(super) trait Project: Send + Sync {
    /// Projects records of its topic, all at once, and says what came of each.
    fn project<'a>(
        &'a self,
        conn: &'a mut PgConnection,
        records: &'a [&'a Record],
    ) -> BoxFuture<'a, Result<Vec<Handled>, Failure>>;
}

pub(super) struct Erased<H>(pub(super) H);

impl<R: Reaction> React for Erased<R> {
    fn react<'a>(
        &'a self,
        consumer: &'static str,
        tx: &'a mut Tx,
        record: &'a Record,
    ) -> BoxFuture<'a, Result<Handled, Failure>> {
        async move {
            let meta = &record.meta;
            let Some(event) = decode(record)? else {
                return Ok(Handled::without_event(record));
            };
            let work = self.0.react(tx, event, meta).instrument(span(meta, 1));
            run(meta.as_cause().scope_from(consumer, meta.event_id, work)).await?;
            Ok(Handled::Yes)
        }
        .boxed()
    }
}

impl<P: Projection> Project for Erased<P> {
    fn project<'a>(
        &'a self,
        conn: &'a mut PgConnection,
        records: &'a [&'a Record],
    ) -> BoxFuture<'a, Result<Vec<Handled>, Failure>> {
        async move {
            let (mut events, mut handled) = (Vec::with_capacity(records.len()), Vec::new());
            for record in records {
                let event: Option<P::Event> = decode(record)?;
                let none = Handled::without_event(record);
                handled.push(if event.is_some() { Handled::Yes } else { none });
                events.extend(event.map(|event| (event, record.meta.clone())));
            }
            if let Some((_, first)) = events.first() {
                let span = span(first, events.len());
                run(self.0.project(conn, &events).instrument(span)).await?;
            }
            Ok(handled)
        }
        .boxed()
    }
}

/// A panic anywhere in a service's code is one record's failure, not the strand's end.
fn decode<E: EventSet>(record: &Record) -> Result<Option<E>, Failure> {
    if record.meta.event_type == WITHHELD {
        return Ok(None);
    }
    let decode = || E::decode(&record.meta.event_type, &record.payload);
    match std::panic::catch_unwind(AssertUnwindSafe(decode)) {
        Ok(decoded) => decoded.map_err(|error| Failure::permanent(error.to_string())),
        Err(_panic) => Err(Failure::permanent("decoding panicked".into())),
    }
}

async fn run<E>(work: impl Future<Output = Result<(), E>>) -> Result<(), Failure>
where
    E: std::error::Error + Classify + 'static,
{
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(Failure { class: error.class(), message: chain_of(&error) }),
        Err(_panic) => Err(Failure::permanent("the handler panicked".into())),
    }
}

/// The span of handling so many events, in the trace of the first.
fn span(first: &Meta, events: usize) -> Span {
    let span = tracing::info_span!(
        "process",
        otel.name = format!("process {}", first.topic),
        otel.kind = "consumer",
        event.id = %first.event_id,
        event.r#type = first.event_type,
        correlation = %first.correlation,
        key = first.key,
        subject = first.subject,
        events,
    );
    trace::adopt(&span, first.traceparent.as_deref());
    span
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
