//! Runs of the import: files, products that wait, findings, progress, and what files have said.

use kernel::{AccountId, Currency, ImportId, ProductId};
use sqlx::PgConnection;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::shopify::{Finding, Said};
use crate::error::Error;

/// Where an import stands.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Import {
    pub(crate) id: ImportId,
    pub(crate) currency: String,
    pub(crate) state: String,
    pub(crate) rows_total: i64,
    pub(crate) rows_done: i64,
    pub(crate) products_total: i64,
    pub(crate) products_done: i64,
    pub(crate) created: i64,
    pub(crate) changed: i64,
    pub(crate) unchanged: i64,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) finished_at: Option<OffsetDateTime>,
    job_id: Option<Uuid>,
}

/// Takes a file in.
pub(crate) async fn receive(
    conn: &mut PgConnection,
    id: ImportId,
    currency: Currency,
    account: AccountId,
    file: &[u8],
) -> Result<(), Error> {
    sqlx::query(
        "insert into imports (id, currency, account_id, state, file)
         values ($1, $2, $3, 'received', $4)",
    )
    .bind(id)
    .bind(currency.code())
    .bind(account)
    .bind(file)
    .execute(conn)
    .await?;
    Ok(())
}

const COLUMNS: &str = "select id, currency, state, rows_total, rows_done, products_total,
    products_done, created, changed, unchanged, created_at, finished_at, job_id
    from imports";

/// Finds an import.
pub(crate) async fn find(conn: &mut PgConnection, id: ImportId) -> Result<Option<Import>, Error> {
    let one = sqlx::AssertSqlSafe(format!("{COLUMNS} where id = $1"));
    Ok(sqlx::query_as(one).bind(id).fetch_optional(conn).await?)
}

/// The latest imports.
pub(crate) async fn list(conn: &mut PgConnection) -> Result<Vec<Import>, Error> {
    let latest = sqlx::AssertSqlSafe(format!("{COLUMNS} order by created_at desc limit 20"));
    Ok(sqlx::query_as(latest).fetch_all(conn).await?)
}

/// Notes the job that works an import off.
pub(crate) async fn begin(conn: &mut PgConnection, id: ImportId, job: Uuid) -> Result<(), Error> {
    let note = "update imports set job_id = $2 where id = $1";
    sqlx::query(note).bind(id).bind(job).execute(conn).await?;
    Ok(())
}

/// Locks the unfinished imports that no job works off, oldest first.
pub(crate) async fn without_job(conn: &mut PgConnection) -> Result<Vec<ImportId>, Error> {
    let all = "select id from imports where state in ('received', 'running') and job_id is null
        order by created_at for update skip locked";
    Ok(sqlx::query_scalar(all).fetch_all(conn).await?)
}

/// Whether an import waits for a person.
pub(crate) async fn parked(conn: &mut PgConnection, import: &Import) -> Result<bool, Error> {
    let Some(job) = import.job_id else { return Ok(false) };
    Ok(messaging::standing(conn, job).await?.is_some_and(|standing| standing.parked))
}

/// The file of an import that was not read yet.
pub(crate) async fn file(conn: &mut PgConnection, id: ImportId) -> Result<Vec<u8>, Error> {
    let one = "select file from imports where id = $1 and state = 'received'";
    Ok(sqlx::query_scalar(one).bind(id).fetch_one(conn).await?)
}

/// Puts what a file says in the place of the file.
pub(crate) async fn unpack(
    conn: &mut PgConnection,
    id: ImportId,
    products: &[(Said, u64)],
    rows: u64,
) -> Result<(), Error> {
    let said = products.iter().map(|(said, _)| serde_json::to_value(said));
    let said: Result<Vec<_>, _> = said.collect();
    let said = said.map_err(|_| Error::Corrupt("what a file says is no JSON"))?;
    let counts: Vec<i64> = products.iter().map(|(_, rows)| to_i64(*rows)).collect();
    sqlx::query(
        "insert into import_products (import_id, ordinal, rows, said)
         select $1, ordinal, rows, said
         from unnest($2::bigint[], $3::jsonb[]) with ordinality as p (rows, said, ordinal)",
    )
    .bind(id)
    .bind(&counts)
    .bind(&said)
    .execute(&mut *conn)
    .await?;
    sqlx::query(
        "update imports
         set state = 'running', file = null, rows_total = $2, products_total = $3, rows_done = $4
         where id = $1",
    )
    .bind(id)
    .bind(to_i64(rows))
    .bind(to_i64(products.len().try_into().unwrap_or(u64::MAX)))
    // Rows that belong to no product are done with once they were looked at.
    .bind(to_i64(rows) - counts.iter().sum::<i64>())
    .execute(conn)
    .await?;
    Ok(())
}

