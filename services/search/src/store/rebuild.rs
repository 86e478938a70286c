//! Begins again: forgets everything that events said, and how far they were heard.

use messaging::EventSet as _;
use sqlx::PgPool;

/// Empties the read model and sets the consumer back to the first event; the service, which must be
/// stopped meanwhile, hears all of them again when it starts.
///
/// # Errors
/// When the database fails; nothing has changed then.
pub async fn rebuild(db: &PgPool) -> Result<(), sqlx::Error> {
    let topics = [
        contracts::ProductEvent::TOPIC,
        contracts::CategoryEvent::TOPIC,
        contracts::PriceEvent::TOPIC,
        contracts::StockEvent::TOPIC,
    ];
    let mut tx = db.begin().await?;
    for statement in [
        "delete from categories",
        "delete from products",
        "delete from variants",
        "delete from media",
        "delete from prices",
        "delete from stock",
        "delete from stale",
        "delete from documents",
        "update generation set number = number + 1",
    ] {
        sqlx::query(statement).execute(&mut *tx).await?;
    }
    // What is parked comes again with the rest.
    for statement in [
        "delete from messaging.consumer_progress where consumer = 'search' and topic = any ($1)",
        "delete from messaging.parked where consumer = 'search' and topic = any ($1)",
        "delete from messaging.parked_key where consumer = 'search' and topic = any ($1)",
    ] {
        sqlx::query(statement).bind(&topics[..]).execute(&mut *tx).await?;
    }
    tx.commit().await
}
