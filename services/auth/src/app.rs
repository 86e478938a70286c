//! What auth does, one file per matter; HTTP and the command line both end here.

pub(crate) mod passwords;
pub(crate) mod registration;
pub(crate) mod roles;
pub(crate) mod sessions;

use kernel::Clock;
use sqlx::PgPool;
use time::OffsetDateTime;
use web::Caller;

use crate::domain::throttle;
use crate::hashing::Passwords;
use crate::keyring::Keyring;
use crate::store::accounts::Account;
use crate::store::throttles::Taken;
use crate::{Error, store};

/// Everything that the use cases stand on.
#[derive(Clone, Debug)]
pub(crate) struct Auth {
    pub(crate) db: PgPool,
    pub(crate) clock: Clock,
    pub(crate) passwords: Passwords,
    pub(crate) keyring: Keyring,
    /// What one network may ask for at once.
    pub(crate) network_burst: i64,
}

impl Auth {
    /// Lets a network do something that costs a hash or a mail, or says when.
    pub(crate) async fn admit(&self, network: &str) -> Result<(), Error> {
        let take = throttle::network_use(network, self.network_burst);
        let mut conn = self.db.acquire().await?;
        match store::throttles::take(&mut conn, &take, self.clock.now()).await? {
            Taken::Yes => Ok(()),
            Taken::Empty(seconds) => Err(Error::TooManyTries(seconds)),
        }
    }

    /// True when one more mail may go to an address that a stranger typed.
    pub(crate) async fn may_mail(&self, email: &str) -> Result<bool, Error> {
        let mut conn = self.db.acquire().await?;
        let take = throttle::mail(email);
        let taken = store::throttles::take(&mut conn, &take, self.clock.now()).await?;
        Ok(taken == Taken::Yes)
    }

    /// The caller's account, when the session of the token has not ended: elsewhere an access token
    /// counts until it runs out, here it ends with its session.
    pub(crate) async fn account(&self, caller: &Caller) -> Result<Account, Error> {
        let mut conn = self.db.acquire().await?;
        let now = self.clock.now();
        if !store::sessions::alive(&mut conn, caller.account, caller.session, now).await? {
            return Err(Error::SessionEnded);
        }
        store::accounts::find(&mut conn, caller.account).await
    }

    /// Removes what is too old to matter.
    pub(crate) async fn forget_old(&self, now: OffsetDateTime) -> Result<(), Error> {
        let mut conn = self.db.acquire().await?;
        store::sessions::forget_old(&mut conn, now).await?;
        store::mail_tokens::forget_old(&mut conn, now).await?;
        store::signing_keys::forget_old(&mut conn, now).await?;
        store::throttles::forget_full(&mut conn, now).await?;
        Ok(())
    }
}
