//! What a service has said: the rows of its outbox.

use sqlx::PgPool;

/// An event in the outbox.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Published {
    /// `flotilla.orders.v1.OrderPlaced`.
    #[sqlx(rename = "type")]
    pub event_type: String,
    /// `orders.order.v1`.
    pub topic: String,
    /// The ordering key.
    pub key: String,
    /// The aggregate.
    pub subject: String,
    /// The aggregate's version, 0 when it has none.
    pub version: i64,
    /// Protobuf.
    pub payload: Vec<u8>,
}

impl Published {
    /// The type without its package: `OrderPlaced`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.event_type.rsplit('.').next().unwrap_or_default()
    }

    /// Reads the payload.
    ///
    /// # Panics
    /// When it is no such message.
    #[must_use]
    pub fn read<M: prost::Message + Default>(&self) -> M {
        M::decode(self.payload.as_slice()).unwrap()
    }
}

/// Everything that was said, in order.
///
/// # Panics
/// When the database fails.
pub async fn published(db: &PgPool) -> Vec<Published> {
    let all =
        "select type, topic, key, subject, version, payload from messaging.outbox order by seq";
    sqlx::query_as(all).fetch_all(db).await.unwrap()
}
