//! Tells the others of the rates that migrations brought; those that staff set are told at once.

use std::time::Duration;

use messaging::{Outgoing, Tx};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::{Error, publish, store};

/// Announces what nobody has been told of, then waits for the end of the process.
pub(crate) async fn announce(db: PgPool, stop: CancellationToken) -> Result<(), runtime::Error> {
    while let Err(error) = announce_once(&db).await {
        tracing::warn!(%error, "rates were not announced; again later");
        let pause = tokio::time::sleep(Duration::from_secs(1));
        tokio::select! { () = pause => {}, () = stop.cancelled() => return Ok(()) }
    }
    stop.cancelled().await;
    Ok(())
}

async fn announce_once(db: &PgPool) -> Result<(), Error> {
    let mut tx = Tx::begin(db).await?;
    let rates = store::rates::take_unannounced(&mut tx).await?;
    let events = rates.iter().map(publish::rate_set).collect::<Vec<Outgoing>>();
    messaging::append(&mut tx, events).await?;
    tx.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[sqlx::test]
    async fn rates_of_the_migrations_are_announced_once_by_whoever_comes_first(db: PgPool) {
        runtime::migrate_shared(&mut db.acquire().await.unwrap()).await.unwrap();

        let (one, two) = tokio::join!(announce_once(&db), announce_once(&db));
        one.unwrap();
        two.unwrap();

        let said: Vec<String> =
            sqlx::query_scalar("select type from messaging.outbox").fetch_all(&db).await.unwrap();
        assert_eq!(said, ["flotilla.shipping.v1.ShippingRateSet"; 4]);
    }
}
