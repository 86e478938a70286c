//! Transactional outbox, relay, consumer, parking and workers: how services tell each other what happened.
//!
//! Read in this order: [`Event`], [`Tx`] and [`append`] (what a service says), [`Relay`] (how it
//! reaches Kafka), [`Reaction`], [`Projection`] and [`Consumer`] (how another service hears it),
//! [`parking`] (what could not be handled), [`withheld`] (what could not be sent), [`replay`] (hearing it all again), [`Worker`] (what has to call out). The README says what
//! is promised.

mod audit;
mod backlog;
mod cause;
mod class;
mod consumer;
mod envelope;
mod error;
mod event;
mod follow;
mod held;
mod metrics;
mod migrate;
mod murmur2;
mod outage;
mod outbox;
pub mod parking;
mod position;
mod quiet;
mod relay;
pub mod replay;
mod topics;
mod trace;
#[doc(hidden)]
pub mod trial;
mod tx;
mod wake;
pub mod withheld;
mod worker;
mod written;

pub use audit::Auditor;
pub use backlog::{Backlog, backlog};
pub use cause::Cause;
pub use class::{Classify, ErrorClass};
pub use consumer::{
    Consumer, Group, GroupProtocol, Handlers, NoSuchProtocol, Projection, Projections, Reaction,
    Undelivered,
};
pub use envelope::Meta;
pub use error::Error;
pub use event::{DecodeError, Event, EventSet, Outgoing};
pub use follow::follow;
pub use metrics::Metrics;
pub use migrate::migrate;
pub use murmur2::partition_of;
pub use outbox::{AppendError, append};
pub use relay::{Relay, RelaySettings};
pub use topics::{Created, TopicSpec, create_topics};
pub use trace::{TraceHooks, inject as current_traceparent, install_trace_hooks};
pub use tx::Tx;
pub use wake::{announcing, handled};
pub use worker::{
    Attempt, EnqueueError, GaveUp, Settled, Standing, Worker, Workers, enqueue, enqueue_at,
    standing,
};
pub use written::{Written, collecting, wrote_before};
