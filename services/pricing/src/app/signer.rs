//! Signs quotes with a key that this service makes, publishes and changes by itself.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use contracts::quote::Quote;
use messaging::Tx;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use web::SigningKey;

use crate::domain::key_schedule::next_key;
use crate::error::Error;
use crate::publish;
use crate::store::keys::{self, Scheduled};

/// How often a replica looks whether it is time for the next key.
const LOOKS_EVERY: Duration = Duration::from_secs(600);

/// Signs quotes. Copies share the key at work.
#[derive(Clone, Debug)]
pub(crate) struct Signer {
    db: PgPool,
    current: Arc<RwLock<Option<Arc<Scheduled>>>>,
}

impl Signer {
    pub(crate) fn new(db: PgPool) -> Self {
        Self { db, current: Arc::default() }
    }

    /// Signs a quote, as a JWT of type `quote+jwt`.
    pub(crate) async fn sign(&self, quote: &Quote) -> Result<String, Error> {
        let scheduled = match self.at_work(quote.iat) {
            Some(scheduled) => scheduled,
            None => self.load(quote.iat).await?,
        };
        Ok(scheduled.key.sign("quote+jwt", quote)?)
    }

    /// Sees to it that there is a key, and the next one in time, until told to stop.
    pub(crate) async fn keep_keys(self, stop: CancellationToken) -> Result<(), runtime::Error> {
        while !stop.is_cancelled() {
            let pause = match self.load(kernel::unix_seconds()).await {
                Ok(_) => LOOKS_EVERY,
                Err(error) => {
                    tracing::warn!(%error, "quote keys could not be looked after");
                    Duration::from_secs(2)
                }
            };
            tokio::select! { () = tokio::time::sleep(pause) => {}, () = stop.cancelled() => {} }
        }
        Ok(())
    }

    fn at_work(&self, now: i64) -> Option<Arc<Scheduled>> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        current.as_ref().filter(|scheduled| scheduled.signs.contains(&now)).cloned()
    }

    /// Reads the key of the moment; makes and publishes one first when it is time for that. The lock
    /// lets several replicas agree.
    async fn load(&self, now: i64) -> Result<Arc<Scheduled>, Error> {
        let mut tx = Tx::begin(&self.db).await?;
        keys::lock(&mut tx).await?;
        if let Some(signs) = next_key(now, keys::last(&mut tx).await?) {
            let new = Scheduled { key: SigningKey::generate(), signs };
            keys::add(&mut tx, &new).await?;
            messaging::append(&mut tx, [publish::key(&new)]).await?;
            keys::forget(&mut tx, now).await?;
            tracing::info!(key.id = new.key.id(), "made a key for quotes");
        }
        let key = keys::signing(&mut tx, now).await?.ok_or(Error::Corrupt("signing_keys"))?;
        tx.commit().await?;
        let key = Arc::new(key);
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        *current = Some(Arc::clone(&key));
        Ok(key)
    }
}

#[cfg(test)]
mod tests;
