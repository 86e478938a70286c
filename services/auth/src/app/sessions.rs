//! Signing in, staying signed in, signing out.

use kernel::{AccountId, SessionId};
use secrecy::SecretString;
use sqlx::PgConnection;
use time::Duration;
use web::{AccessClaims, Caller};

use super::Auth;
use crate::domain::refresh_token::RefreshToken;
use crate::domain::session::{ABSOLUTE, IDLE, Session, Verdict};
use crate::domain::signing::ACCESS_LIFETIME;
use crate::store::accounts::Account;
use crate::store::sessions::Listed;
use crate::{Error, store};

/// Where a request comes from.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    /// The network, see [`crate::domain::throttle::network`].
    pub(crate) network: String,
    /// What the program calls itself, cut to 200 characters.
    pub(crate) user_agent: String,
}

/// What a signed-in program or browser keeps.
#[derive(Debug)]
pub(crate) struct SignedInto {
    pub(crate) session: SessionId,
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
    /// How long the refresh token works unless it is used before.
    pub(crate) refresh_for: Duration,
    pub(crate) account: Account,
}

impl Auth {
    /// Begins a session for whoever knows the password.
    pub(crate) async fn sign_in(
        &self,
        email: &str,
        password: &SecretString,
        visitor: &Visitor,
    ) -> Result<SignedInto, Error> {
        self.admit(&visitor.network).await?;
        let proof = self.prove(email, password, &visitor.network).await?;
        let signer = self.keyring.signer().await?;
        let now = self.clock.now();
        let (id, secret) = (SessionId::new(), rand::random());
        let token = RefreshToken::first(id, &secret, rand::random());
        let session = Session {
            id,
            account: proof.account,
            secret,
            current: token.digest(),
            previous: None,
            created_at: now,
            used_at: now,
            ended: false,
        };
        let mut tx = self.db.begin().await?;
        let account = store::accounts::lock(&mut tx, proof.account).await?;
        // A password that was replaced while this one was checked has ended all sessions: begin none.
        let known = store::accounts::credentials(&mut tx, email).await?;
        if known.is_none_or(|(_, phc)| phc != proof.phc) {
            return Err(Error::WrongCredentials);
        }
        store::sessions::save(&mut tx, &session, &visitor.user_agent).await?;
        tx.commit().await?;
        tracing::info!(account.id = %account.id, session.id = %id, "signed in");
        self.hand_out(&signer, account, &session, &token)
    }

    /// Continues a session with its refresh token.
    pub(crate) async fn refresh(&self, token: &str) -> Result<SignedInto, Error> {
        let shown = RefreshToken::parse(token).ok_or(Error::SessionEnded)?;
        let signer = self.keyring.signer().await?;
        let mut tx = self.db.begin().await?;
        let session = store::sessions::lock(&mut tx, shown.session()).await?;
        let session = session.ok_or(Error::SessionEnded)?;
        let now = self.clock.now();
        let (session, token) = match session.judge(&shown, now) {
            Verdict::Rotate(next) => {
                store::sessions::rotate(&mut tx, session.id, &next.digest(), now).await?;
                (Session { used_at: now, ..session }, next)
            }
            Verdict::Repeat(next) => (session, next),
            Verdict::EndFamily => {
                let (account, id) = (session.account, session.id);
                store::sessions::end(&mut tx, account, id, "token_reused", now).await?;
                tx.commit().await?;
                tracing::warn!(account.id = %account, session.id = %id, "spent token shown again");
                return Err(Error::SessionEnded);
            }
            Verdict::Refuse => return Err(Error::SessionEnded),
        };
        let account = store::accounts::find(&mut tx, session.account).await?;
        tx.commit().await?;
        self.hand_out(&signer, account, &session, &token)
    }

    /// Ends the session of a refresh token. What is no token of a live session ends nothing.
    pub(crate) async fn sign_out(&self, token: &str) -> Result<(), Error> {
        let Some(shown) = RefreshToken::parse(token) else { return Ok(()) };
        let mut tx = self.db.begin().await?;
        if let Some(session) = store::sessions::lock(&mut tx, shown.session()).await?
            && shown.genuine(&session.secret)
        {
            self.end(&mut tx, session.account, session.id).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Ends a session of the caller's.
    pub(crate) async fn end_session(&self, caller: &Caller, id: SessionId) -> Result<(), Error> {
        let mut conn = self.db.acquire().await?;
        if self.end(&mut conn, caller.account, id).await? {
            return Ok(());
        }
        Err(Error::NoSuchSession)
    }

    /// The caller's live sessions.
    pub(crate) async fn sessions(&self, caller: &Caller) -> Result<Vec<Listed>, Error> {
        self.account(caller).await?;
        let mut conn = self.db.acquire().await?;
        store::sessions::list(&mut conn, caller.account, self.clock.now()).await
    }

    async fn end(
        &self,
        conn: &mut PgConnection,
        account: AccountId,
        id: SessionId,
    ) -> Result<bool, Error> {
        let now = self.clock.now();
        let ended = store::sessions::end(conn, account, id, "signed_out", now).await?;
        if ended {
            tracing::info!(account.id = %account, session.id = %id, "signed out");
        }
        Ok(ended)
    }

    fn hand_out(
        &self,
        signer: &web::SigningKey,
        account: Account,
        session: &Session,
        token: &RefreshToken,
    ) -> Result<SignedInto, Error> {
        let now = self.clock.now();
        let claims = AccessClaims {
            iss: "auth".to_owned(),
            aud: "flotilla".to_owned(),
            sub: account.id,
            sid: session.id,
            roles: account.roles.clone(),
            iat: now.unix_timestamp(),
            exp: (now + ACCESS_LIFETIME).unix_timestamp(),
        };
        Ok(SignedInto {
            session: session.id,
            access_token: signer.sign("at+jwt", &claims)?,
            refresh_token: token.reveal(),
            refresh_for: IDLE.min(session.created_at + ABSOLUTE - now),
            account,
        })
    }
}
