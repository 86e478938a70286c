//! Proving that one knows a password, changing it, and getting a new one when it is forgotten.

use kernel::AccountId;
use messaging::Tx;
use problem::FieldError;
use secrecy::{ExposeSecret as _, SecretString};
use web::{Caller, RequestError};

use super::Auth;
use crate::domain::mail_token::Purpose;
use crate::domain::password;
use crate::domain::throttle::{self, Take};
use crate::hashing::Match;
use crate::store::accounts::Account;
use crate::store::throttles::Taken;
use crate::{Error, publish, store};

/// An account, and the hash against which its password was right.
#[derive(Debug)]
pub(crate) struct Proof {
    pub(crate) account: AccountId,
    pub(crate) phc: String,
}

/// Refuses a password that is too weak for the account, by the field that holds it.
fn accept(field: &str, password: &SecretString, email: &str) -> Result<(), Error> {
    let judged = password::judge(password.expose_secret(), email);
    let wrong = |weakness| RequestError::InvalidFields(vec![FieldError::new(field, weakness)]);
    judged.map_err(|weakness| wrong(weakness).into())
}

impl Auth {
    /// The account that has this address and password. An unknown address costs the same work, takes
    /// from the same buckets and gets the same answer as a wrong password.
    pub(crate) async fn prove(
        &self,
        email: &str,
        password: &SecretString,
        network: &str,
    ) -> Result<Proof, Error> {
        let taken = self.take_a_guess(email, network).await?;
        let mut conn = self.db.acquire().await?;
        let known = store::accounts::credentials(&mut conn, email).await?;
        drop(conn);
        let phc = known.as_ref().map(|(_, phc)| phc.as_str());
        let found = match self.passwords.check(password, phc).await {
            Ok(found) => found,
            Err(error) => {
                self.give_back(&taken).await?;
                return Err(error);
            }
        };
        let Some((account, phc)) = known.filter(|_| found != Match::Wrong) else {
            tracing::warn!(network, "wrong credentials");
            return Err(Error::WrongCredentials);
        };
        self.give_back(&taken).await?;
        if found == Match::Outdated {
            let renewed = self.passwords.hash(password).await?;
            let mut conn = self.db.acquire().await?;
            store::accounts::rehash(&mut conn, account, &phc, &renewed).await?;
            return Ok(Proof { account, phc: renewed });
        }
        Ok(Proof { account, phc })
    }

    /// Sends a mail with which a forgotten password is replaced, if the address has an account. The
    /// caller sees no difference.
    pub(crate) async fn request_reset(&self, email: &str, network: &str) -> Result<(), Error> {
        self.admit(network).await?;
        let may_mail = self.may_mail(email).await?;
        let mut tx = Tx::begin(&self.db).await?;
        let known = store::accounts::find_by_email(&mut tx, email).await?;
        if let Some(account) = known.filter(|_| may_mail) {
            self.send_reset(&mut tx, &account).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    pub(crate) async fn send_reset(&self, tx: &mut Tx, account: &Account) -> Result<(), Error> {
        let (purpose, now) = (Purpose::ResetPassword, self.clock.now());
        let token = store::mail_tokens::issue(tx, account.id, purpose, now).await?;
        messaging::append(tx, [publish::password_reset_requested(account, token)]).await?;
        Ok(())
    }

    /// Spends the token of a mail on a new password. Every session ends; and since the mail was read,
    /// the address counts as confirmed.
    pub(crate) async fn confirm_reset(
        &self,
        token: &str,
        password: &SecretString,
        network: &str,
    ) -> Result<(), Error> {
        accept("password", password, "")?;
        self.admit(network).await?;
        let password_hash = self.passwords.hash(password).await?;
        let now = self.clock.now();
        let mut tx = Tx::begin(&self.db).await?;
        let id = store::mail_tokens::redeem(&mut tx, token, Purpose::ResetPassword, now).await?;
        let account = store::accounts::lock(&mut tx, id).await?;
        accept("password", password, &account.email)?;
        store::accounts::set_password(&mut tx, id, &password_hash).await?;
        store::sessions::end_all(&mut tx, id, None, "password_reset", now).await?;
        self.note_confirmed(&mut tx, &account).await?;
        tx.commit().await?;
        tracing::info!(account.id = %id, "password reset");
        Ok(())
    }

    /// Changes the caller's password; every other session ends.
    pub(crate) async fn change_password(
        &self,
        caller: &Caller,
        current: &SecretString,
        new: &SecretString,
        network: &str,
    ) -> Result<(), Error> {
        let account = self.account(caller).await?;
        accept("new_password", new, &account.email)?;
        self.prove(&account.email, current, network).await?;
        let password_hash = self.passwords.hash(new).await?;
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        store::accounts::lock(&mut tx, account.id).await?;
        store::accounts::set_password(&mut tx, account.id, &password_hash).await?;
        let others = Some(caller.session);
        store::sessions::end_all(&mut tx, account.id, others, "password_changed", now).await?;
        tx.commit().await?;
        tracing::info!(account.id = %account.id, "password changed");
        Ok(())
    }

    /// Takes what a guess costs before anything is checked, so that simultaneous guesses count too.
    async fn take_a_guess(&self, email: &str, network: &str) -> Result<Vec<Take>, Error> {
        let now = self.clock.now();
        let mut conn = self.db.acquire().await?;
        let account = throttle::account(email);
        let calm = store::throttles::take(&mut conn, &account, now).await? == Taken::Yes;
        let guess = throttle::guess(email, network, !calm);
        let taken = store::throttles::take(&mut conn, &guess, now).await?;
        if let Taken::Empty(seconds) = taken {
            if calm {
                store::throttles::give_back(&mut conn, &account).await?;
            }
            tracing::warn!(network, "too many wrong credentials");
            return Err(Error::TooManyTries(seconds));
        }
        Ok(if calm { vec![account, guess] } else { vec![guess] })
    }

    async fn give_back(&self, taken: &[Take]) -> Result<(), Error> {
        let mut conn = self.db.acquire().await?;
        for take in taken {
            store::throttles::give_back(&mut conn, take).await?;
        }
        Ok(())
    }
}
