//! How a job stands, for whoever asked for it.

use sqlx::PgConnection;
use uuid::Uuid;

/// A job that is not done.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
#[non_exhaustive]
pub struct Standing {
    /// Failures since the last step that went well.
    pub attempts: i32,
    /// It is tried no more until a person has decided.
    pub parked: bool,
    /// What the last failure said.
    pub last_error: Option<String>,
}

/// How job `id` stands; none when it is done.
///
/// # Errors
/// The database failed.
pub async fn standing(conn: &mut PgConnection, id: Uuid) -> Result<Option<Standing>, sqlx::Error> {
    sqlx::query_as(
        "select attempts, stuck_at is not null as parked, last_error from messaging.job where id = $1",
    )
    .bind(id)
    .fetch_optional(conn)
    .await
}
