//! Signing up and confirming the e-mail address.

use kernel::AccountId;
use messaging::Tx;
use secrecy::SecretString;
use web::{Caller, Role};

use super::Auth;
use crate::domain::mail_token::Purpose;
use crate::store::accounts::{Account, NewAccount};
use crate::{Error, publish, store};

/// Somebody who wants an account.
#[derive(Debug)]
pub(crate) struct Applicant {
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) password: SecretString,
}

impl Auth {
    /// Opens an account, or tells the owner of the one that has this address; the caller sees no
    /// difference. The password is hashed either way, so that the work is the same too.
    pub(crate) async fn sign_up(&self, applicant: Applicant, network: &str) -> Result<(), Error> {
        self.admit(network).await?;
        let may_mail = self.may_mail(&applicant.email).await?;
        let password_hash = self.passwords.hash(&applicant.password).await?;
        let now = self.clock.now();
        let new = NewAccount {
            id: AccountId::new(),
            email: &applicant.email,
            name: &applicant.name,
            password_hash: &password_hash,
            confirmed_at: None,
            created_at: now,
        };
        let mut tx = Tx::begin(&self.db).await?;
        if store::accounts::save(&mut tx, &new).await? {
            self.welcome(&mut tx, new.id).await?;
        } else if may_mail {
            self.tell_owner(&mut tx, &applicant.email).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    async fn welcome(&self, tx: &mut Tx, id: AccountId) -> Result<(), Error> {
        store::accounts::grant(tx, id, Role::Shopper, self.clock.now()).await?;
        messaging::append(tx, [publish::registered(id).version(1)]).await?;
        let account = store::accounts::find(tx, id).await?;
        self.ask_for_confirmation(tx, &account).await?;
        tracing::info!(account.id = %id, "account registered");
        Ok(())
    }

    /// Somebody signed up with the address of an account: its owner gets the mail of a forgotten
    /// password, which is what an owner who does so needs.
    async fn tell_owner(&self, tx: &mut Tx, email: &str) -> Result<(), Error> {
        if let Some(account) = store::accounts::find_by_email(tx, email).await? {
            self.send_reset(tx, &account).await?;
            tracing::info!(account.id = %account.id, "somebody signed up with a known address");
        }
        Ok(())
    }

    /// Sends the caller another mail to confirm the address with; nothing when it is confirmed.
    pub(crate) async fn send_confirmation_again(&self, caller: &Caller) -> Result<(), Error> {
        let account = self.account(caller).await?;
        if account.email_confirmed || !self.may_mail(&account.email).await? {
            return Ok(());
        }
        let mut tx = Tx::begin(&self.db).await?;
        self.ask_for_confirmation(&mut tx, &account).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Spends the token of a mail: the address is the owner's, who may sell from now on.
    pub(crate) async fn confirm_email(&self, token: &str) -> Result<(), Error> {
        let now = self.clock.now();
        let mut tx = Tx::begin(&self.db).await?;
        let id = store::mail_tokens::redeem(&mut tx, token, Purpose::ConfirmEmail, now).await?;
        let account = store::accounts::lock(&mut tx, id).await?;
        self.note_confirmed(&mut tx, &account).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Marks an address as confirmed, once. The account's row is locked by the caller.
    pub(crate) async fn note_confirmed(&self, tx: &mut Tx, account: &Account) -> Result<(), Error> {
        let now = self.clock.now();
        if !store::accounts::confirm_email(tx, account.id, now).await? {
            return Ok(());
        }
        let mut events = vec![publish::email_confirmed(account.id)];
        if store::accounts::grant(tx, account.id, Role::Seller, now).await? {
            events.push(publish::role_granted(account.id, Role::Seller));
        }
        super::roles::say(tx, account.id, events).await?;
        messaging::append(tx, [publish::welcomed(account)]).await?;
        tracing::info!(account.id = %account.id, "e-mail confirmed");
        Ok(())
    }

    async fn ask_for_confirmation(&self, tx: &mut Tx, account: &Account) -> Result<(), Error> {
        let (purpose, now) = (Purpose::ConfirmEmail, self.clock.now());
        let token = store::mail_tokens::issue(tx, account.id, purpose, now).await?;
        messaging::append(tx, [publish::confirmation_requested(account, token)]).await?;
        Ok(())
    }
}
