//! Categories.

use sqlx::PgConnection;

use crate::error::Error;

/// A place in the shop for products of a kind.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Category {
    pub(crate) slug: String,
    pub(crate) name: String,
    pub(crate) position: i32,
    /// Grows by one with each change.
    pub(crate) version: i64,
}

/// All categories, in their order.
pub(crate) async fn list(conn: &mut PgConnection) -> Result<Vec<Category>, Error> {
    let all = "select slug, name, position, version from categories order by position, slug";
    Ok(sqlx::query_as(all).fetch_all(conn).await?)
}

/// Whether there is a category of that slug.
pub(crate) async fn exists(conn: &mut PgConnection, slug: &str) -> Result<bool, Error> {
    let one = "select exists (select from categories where slug = $1)";
    Ok(sqlx::query_scalar(one).bind(slug).fetch_one(conn).await?)
}

/// Makes or renames a category; a position is kept when none is given, and a new one comes last. `None`:
/// it was so already.
pub(crate) async fn save(
    conn: &mut PgConnection,
    slug: &str,
    name: &str,
    position: Option<i32>,
) -> Result<Option<Category>, Error> {
    let saved = sqlx::query_as(
        "insert into categories as known (slug, name, position)
         values ($1, $2, coalesce($3, (select coalesce(max(position), 0) + 1 from categories)))
         on conflict (slug) do update
         set name = excluded.name, position = coalesce($3, known.position),
             version = known.version + 1
         where known.name <> excluded.name or known.position <> coalesce($3, known.position)
         returning slug, name, position, version",
    )
    .bind(slug)
    .bind(name)
    .bind(position)
    .fetch_optional(conn)
    .await?;
    Ok(saved)
}
