//! The two kinds of handlers: reactions, which may send, and projections, which may be replayed.

use std::future::Future;

use sqlx::PgConnection;

use crate::{Classify, EventSet, Meta, Tx};

/// Decides what follows from the events of one topic: changes what the service owns, says so, and has
/// workers call out. It is never replayed. It does no network I/O itself: what has to call out is
/// [enqueued](crate::enqueue) for a worker.
pub trait Reaction: Send + Sync + 'static {
    /// The events it understands.
    type Event: EventSet;
    /// Why it may fail, and what that asks for.
    type Error: std::error::Error + Send + Sync + Classify + 'static;

    /// Reacts to one event in the consumer's transaction, which may hold other events' effects too.
    /// May run again after a roll-back, so it must keep everything it does in `tx`.
    fn react(
        &self,
        tx: &mut Tx,
        event: Self::Event,
        meta: &Meta,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// Keeps what a service needs to know of others, made of the events of one topic. It may be replayed,
/// so the compiler lets it send nothing: it is given a connection, and sending takes a [`Tx`].
///
/// ```compile_fail,E0308
/// # use messaging::{EventSet, Meta, Outgoing, Projection};
/// # struct Copies<E>(std::marker::PhantomData<E>);
/// impl<E: EventSet> Projection for Copies<E> {
///     type Event = E;
///     type Error = sqlx::Error;
///
///     async fn project(
///         &self,
///         conn: &mut sqlx::PgConnection,
///         events: &[(E, Meta)],
///     ) -> Result<(), sqlx::Error> {
///         messaging::append(conn, Vec::<Outgoing>::new()).await.ok();
///         Ok(())
///     }
/// }
/// ```
///
/// ```compile_fail,E0308
/// # use messaging::{EventSet, Meta, Projection, Worker};
/// # struct Copies<E, W>(std::marker::PhantomData<(E, W)>);
/// impl<E: EventSet + Sync, W: Worker<Job = ()>> Projection for Copies<E, W> {
///     type Event = E;
///     type Error = sqlx::Error;
///
///     async fn project(
///         &self,
///         conn: &mut sqlx::PgConnection,
///         events: &[(E, Meta)],
///     ) -> Result<(), sqlx::Error> {
///         messaging::enqueue::<W>(conn, "aggregate", &()).await.ok();
///         Ok(())
///     }
/// }
/// ```
///
/// Without the line that sends, the same is fine:
///
/// ```
/// # use messaging::{EventSet, Meta, Projection, Worker};
/// # struct Copies<E, W>(std::marker::PhantomData<(E, W)>);
/// impl<E: EventSet + Sync, W: Worker<Job = ()>> Projection for Copies<E, W> {
///     type Event = E;
///     type Error = sqlx::Error;
///
///     async fn project(
///         &self,
///         conn: &mut sqlx::PgConnection,
///         events: &[(E, Meta)],
///     ) -> Result<(), sqlx::Error> {
///         Ok(())
///     }
/// }
/// ```
pub trait Projection: Send + Sync + 'static {
    /// The events it understands.
    type Event: EventSet;
    /// Why it may fail, and what that asks for.
    type Error: std::error::Error + Send + Sync + Classify + 'static;

    /// Keeps what these events say; those of one key are in order. How they are cut into batches, and
    /// how those of other topics come in between, must make no difference to what is kept in the end.
    /// May run again after a roll-back, so it must keep everything it does in `conn`.
    fn project(
        &self,
        conn: &mut PgConnection,
        events: &[(Self::Event, Meta)],
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;
}
