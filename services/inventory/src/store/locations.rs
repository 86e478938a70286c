//! `locations`: the places where goods lie.

use sqlx::PgConnection;

use crate::error::Error;

/// A place where goods lie.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Location {
    pub(crate) code: String,
    pub(crate) name: String,
}

/// All places, in the order in which they are picked from.
pub(crate) async fn list(conn: &mut PgConnection) -> Result<Vec<Location>, Error> {
    let all = "select code, name from locations order by position";
    Ok(sqlx::query_as(all).fetch_all(conn).await?)
}

/// Adds a place, or gives one another name.
pub(crate) async fn save(conn: &mut PgConnection, location: &Location) -> Result<(), Error> {
    sqlx::query(
        "insert into locations (code, name) values ($1, $2)
         on conflict (code) do update set name = excluded.name",
    )
    .bind(&location.code)
    .bind(&location.name)
    .execute(conn)
    .await?;
    Ok(())
}

/// True when there is such a place.
pub(crate) async fn exists(conn: &mut PgConnection, code: &str) -> Result<bool, Error> {
    let find = "select exists (select from locations where code = $1)";
    Ok(sqlx::query_scalar(find).bind(code).fetch_one(conn).await?)
}
