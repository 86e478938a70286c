//! `mail_tokens`: what proves that somebody reads an account's mail.

use kernel::AccountId;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::Error;
use crate::domain::mail_token::{self, Purpose};

/// Makes a token for an account and returns the text for the mail; only its digest is kept.
pub(crate) async fn issue(
    conn: &mut PgConnection,
    account: AccountId,
    purpose: Purpose,
    now: OffsetDateTime,
) -> Result<String, Error> {
    let text = mail_token::text(rand::random());
    let digest = mail_token::digest(&text)
        .ok_or_else(|| Error::Corrupt("a new token has no digest".to_owned()))?;
    sqlx::query(
        "insert into mail_tokens (digest, account_id, purpose, expires_at) values ($1, $2, $3, $4)",
    )
    .bind(&digest[..])
    .bind(account)
    .bind(purpose.as_str())
    .bind(now + purpose.lifetime())
    .execute(conn)
    .await?;
    Ok(text)
}

/// Spends a token: whose it was. It works once, for its purpose, in its time, and takes the account's
/// other tokens of the same purpose with it.
pub(crate) async fn redeem(
    conn: &mut PgConnection,
    text: &str,
    purpose: Purpose,
    now: OffsetDateTime,
) -> Result<AccountId, Error> {
    let digest = mail_token::digest(text).ok_or(Error::TokenNotValid)?;
    let account: Option<AccountId> = sqlx::query_scalar(
        "delete from mail_tokens
         where digest = $1 and purpose = $2 and expires_at > $3
         returning account_id",
    )
    .bind(&digest[..])
    .bind(purpose.as_str())
    .bind(now)
    .fetch_optional(&mut *conn)
    .await?;
    let account = account.ok_or(Error::TokenNotValid)?;
    sqlx::query("delete from mail_tokens where account_id = $1 and purpose = $2")
        .bind(account)
        .bind(purpose.as_str())
        .execute(conn)
        .await?;
    Ok(account)
}

/// Removes tokens that ran out.
pub(crate) async fn forget_old(conn: &mut PgConnection, now: OffsetDateTime) -> Result<u64, Error> {
    let gone = sqlx::query("delete from mail_tokens where expires_at < $1")
        .bind(now)
        .execute(conn)
        .await?;
    Ok(gone.rows_affected())
}
