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

#[cfg(test)]
mod tests {
    use secrecy::SecretString;
    use time::Duration;
    use web::Verifier;

    use super::*;
    use crate::app::registration::Applicant;
    use crate::app::sessions::Visitor;

    /// How many sessions, mail tokens, keys and throttles there are.
    async fn rows(db: &PgPool) -> [i64; 4] {
        let (sessions, tokens, keys, throttles) = sqlx::query_as(
            "select (select count(*) from sessions), (select count(*) from mail_tokens),
                    (select count(*) from signing_keys), (select count(*) from throttles)",
        )
        .fetch_one(db)
        .await
        .unwrap();
        [sessions, tokens, keys, throttles]
    }

    #[sqlx::test]
    async fn what_still_counts_is_kept_and_the_rest_forgotten(db: PgPool) {
        runtime::migrate_shared(&mut db.acquire().await.unwrap()).await.unwrap();
        let (clock, period) = (Clock::default(), Duration::days(29));
        let keyring = Keyring::new(db.clone(), clock.clone(), period, Verifier::default());
        let passwords = Passwords::new(1, 1);
        let auth =
            Auth { db: db.clone(), clock: clock.clone(), passwords, keyring, network_burst: 10 };
        let (email, password) = ("ada@example.org", SecretString::from("kornblume am feld"));
        let applicant =
            Applicant { email: email.into(), name: "Ada".into(), password: password.clone() };
        auth.sign_up(applicant, "192.0.2.1").await.unwrap();
        let visitor = Visitor { network: "192.0.2.1".into(), user_agent: String::new() };
        auth.sign_in(email, &password, &visitor).await.unwrap();

        auth.forget_old(clock.now()).await.unwrap();
        let [sessions, tokens, keys, throttles] = rows(&db).await;
        assert_eq!([sessions, tokens, keys], [1, 1, 1]);
        assert!(throttles >= 2, "network and mail");

        clock.advance(Duration::days(30) + Duration::minutes(1));
        auth.forget_old(clock.now()).await.unwrap();
        assert_eq!(rows(&db).await, [0, 0, 0, 0]);
    }
}