fn to_i64(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Takes the next product of an import; it comes back if the transaction fails.
pub(crate) async fn next(
    conn: &mut PgConnection,
    id: ImportId,
) -> Result<Option<(Said, i64)>, Error> {
    let next: Option<(Json<Said>, i64)> = sqlx::query_as(
        "delete from import_products
         where import_id = $1
             and ordinal = (select min(ordinal) from import_products where import_id = $1)
         returning said, rows",
    )
    .bind(id)
    .fetch_optional(conn)
    .await?;
    Ok(next.map(|(said, rows)| (said.0, rows)))
}

/// What became of one product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Became {
    Created,
    Changed,
    Unchanged,
    /// Something about it was wrong, and nothing was changed.
    Refused,
}

/// Moves the progress on by a product.
pub(crate) async fn progress(
    conn: &mut PgConnection,
    id: ImportId,
    rows: i64,
    became: Became,
) -> Result<(), Error> {
    let one = |which: Became| i64::from(became == which);
    sqlx::query(
        "update imports
         set rows_done = rows_done + $2, products_done = products_done + 1, created = created + $3,
             changed = changed + $4, unchanged = unchanged + $5
         where id = $1",
    )
    .bind(id)
    .bind(rows)
    .bind(one(Became::Created))
    .bind(one(Became::Changed))
    .bind(one(Became::Unchanged))
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends an import: `done`, or `refused` when the file could not be read at all.
pub(crate) async fn end(
    conn: &mut PgConnection,
    id: ImportId,
    state: &'static str,
) -> Result<(), Error> {
    sqlx::query("update imports set state = $2, file = null, finished_at = now() where id = $1")
        .bind(id)
        .bind(state)
        .execute(conn)
        .await?;
    Ok(())
}

/// Keeps what there is to say about rows.
pub(crate) async fn find_fault(
    conn: &mut PgConnection,
    id: ImportId,
    findings: &[Finding],
) -> Result<(), Error> {
    let kinds: Vec<&str> =
        findings.iter().map(|found| if found.error { "error" } else { "note" }).collect();
    let rows: Vec<i64> = findings.iter().map(|found| to_i64(found.row)).collect();
    let fields: Vec<Option<&str>> = findings.iter().map(|found| found.field).collect();
    let messages: Vec<&str> = findings.iter().map(|found| found.message.as_str()).collect();
    sqlx::query(
        "insert into import_findings (import_id, kind, row, field, message)
         select $1, f.* from unnest($2::text[], $3::bigint[], $4::text[], $5::text[]) as f",
    )
    .bind(id)
    .bind(&kinds)
    .bind(&rows)
    .bind(&fields)
    .bind(&messages)
    .execute(conn)
    .await?;
    Ok(())
}

/// A finding as it was kept.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Kept {
    pub(crate) kind: String,
    pub(crate) row: i64,
    pub(crate) field: Option<String>,
    pub(crate) message: String,
}

/// The first thousand findings of an import, in the file's order.
pub(crate) async fn findings(conn: &mut PgConnection, id: ImportId) -> Result<Vec<Kept>, Error> {
    let first = "select kind, row, field, message from import_findings
        where import_id = $1 order by row, seq limit 1000";
    Ok(sqlx::query_as(first).bind(id).fetch_all(conn).await?)
}

/// What the last file said of a handle, and which product that is.
pub(crate) async fn last_said(
    conn: &mut PgConnection,
    handle: &str,
) -> Result<Option<(ProductId, Said)>, Error> {
    let one = "select product_id, said from imported_products where handle = $1";
    let found: Option<(ProductId, Json<Said>)> =
        sqlx::query_as(one).bind(handle).fetch_optional(conn).await?;
    Ok(found.map(|(product, said)| (product, said.0)))
}

/// Remembers what a file said.
pub(crate) async fn remember(
    conn: &mut PgConnection,
    product: ProductId,
    said: &Said,
) -> Result<(), Error> {
    sqlx::query(
        "insert into imported_products (handle, product_id, fingerprint, said)
         values ($1, $2, $3, $4)
         on conflict (handle) do update
         set product_id = excluded.product_id, fingerprint = excluded.fingerprint,
             said = excluded.said",
    )
    .bind(&said.handle)
    .bind(product)
    .bind(said.fingerprint())
    .bind(Json(said))
    .execute(conn)
    .await?;
    Ok(())
}
