//! Reading what a service committed.

use std::str::FromStr;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection};

use super::{CheckError, Said};

/// Every committed row of the outbox, by sequence number.
pub(super) async fn read(url: &str) -> Result<Vec<Said>, CheckError> {
    let mut conn = PgConnectOptions::from_str(url)?.connect().await?;
    let rows: Vec<(uuid::Uuid, i64, String, String, Vec<u8>)> = sqlx::query_as(
        "select event_id, seq, topic, key, payload from messaging.outbox order by seq",
    )
    .fetch_all(&mut conn)
    .await?;
    conn.close().await?;
    let said = rows.into_iter().map(|(id, seq, topic, key, payload)| Said {
        id: id.to_string(),
        seq,
        topic,
        key: key.into_bytes(),
        payload,
    });
    Ok(said.collect())
}
