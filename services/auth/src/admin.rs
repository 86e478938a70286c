//! Accounts made at the command line, by who has the database: staff, and the demo's shoppers.

use kernel::AccountId;
use messaging::Tx;
use secrecy::SecretString;
use sqlx::PgPool;
use web::{Check, Role};

use crate::app::roles::say;
use crate::domain::password;
use crate::hashing::Passwords;
use crate::store::accounts::NewAccount;
use crate::{Error, publish, store};

/// Makes an account that runs the shop, with a confirmed address; see [`create_account`].
///
/// # Errors
/// An address, name or password that sign-up would refuse, or a failing database.
pub async fn create_staff(
    db: &PgPool,
    email: &str,
    password: &str,
    name: &str,
) -> Result<AccountId, Error> {
    let roles = [Role::Shopper, Role::Seller, Role::Staff];
    create_account(db, email, password, name, &roles).await
}

/// Makes an account that buys, and may sell since its address is confirmed; see [`create_account`].
///
/// # Errors
/// An address, name or password that sign-up would refuse, or a failing database.
pub async fn create_shopper(
    db: &PgPool,
    email: &str,
    password: &str,
    name: &str,
) -> Result<AccountId, Error> {
    create_account(db, email, password, name, &[Role::Shopper, Role::Seller]).await
}

/// Makes an account with a confirmed address and these roles. An account that is there gets the roles
/// that it lacks and keeps its password and name, so that running this again changes nothing.
///
/// # Errors
/// An address, name or password that sign-up would refuse, or a failing database.
pub async fn create_account(
    db: &PgPool,
    email: &str,
    password: &str,
    name: &str,
    roles: &[Role],
) -> Result<AccountId, Error> {
    let mut check = Check::new();
    let email = check.email("email", email);
    let name = check.text("name", name, 1..=200);
    let judged = password::judge(password, email.as_deref().unwrap_or_default());
    if let Err(weakness) = judged {
        check.wrong("password", weakness);
    }
    let (email, name) = check.take(email.zip(name))?;
    let password_hash = Passwords::new(1, 0).hash(&SecretString::from(password)).await?;
    let now = kernel::now();
    let new = NewAccount {
        id: AccountId::new(),
        email: &email,
        name: &name,
        password_hash: &password_hash,
        confirmed_at: Some(now),
        created_at: now,
    };
    let mut tx = Tx::begin(db).await?;
    if store::accounts::save(&mut tx, &new).await? {
        messaging::append(&mut tx, [publish::registered(new.id).version(1)]).await?;
        say(&mut tx, new.id, vec![publish::email_confirmed(new.id)]).await?;
    }
    let account = store::accounts::find_by_email(&mut tx, &email).await?;
    let id = account.ok_or(Error::NoSuchAccount)?.id;
    store::accounts::lock(&mut tx, id).await?;
    for role in roles {
        let granted = store::accounts::grant(&mut tx, id, *role, now).await?;
        // Every account is a shopper from its registration on.
        if granted && *role != Role::Shopper {
            say(&mut tx, id, vec![publish::role_granted(id, *role)]).await?;
        }
    }
    tx.commit().await?;
    Ok(id)
}
