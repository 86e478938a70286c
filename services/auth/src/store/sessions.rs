//! `sessions`: the families of refresh tokens, live and ended.

use kernel::{AccountId, SessionId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::Error;
use crate::domain::session::{ABSOLUTE, IDLE, Session};

/// A live session, as its owner sees it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Listed {
    pub(crate) id: SessionId,
    pub(crate) user_agent: String,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) used_at: OffsetDateTime,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: SessionId,
    account_id: AccountId,
    secret: Vec<u8>,
    current_digest: Vec<u8>,
    previous_digest: Option<Vec<u8>>,
    created_at: OffsetDateTime,
    used_at: OffsetDateTime,
    ended_at: Option<OffsetDateTime>,
}

impl TryFrom<Row> for Session {
    type Error = Error;
    fn try_from(row: Row) -> Result<Self, Error> {
        let bytes = |bytes: Vec<u8>| {
            <[u8; 32]>::try_from(bytes).map_err(|_| Error::Corrupt(format!("session {}", row.id)))
        };
        Ok(Self {
            id: row.id,
            account: row.account_id,
            secret: bytes(row.secret)?,
            current: bytes(row.current_digest)?,
            previous: row.previous_digest.map(bytes).transpose()?,
            created_at: row.created_at,
            used_at: row.used_at,
            ended: row.ended_at.is_some(),
        })
    }
}

/// Finds a session and lets nobody else change it until the transaction ends: of two tabs that
/// refresh at once, the second sees what the first has done.
pub(crate) async fn lock(conn: &mut PgConnection, id: SessionId) -> Result<Option<Session>, Error> {
    let row: Option<Row> = sqlx::query_as(
        "select id, account_id, secret, current_digest, previous_digest, created_at, used_at, ended_at
         from sessions where id = $1 for update",
    )
    .bind(id)
    .fetch_optional(conn)
    .await?;
    row.map(Session::try_from).transpose()
}

/// Saves a new session.
pub(crate) async fn save(
    conn: &mut PgConnection,
    session: &Session,
    user_agent: &str,
) -> Result<(), Error> {
    sqlx::query(
        "insert into sessions
             (id, account_id, secret, current_digest, user_agent, created_at, used_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(session.id)
    .bind(session.account)
    .bind(&session.secret[..])
    .bind(&session.current[..])
    .bind(user_agent)
    .bind(session.created_at)
    .bind(session.used_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// Puts the next token into the place of the current one.
pub(crate) async fn rotate(
    conn: &mut PgConnection,
    id: SessionId,
    next: &[u8; 32],
    now: OffsetDateTime,
) -> Result<(), Error> {
    sqlx::query(
        "update sessions
         set previous_digest = current_digest, current_digest = $2, used_at = $3
         where id = $1",
    )
    .bind(id)
    .bind(&next[..])
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends one session of an account; false when there is no such live one.
pub(crate) async fn end(
    conn: &mut PgConnection,
    account: AccountId,
    id: SessionId,
    because: &str,
    now: OffsetDateTime,
) -> Result<bool, Error> {
    let ended = sqlx::query(
        "update sessions set ended_at = $3, ended_because = $4
         where id = $1 and account_id = $2 and ended_at is null",
    )
    .bind(id)
    .bind(account)
    .bind(now)
    .bind(because)
    .execute(conn)
    .await?;
    Ok(ended.rows_affected() == 1)
}

/// Ends every session of an account, or every one but the caller's.
pub(crate) async fn end_all(
    conn: &mut PgConnection,
    account: AccountId,
    but: Option<SessionId>,
    because: &str,
    now: OffsetDateTime,
) -> Result<u64, Error> {
    let ended = sqlx::query(
        "update sessions set ended_at = $2, ended_because = $3
         where account_id = $1 and ended_at is null and ($4::uuid is null or id <> $4)",
    )
    .bind(account)
    .bind(now)
    .bind(because)
    .bind(but)
    .execute(conn)
    .await?;
    Ok(ended.rows_affected())
}

/// True while the session may be used.
pub(crate) async fn alive(
    conn: &mut PgConnection,
    account: AccountId,
    id: SessionId,
    now: OffsetDateTime,
) -> Result<bool, Error> {
    let live = list(conn, account, now).await?;
    Ok(live.iter().any(|session| session.id == id))
}

/// The live sessions of an account, the last used one first.
pub(crate) async fn list(
    conn: &mut PgConnection,
    account: AccountId,
    now: OffsetDateTime,
) -> Result<Vec<Listed>, Error> {
    let live = sqlx::query_as(
        "select id, user_agent, created_at, used_at from sessions
         where account_id = $1 and ended_at is null and created_at > $2 and used_at > $3
         order by used_at desc, id",
    )
    .bind(account)
    .bind(now - ABSOLUTE)
    .bind(now - IDLE)
    .fetch_all(conn)
    .await?;
    Ok(live)
}

/// Removes sessions that no token can name any more.
pub(crate) async fn forget_old(conn: &mut PgConnection, now: OffsetDateTime) -> Result<u64, Error> {
    let gone = sqlx::query("delete from sessions where created_at < $1")
        .bind(now - ABSOLUTE)
        .execute(conn)
        .await?;
    Ok(gone.rows_affected())
}
