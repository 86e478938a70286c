//! The relays that everybody writes first, so that the checker can be seen to find their faults.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use sqlx::PgPool;

use crate::writers::brokers;

type Row = (i64, String, uuid::Uuid, String, String, Vec<u8>);

/// Everything above the last sequence number sent.
pub(crate) async fn by_sequence(db: PgPool) {
    poll(
        db,
        "select seq, xid::text, event_id, topic, key, payload from messaging.outbox
         where seq > $1 and $2 <> '' order by seq limit 1000",
    )
    .await;
}

/// Everything below the oldest running transaction, ordered by transaction and sequence number.
pub(crate) async fn by_transaction(db: PgPool) {
    poll(
        db,
        "select seq, xid::text, event_id, topic, key, payload from messaging.outbox
         where (xid, seq) > ($2::text::xid8, $1)
             and xid < pg_snapshot_xmin(pg_current_snapshot())
         order by xid, seq limit 1000",
    )
    .await;
}

async fn poll(db: PgPool, query: &'static str) {
    let kafka: FutureProducer = ClientConfig::new()
        .set("bootstrap.servers", brokers())
        .set("enable.idempotence", "true")
        .create()
        .unwrap();
    let (mut last, mut last_xid) = (0, "0".to_owned());
    loop {
        let rows: Vec<Row> =
            sqlx::query_as(query).bind(last).bind(&last_xid).fetch_all(&db).await.unwrap();
        for (seq, xid, id, topic, key, payload) in rows {
            (last, last_xid) = (seq, xid);
            let id = id.to_string();
            let headers = OwnedHeaders::new().insert(Header { key: "ce_id", value: Some(&id) });
            let record =
                FutureRecord::to(&topic).partition(0).key(&key).payload(&payload).headers(headers);
            kafka.send_result(record).unwrap();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
