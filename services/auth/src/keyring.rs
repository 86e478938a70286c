//! The keys that sign access tokens: made here, published as events, and changed in time.

use std::sync::{Arc, PoisonError, RwLock};

use kernel::Clock;
use messaging::Tx;
use sqlx::PgPool;
use time::Duration;
use tokio_util::sync::CancellationToken;
use web::{PublicKey, SigningKey, Verifier};

use crate::domain::signing::{self, Term};
use crate::{Error, publish, store};

/// How often a replica looks for keys that another one has published.
const LOOK_AGAIN: std::time::Duration = std::time::Duration::from_secs(30);

type Keys = Vec<(Term, Arc<SigningKey>)>;

/// Every key that verifies, and which of them signs. Copies share their keys.
#[derive(Clone, Debug)]
pub(crate) struct Keyring {
    db: PgPool,
    clock: Clock,
    period: Duration,
    verifier: Verifier,
    keys: Arc<RwLock<Keys>>,
}

impl Keyring {
    /// A ring without keys yet; each one signs for `period`.
    pub(crate) fn new(db: PgPool, clock: Clock, period: Duration, verifier: Verifier) -> Self {
        Self { db, clock, period, verifier, keys: Arc::default() }
    }

    /// The key that signs now. The first caller ever makes it.
    pub(crate) async fn signer(&self) -> Result<Arc<SigningKey>, Error> {
        if let Some(key) = self.current() {
            return Ok(key);
        }
        self.renew().await?;
        self.current().ok_or_else(|| Error::Corrupt("no key signs now".to_owned()))
    }

    /// The public halves of every key that verifies, or will.
    pub(crate) async fn public(&self) -> Result<Vec<PublicKey>, Error> {
        self.signer().await?;
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        Ok(keys.iter().map(|(term, key)| public(*term, key)).collect())
    }

    /// Loads the keys, and publishes the next one when it is time.
    pub(crate) async fn renew(&self) -> Result<(), Error> {
        let now = self.clock.now();
        let mut tx = Tx::begin(&self.db).await?;
        let mut keys = store::signing_keys::list(&mut tx, now).await?;
        if signing::due(&terms(&keys), now, self.period).is_some() {
            store::signing_keys::lock(&mut tx).await?;
            keys = store::signing_keys::list(&mut tx, now).await?;
            if let Some(term) = signing::due(&terms(&keys), now, self.period) {
                let key = SigningKey::generate();
                let public = public(term, &key);
                store::signing_keys::save(&mut tx, &key, term, now).await?;
                runtime::keys::remember(&mut tx, runtime::keys::ACCESS, &public).await?;
                messaging::append(&mut tx, [publish::signing_key(&public)]).await?;
                tracing::info!(key.id = key.id(), signs_from = %term.signs_from, "key published");
                keys.push((term, key));
            }
        }
        tx.commit().await?;
        for (term, key) in &keys {
            self.verifier.learn(&public(*term, key))?;
        }
        let keys = keys.into_iter().map(|(term, key)| (term, Arc::new(key))).collect();
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(())
    }

    /// Renews the keys until told to stop, and makes the first one before anybody asks.
    pub(crate) async fn rotate(self, stop: CancellationToken) -> Result<(), runtime::Error> {
        while !stop.is_cancelled() {
            if let Err(error) = self.renew().await {
                tracing::warn!(%error, "signing keys were not renewed");
            }
            let pause = tokio::time::sleep(LOOK_AGAIN);
            tokio::select! { () = pause => {}, () = stop.cancelled() => {} }
        }
        Ok(())
    }

    fn current(&self) -> Option<Arc<SigningKey>> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let terms: Vec<Term> = keys.iter().map(|(term, _)| *term).collect();
        let position = signing::signing(&terms, self.clock.now())?;
        keys.get(position).map(|(_, key)| Arc::clone(key))
    }
}

fn terms(keys: &[(Term, SigningKey)]) -> Vec<Term> {
    keys.iter().map(|(term, _)| *term).collect()
}

fn public(term: Term, key: &SigningKey) -> PublicKey {
    key.public(term.not_after.unix_timestamp())
}

#[cfg(test)]
mod tests {
    use contracts::auth::SigningKeyPublished;
    use testkit::published;

    use super::*;

    const PERIOD: Duration = Duration::days(30);

    async fn ring(db: &PgPool) -> Keyring {
        runtime::migrate_shared(&mut db.acquire().await.unwrap()).await.unwrap();
        Keyring::new(db.clone(), Clock::default(), PERIOD, Verifier::default())
    }

    #[sqlx::test]
    async fn the_first_key_is_published_once_however_many_replicas_start(db: PgPool) {
        let (one, two) = (ring(&db).await, ring(&db).await);

        let (first, second) = tokio::join!(one.signer(), two.signer());

        assert_eq!(first.unwrap().id(), second.unwrap().id());
        let said = published(&db).await;
        assert_eq!(said.len(), 1);
        let event: SigningKeyPublished = said[0].read();
        assert_eq!(event.public_key.len(), 32);
        let kept: Vec<u8> =
            sqlx::query_scalar("select bytes from fleet.public_keys").fetch_one(&db).await.unwrap();
        assert_eq!(kept, event.public_key);
    }

    #[sqlx::test]
    async fn the_next_key_is_known_ten_minutes_before_it_signs_and_the_old_one_stays(db: PgPool) {
        let ring = ring(&db).await;
        let old = ring.signer().await.unwrap();

        ring.clock.advance(PERIOD - Duration::minutes(9));
        ring.renew().await.unwrap();

        assert_eq!(published(&db).await.len(), 2);
        assert_eq!(ring.signer().await.unwrap().id(), old.id());
        ring.clock.advance(Duration::minutes(11));
        let new = ring.signer().await.unwrap();
        assert_ne!(new.id(), old.id());
        assert!(ring.verifier.knows(old.id()) && ring.verifier.knows(new.id()));
        assert_eq!(ring.public().await.unwrap().len(), 2);
        ring.clock.advance(Duration::hours(1));
        ring.renew().await.unwrap();
        assert_eq!(ring.public().await.unwrap().len(), 1);
    }

    #[sqlx::test]
    async fn a_key_that_nobody_was_told_of_is_not_kept(db: PgPool) {
        let ring = ring(&db).await;
        sqlx::query("alter table messaging.outbox rename to gone").execute(&db).await.unwrap();

        assert!(ring.signer().await.is_err());

        let kept: i64 =
            sqlx::query_scalar("select count(*) from signing_keys").fetch_one(&db).await.unwrap();
        assert_eq!(kept, 0);
    }
}
