//! The table `emails`.

use kernel::EmailId;
use serde::Serialize;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;

use crate::domain::mail::Mail;

/// A mail, without what it says.
#[derive(Clone, Debug, Serialize, sqlx::FromRow, utoipa::ToSchema)]
pub(crate) struct Entry {
    /// The mail.
    pub(crate) id: EmailId,
    /// `order_confirmed`.
    pub(crate) template: String,
    /// The order or account that it is about.
    pub(crate) about: String,
    /// To whom.
    pub(crate) recipient: String,
    /// Its subject.
    pub(crate) subject: String,
    /// When it was written.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
    /// When the mail server took it.
    #[serde(with = "time::serde::rfc3339::option")]
    pub(crate) sent_at: Option<OffsetDateTime>,
    /// Why it was given up.
    pub(crate) failure: Option<String>,
}

/// What a mail says, and to whom.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Letter {
    pub(crate) recipient: String,
    pub(crate) subject: String,
    pub(crate) body_text: String,
    pub(crate) body_html: String,
}

/// Reads a mail that is to be sent.
pub(crate) async fn letter(db: &PgPool, id: EmailId) -> Result<Letter, sqlx::Error> {
    sqlx::query_as("select recipient, subject, body_text, body_html from emails where id = $1")
        .bind(id)
        .fetch_one(db)
        .await
}

/// Saves a mail that is to be sent.
pub(crate) async fn save(
    conn: &mut PgConnection,
    id: EmailId,
    mail: &Mail,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into emails (id, template, about, recipient, subject, body_text, body_html)
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(id)
    .bind(mail.kind.as_str())
    .bind(&mail.about)
    .bind(&mail.recipient)
    .bind(&mail.subject)
    .bind(&mail.text)
    .bind(&mail.html)
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes that a mail was sent, or why it was given up.
pub(crate) async fn settle(
    conn: &mut PgConnection,
    id: EmailId,
    failure: Option<&str>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update emails set failure = $2, sent_at = case when $2::text is null then now() end
         where id = $1",
    )
    .bind(id)
    .bind(failure)
    .execute(conn)
    .await?;
    Ok(())
}

/// Lists mails, newest first; about one order or account when `about` is not empty.
pub(crate) async fn list(
    conn: &mut PgConnection,
    about: &str,
    before: Option<EmailId>,
    limit: i64,
) -> Result<Vec<Entry>, sqlx::Error> {
    sqlx::query_as(
        "select id, template, about, recipient, subject, created_at, sent_at, failure from emails
         where ($1 = '' or about = $1) and ($2::uuid is null or id < $2)
         order by id desc limit $3",
    )
    .bind(about)
    .bind(before)
    .bind(limit)
    .fetch_all(conn)
    .await
}
