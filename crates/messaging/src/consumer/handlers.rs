//! What a service hears: one reaction or projection for each topic.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use sqlx::PgConnection;

use super::erased::{Erased, Failure, Handled, Project, React};
use super::record::Record;
use super::{Projection, Reaction};
use crate::position::Position;
use crate::{EventSet, Meta, Tx};

/// The reactions and projections of one service. A second one for a topic is an error when a
/// [`Consumer`](crate::Consumer) runs them.
#[derive(Clone, Default)]
pub struct Handlers {
    by_topic: HashMap<&'static str, Handler>,
    twice: Option<&'static str>,
}

/// Projections, of a topic each, that keep one read model. Nothing else can be [replayed](crate::replay).
#[derive(Clone, Default)]
pub struct Projections {
    by_topic: HashMap<&'static str, Arc<dyn Project>>,
    twice: Option<&'static str>,
}

/// What is done about the events of one topic.
#[derive(Clone)]
pub(super) enum Handler {
    Reaction(Arc<dyn React>),
    Projection(Arc<dyn Project>),
}

/// Why an event was not [delivered](Handlers::deliver).
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Undelivered(String);

impl Handlers {
    /// Nobody hears anything yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reacts to a topic.
    #[must_use]
    pub fn react<R: Reaction>(self, reaction: R) -> Self {
        self.add(R::Event::TOPIC, Handler::Reaction(Arc::new(Erased(reaction))))
    }

    /// Projects a topic.
    #[must_use]
    pub fn project<P: Projection>(self, projection: P) -> Self {
        self.projecting(Projections::new().project(projection))
    }

    /// Projects all topics of these.
    #[must_use]
    pub fn projecting(mut self, projections: Projections) -> Self {
        self.twice = self.twice.or(projections.twice);
        projections
            .by_topic
            .into_iter()
            .fold(self, |all, (topic, projection)| all.add(topic, Handler::Projection(projection)))
    }

    fn add(mut self, topic: &'static str, handler: Handler) -> Self {
        if self.by_topic.insert(topic, handler).is_some() {
            self.twice = Some(topic);
        }
        self
    }

    /// The topics that have a handler.
    pub fn topics(&self) -> impl Iterator<Item = &'static str> {
        self.by_topic.keys().copied()
    }

    /// The topics that have a projection.
    pub fn projected(&self) -> impl Iterator<Item = &'static str> {
        let projected = |(topic, handler): (&&'static str, &Handler)| match handler {
            Handler::Projection(_) => Some(*topic),
            Handler::Reaction(_) => None,
        };
        self.by_topic.iter().filter_map(projected)
    }

    /// Hands events of one topic to its handler, as a consumer would: for tests of a service.
    ///
    /// # Errors
    /// Nobody hears the topic, an event cannot be decoded, or the handler failed.
    pub async fn deliver(
        &self,
        tx: &mut Tx,
        events: &[(Meta, Vec<u8>)],
    ) -> Result<(), Undelivered> {
        let Some((first, _)) = events.first() else { return Ok(()) };
        let handler = self.by_topic.get(first.topic);
        let handler = handler.ok_or_else(|| Undelivered("nobody hears the topic".to_owned()))?;
        let records: Vec<Record> = events.iter().map(delivered).collect();
        let records: Vec<&Record> = records.iter().collect();
        let handled = handler.handle("test", tx, &records).await;
        handled.map(drop).map_err(|failure| Undelivered(failure.message))
    }

    pub(super) fn get(&self, topic: &str) -> Option<(&'static str, &Handler)> {
        self.by_topic.get_key_value(topic).map(|(topic, handler)| (*topic, handler))
    }

    /// A topic that has two handlers.
    pub(super) fn twice(&self) -> Option<&'static str> {
        self.twice
    }
}

impl Projections {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Projects a topic.
    #[must_use]
    pub fn project<P: Projection>(mut self, projection: P) -> Self {
        let topic = P::Event::TOPIC;
        if self.by_topic.insert(topic, Arc::new(Erased(projection))).is_some() {
            self.twice = Some(topic);
        }
        self
    }

    /// The topics that are projected.
    pub fn topics(&self) -> impl Iterator<Item = &'static str> {
        self.by_topic.keys().copied()
    }

    /// Projects records of a topic; says what failed.
    pub(crate) async fn replay(
        &self,
        topic: &str,
        conn: &mut PgConnection,
        records: &[&Record],
    ) -> Result<(), String> {
        let Some(projection) = self.by_topic.get(topic) else { return Ok(()) };
        projection.project(conn, records).await.map_err(|failure| failure.message)?;
        Ok(())
    }
}

impl Handler {
    /// Handles records of the handler's topic in order, and says what came of each.
    pub(super) async fn handle(
        &self,
        consumer: &'static str,
        tx: &mut Tx,
        records: &[&Record],
    ) -> Result<Vec<Handled>, Failure> {
        match self {
            Self::Projection(projection) => projection.project(tx, records).await,
            Self::Reaction(reaction) => {
                let mut handled = Vec::with_capacity(records.len());
                for record in records {
                    handled.push(reaction.react(consumer, tx, record).await?);
                }
                Ok(handled)
            }
        }
    }
}

/// A record that no broker has carried.
fn delivered((meta, payload): &(Meta, Vec<u8>)) -> Record {
    Record {
        meta: meta.clone(),
        partition: 0,
        offset: 0,
        position: Position::NONE,
        previous: Position::NONE,
        payload: payload.clone(),
    }
}

impl fmt::Debug for Handlers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.by_topic.keys()).finish()
    }
}

impl fmt::Debug for Projections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.by_topic.keys()).finish()
    }
}
