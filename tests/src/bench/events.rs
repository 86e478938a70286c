//! How long an event takes from the service that says it to the one that has handled it.

use std::collections::HashMap;
use std::time::Duration;

use sqlx::{Connection as _, PgConnection};
use time::OffsetDateTime;

use crate::fleet::Fleet;

/// For each order placed since then: from `OrderPlaced` being written in orders to its answer (`StockReserved` or
/// `StockRefused`) being written in inventory, in the transaction that handles it. Between the two lie
/// the first commit, the relay, Kafka and the consumer. Both are moments of the same clock: one server.
///
/// # Errors
/// A database cannot be read.
pub(crate) async fn latencies(
    fleet: &Fleet,
    since: OffsetDateTime,
) -> Result<Vec<Duration>, sqlx::Error> {
    let said = moments(fleet, "orders", "%.OrderPlaced").await?;
    let handled = moments(fleet, "inventory", "%.StockRe%ed").await?;
    let latency = |(order, at): (&String, &OffsetDateTime)| {
        Duration::try_from(*handled.get(order)? - *at).ok()
    };
    Ok(said.iter().filter(|(_, at)| **at >= since).filter_map(latency).collect())
}

/// When the first event of that type was written, by its key, which is the order's id.
async fn moments(
    fleet: &Fleet,
    service: &str,
    kind: &str,
) -> Result<HashMap<String, OffsetDateTime>, sqlx::Error> {
    let mut conn = PgConnection::connect(&fleet.database(service)).await?;
    let rows: Vec<(String, OffsetDateTime)> = sqlx::query_as(
        "select key, min(occurred_at) from messaging.outbox where type like $1 group by key",
    )
    .bind(kind)
    .fetch_all(&mut conn)
    .await?;
    conn.close().await?;
    Ok(rows.into_iter().collect())
}
