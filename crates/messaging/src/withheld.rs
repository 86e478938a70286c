//! What operations may do with withheld events: list them, have a key sent, give an event up.

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

/// An event that is not on its topic, although it was committed and the relay is past it.
#[derive(Clone, Debug, sqlx::FromRow)]
#[non_exhaustive]
pub struct WithheldEvent {
    /// Names it in [`release`] and [`skip`].
    pub id: i64,
    /// The topic that it is for.
    pub topic: String,
    /// The key that is held back.
    pub key: String,
    /// The event's id.
    pub event_id: Uuid,
    /// The contract's name.
    #[sqlx(rename = "type")]
    pub event_type: String,
    /// The aggregate it is about.
    pub subject: String,
    /// What it belongs to.
    pub correlation: Uuid,
    /// `topic` (it is sent as soon as its topic can be written to), `person` (Kafka refuses it, or one of
    /// its key before it) or `releasing` (a person decided, and the relay is about to act).
    pub state: String,
    /// What Kafka said; `None` if the event waits behind another, or for its topic.
    pub refusal: Option<String>,
    /// When it happened.
    pub occurred_at: OffsetDateTime,
    /// When it was withheld.
    pub withheld_at: OffsetDateTime,
    /// The payload, in the contract's encoding.
    pub payload: Vec<u8>,
}

/// Lists what is withheld, in the order in which it was said.
///
/// # Errors
/// The database failed.
pub async fn list(conn: &mut PgConnection, limit: i64) -> Result<Vec<WithheldEvent>, sqlx::Error> {
    sqlx::query_as(
        "select seq as id, topic, key, event_id, type, subject, correlation,
             case when unsent then 'topic' when asked is not null or copy is not null
                 then 'releasing' else 'person' end as state,
             refusal, occurred_at, withheld_at, payload
         from messaging.outbox_withheld
         order by first_seq
         limit $1",
    )
    .bind(limit)
    .fetch_all(conn)
    .await
}

/// Has all withheld events of the key of event `id` sent, in order, and before all later ones. What Kafka
/// still refuses is withheld again. `actor` and `reason` are kept. False if the event does not wait for a
/// person (any more).
///
/// # Errors
/// The database failed.
pub async fn release(
    conn: &mut PgConnection,
    id: i64,
    actor: &str,
    reason: &str,
) -> Result<bool, sqlx::Error> {
    ask(conn, id, "release", (actor, reason)).await
}

/// Gives up event `id`: it will not be sent, and the others of its key are, at once. `actor` and `reason`
/// are kept. False if the event does not wait for a person (any more).
///
/// # Errors
/// The database failed.
pub async fn skip(
    conn: &mut PgConnection,
    id: i64,
    actor: &str,
    reason: &str,
) -> Result<bool, sqlx::Error> {
    ask(conn, id, "skip", (actor, reason)).await
}

/// Notes what the relay is to do; it looks every half second.
async fn ask(
    conn: &mut PgConnection,
    id: i64,
    action: &str,
    (actor, reason): (&str, &str),
) -> Result<bool, sqlx::Error> {
    let asked = sqlx::query(
        "with named as (
             select * from messaging.outbox_withheld
             where seq = $1 and withheld and not unsent and copy is null
             for update
         ), asked as (
             update messaging.outbox_withheld w
             set asked = case when w.seq = $1 then $2 else coalesce(w.asked, 'release') end
             from named
             where w.topic = named.topic and w.key = named.key and w.withheld and w.copy is null
                 and (w.seq = $1 or w.refusal is not null)
         )
         insert into messaging.outbox_withheld_audit
             (seq, event_id, topic, type, key, action, actor, reason)
         select seq, event_id, topic, type, key, $2, $3, $4 from named",
    )
    .bind(id)
    .bind(action)
    .bind(actor)
    .bind(reason)
    .execute(conn)
    .await?;
    Ok(asked.rows_affected() == 1)
}
