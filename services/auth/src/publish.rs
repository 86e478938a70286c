//! What auth tells the others: ids and roles for ever, names and addresses only on auth.contact.v1.

use contracts::auth::{
    AccountEmailConfirmed, AccountRegistered, AccountWelcomed, EmailConfirmationRequested,
    PasswordResetRequested, RoleGranted, SigningKeyPublished,
};
use kernel::AccountId;
use messaging::Outgoing;
use web::{PublicKey, Role};

use crate::store::accounts::Account;

pub(crate) fn registered(id: AccountId) -> Outgoing {
    Outgoing::new(&AccountRegistered { account_id: id.to_string() })
}

pub(crate) fn email_confirmed(id: AccountId) -> Outgoing {
    Outgoing::new(&AccountEmailConfirmed { account_id: id.to_string() })
}

pub(crate) fn role_granted(id: AccountId, role: Role) -> Outgoing {
    let role = role.as_str().to_owned();
    Outgoing::new(&RoleGranted { account_id: id.to_string(), role })
}

pub(crate) fn confirmation_requested(account: &Account, token: String) -> Outgoing {
    Outgoing::new(&EmailConfirmationRequested {
        account_id: account.id.to_string(),
        email: account.email.clone(),
        name: account.name.clone(),
        token,
    })
}

pub(crate) fn welcomed(account: &Account) -> Outgoing {
    Outgoing::new(&AccountWelcomed {
        account_id: account.id.to_string(),
        email: account.email.clone(),
        name: account.name.clone(),
    })
}

pub(crate) fn password_reset_requested(account: &Account, token: String) -> Outgoing {
    Outgoing::new(&PasswordResetRequested {
        account_id: account.id.to_string(),
        email: account.email.clone(),
        name: account.name.clone(),
        token,
    })
}

pub(crate) fn signing_key(key: &PublicKey) -> Outgoing {
    Outgoing::new(&SigningKeyPublished {
        key_id: key.id.clone(),
        public_key: key.bytes.clone(),
        not_after: key.not_after,
    })
}

/// Gives events of one account the versions up to `last`.
pub(crate) fn numbered(events: Vec<Outgoing>, last: i64) -> impl Iterator<Item = Outgoing> {
    let count = i64::try_from(events.len()).unwrap_or(i64::MAX);
    events.into_iter().zip(last - count + 1..).map(|(event, version)| event.version(version))
}
