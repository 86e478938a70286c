//! `accounts` and `account_roles`: who signs in and what they may do.

use kernel::AccountId;
use sqlx::PgConnection;
use time::OffsetDateTime;
use web::Role;

use crate::Error;

/// An account, without its password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) id: AccountId,
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) email_confirmed: bool,
    pub(crate) roles: Vec<Role>,
    /// Counts the events of auth.account.v1 about this account.
    pub(crate) version: i64,
}

/// An account that does not exist yet.
#[derive(Debug)]
pub(crate) struct NewAccount<'a> {
    pub(crate) id: AccountId,
    pub(crate) email: &'a str,
    pub(crate) name: &'a str,
    pub(crate) password_hash: &'a str,
    pub(crate) confirmed_at: Option<OffsetDateTime>,
    pub(crate) created_at: OffsetDateTime,
}

type Row = (AccountId, String, String, bool, i64, Vec<String>);

const BY_ID: &str = "
    select id, email, name, email_confirmed_at is not null, version,
           array(select role from account_roles where account_id = id)
    from accounts where id = $1";
const BY_EMAIL: &str = "
    select id, email, name, email_confirmed_at is not null, version,
           array(select role from account_roles where account_id = id)
    from accounts where email = $1";
const LOCKED: &str = "
    select id, email, name, email_confirmed_at is not null, version,
           array(select role from account_roles where account_id = id)
    from accounts where id = $1 for update";

fn account(row: Row) -> Result<Account, Error> {
    let (id, email, name, email_confirmed, version, roles) = row;
    let mut roles = roles.iter().map(|role| parse(role)).collect::<Result<Vec<_>, _>>()?;
    roles.sort_unstable();
    Ok(Account { id, email, name, email_confirmed, roles, version })
}

fn parse(role: &str) -> Result<Role, Error> {
    let known = [Role::Shopper, Role::Seller, Role::Staff];
    let found = known.into_iter().find(|known| known.as_str() == role);
    found.ok_or_else(|| Error::Corrupt(format!("role {role}")))
}

/// Finds an account.
pub(crate) async fn find(conn: &mut PgConnection, id: AccountId) -> Result<Account, Error> {
    let row: Option<Row> = sqlx::query_as(BY_ID).bind(id).fetch_optional(conn).await?;
    row.map(account).ok_or(Error::NoSuchAccount)?
}

/// Finds an account and lets nobody else change it until the transaction ends.
pub(crate) async fn lock(conn: &mut PgConnection, id: AccountId) -> Result<Account, Error> {
    let row: Option<Row> = sqlx::query_as(LOCKED).bind(id).fetch_optional(conn).await?;
    row.map(account).ok_or(Error::NoSuchAccount)?
}

/// Finds an account by its address, in lower case.
pub(crate) async fn find_by_email(
    conn: &mut PgConnection,
    email: &str,
) -> Result<Option<Account>, Error> {
    let row: Option<Row> = sqlx::query_as(BY_EMAIL).bind(email).fetch_optional(conn).await?;
    row.map(account).transpose()
}

/// The password hash of the account with this address.
pub(crate) async fn credentials(
    conn: &mut PgConnection,
    email: &str,
) -> Result<Option<(AccountId, String)>, Error> {
    let found = "select id, password_hash from accounts where email = $1";
    Ok(sqlx::query_as(found).bind(email).fetch_optional(conn).await?)
}

/// Saves a new account; false when its address already has one.
pub(crate) async fn save(conn: &mut PgConnection, new: &NewAccount<'_>) -> Result<bool, Error> {
    let saved = sqlx::query(
        "insert into accounts (id, email, name, password_hash, email_confirmed_at, created_at)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (email) do nothing",
    )
    .bind(new.id)
    .bind(new.email)
    .bind(new.name)
    .bind(new.password_hash)
    .bind(new.confirmed_at)
    .bind(new.created_at)
    .execute(conn)
    .await?;
    Ok(saved.rows_affected() == 1)
}

/// Notes that the address is the owner's; false when that was known.
pub(crate) async fn confirm_email(
    conn: &mut PgConnection,
    id: AccountId,
    now: OffsetDateTime,
) -> Result<bool, Error> {
    let confirmed = sqlx::query(
        "update accounts set email_confirmed_at = $2 where id = $1 and email_confirmed_at is null",
    )
    .bind(id)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(confirmed.rows_affected() == 1)
}

/// Gives the account another password.
pub(crate) async fn set_password(
    conn: &mut PgConnection,
    id: AccountId,
    password_hash: &str,
) -> Result<(), Error> {
    sqlx::query("update accounts set password_hash = $2 where id = $1")
        .bind(id)
        .bind(password_hash)
        .execute(conn)
        .await?;
    Ok(())
}

/// Replaces a hash by one of the same password, unless the password was changed meanwhile.
pub(crate) async fn rehash(
    conn: &mut PgConnection,
    id: AccountId,
    old: &str,
    new: &str,
) -> Result<(), Error> {
    sqlx::query("update accounts set password_hash = $3 where id = $1 and password_hash = $2")
        .bind(id)
        .bind(old)
        .bind(new)
        .execute(conn)
        .await?;
    Ok(())
}

/// Lets the account do more; false when it could already.
pub(crate) async fn grant(
    conn: &mut PgConnection,
    id: AccountId,
    role: Role,
    now: OffsetDateTime,
) -> Result<bool, Error> {
    let granted = sqlx::query(
        "insert into account_roles (account_id, role, granted_at) values ($1, $2, $3)
         on conflict do nothing",
    )
    .bind(id)
    .bind(role.as_str())
    .bind(now)
    .execute(conn)
    .await?;
    Ok(granted.rows_affected() == 1)
}

/// Counts so many events about the account; returns the version after them.
pub(crate) async fn advance(
    conn: &mut PgConnection,
    id: AccountId,
    events: i64,
) -> Result<i64, Error> {
    let advanced = "update accounts set version = version + $2 where id = $1 returning version";
    Ok(sqlx::query_scalar(advanced).bind(id).bind(events).fetch_one(conn).await?)
}
