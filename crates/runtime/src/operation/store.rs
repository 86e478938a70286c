//! `fleet.operations` and what belongs to them: lines that wait, failures, progress.

use kernel::{AccountId, OperationId};
use messaging::{Standing, standing};
use sqlx::PgConnection;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::view::{self, Failure, Operation, Progress, Status};
use super::{Command, Line, Lines, OperationError};

/// An operation as it is kept.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Row {
    id: OperationId,
    kind: String,
    account_id: AccountId,
    job_id: Uuid,
    total: i64,
    done: i64,
    failed: i64,
    created_at: OffsetDateTime,
    started_at: Option<OffsetDateTime>,
    finished_at: Option<OffsetDateTime>,
    given_up: Option<String>,
}

const COLUMNS: &str = "id, kind, account_id, job_id, total, done, failed, created_at, started_at,
    finished_at, given_up";

impl Row {
    pub(super) fn is_of(&self, account: AccountId) -> bool {
        self.account_id == account
    }

    /// As the service of that name tells it. `job` is what messaging says of it, none if it is done.
    pub(super) fn view(
        self,
        service: &str,
        job: Option<&Standing>,
        failures: Vec<Failure>,
    ) -> Operation {
        let status = match (self.finished_at, &self.given_up) {
            (Some(_), Some(_)) => Status::Failed,
            (Some(_), None) => Status::Succeeded,
            (None, _) if job.is_some_and(|job| job.parked) => Status::Parked,
            (None, _) if self.started_at.is_some() => Status::Running,
            (None, _) => Status::Queued,
        };
        let parked = (status == Status::Parked)
            .then(|| "it cannot be carried out, and waits for a person of the shop".to_owned());
        Operation {
            operation_id: self.id,
            kind: self.kind,
            status,
            status_url: view::path(service, self.id),
            detail: self.given_up.or(parked),
            progress: Progress { total: self.total, done: self.done, failed: self.failed },
            failures,
            created_at: self.created_at,
            started_at: self.started_at,
            finished_at: self.finished_at,
        }
    }
}

/// Keeps a command and its lines.
pub(super) async fn begin<C: Command>(
    conn: &mut PgConnection,
    id: OperationId,
    (account, job): (AccountId, Uuid),
    command: &C,
    lines: &Lines<C::Line>,
) -> Result<Row, OperationError> {
    let row = sqlx::AssertSqlSafe(format!(
        "insert into fleet.operations
             (id, kind, account_id, command, job_id, total, done, failed)
         values ($1, $2, $3, $4, $5, $6, $7, $7)
         returning {COLUMNS}"
    ));
    let row = sqlx::query_as(row)
        .bind(id)
        .bind(C::KIND)
        .bind(account)
        .bind(Json(command))
        .bind(job)
        .bind(to_i64(lines.good.len() + lines.bad.len()))
        .bind(to_i64(lines.bad.len()))
        .fetch_one(&mut *conn)
        .await?;
    let chunks: Vec<_> = lines.good.chunks(C::CHUNK).map(Json).collect();
    sqlx::query(
        "insert into fleet.operation_chunks (operation_id, ordinal, lines)
         select $1, ordinal, lines from unnest($2::jsonb[]) with ordinality as c (lines, ordinal)",
    )
    .bind(id)
    .bind(chunks)
    .execute(&mut *conn)
    .await?;
    find_fault(conn, id, &lines.bad).await?;
    Ok(row)
}

fn to_i64(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// What is kept of a command, and of its next lines.
type Taken<L> = (serde_json::Value, Option<Json<Vec<Line<L>>>>);

/// Takes the next lines of an operation, which come back if the transaction fails; no lines when all
/// are done, and nothing when there is no such operation any more.
pub(super) async fn take<C: Command>(
    conn: &mut PgConnection,
    id: OperationId,
) -> Result<Option<(C, Vec<Line<C::Line>>)>, OperationError> {
    let taken: Option<Taken<C::Line>> = sqlx::query_as(
        "with next as (
             delete from fleet.operation_chunks
             where operation_id = $1 and ordinal =
                 (select min(ordinal) from fleet.operation_chunks where operation_id = $1)
             returning lines
         )
         select command, lines from fleet.operations left join next on true
         where id = $1 and finished_at is null",
    )
    .bind(id)
    .fetch_optional(conn)
    .await?;
    let Some((command, lines)) = taken else { return Ok(None) };
    let lines = lines.map(|lines| lines.0).unwrap_or_default();
    Ok(Some((serde_json::from_value(command)?, lines)))
}

/// Marks so many more lines as done; true when these were the last.
pub(super) async fn progress(
    conn: &mut PgConnection,
    id: OperationId,
    lines: usize,
    failures: &[Failure],
) -> Result<bool, sqlx::Error> {
    find_fault(&mut *conn, id, failures).await?;
    sqlx::query_scalar(
        "update fleet.operations
         set done = done + $2, failed = failed + $3,
             started_at = coalesce(started_at, clock_timestamp()),
             finished_at = case when done + $2 >= total then clock_timestamp() end
         where id = $1
         returning finished_at is not null",
    )
    .bind(id)
    .bind(to_i64(lines))
    .bind(to_i64(failures.len()))
    .fetch_one(conn)
    .await
}

async fn find_fault(
    conn: &mut PgConnection,
    id: OperationId,
    failures: &[Failure],
) -> Result<(), sqlx::Error> {
    if failures.is_empty() {
        return Ok(());
    }
    let lines: Vec<i64> =
        failures.iter().map(|failure| i64::try_from(failure.line).unwrap_or(i64::MAX)).collect();
    let messages: Vec<&str> = failures.iter().map(|failure| failure.message.as_str()).collect();
    sqlx::query(
        "insert into fleet.operation_failures (operation_id, line, message)
         select $1, f.* from unnest($2::bigint[], $3::text[]) as f",
    )
    .bind(id)
    .bind(lines)
    .bind(messages)
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends an operation whose other lines will not be carried out.
pub(super) async fn give_up(
    conn: &mut PgConnection,
    id: OperationId,
    reason: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "with rest as (delete from fleet.operation_chunks where operation_id = $1)
         update fleet.operations set finished_at = clock_timestamp(), given_up = $2 where id = $1",
    )
    .bind(id)
    .bind(reason)
    .execute(conn)
    .await?;
    Ok(())
}

/// Finds an operation, with how its job stands.
pub(super) async fn find(
    conn: &mut PgConnection,
    id: OperationId,
) -> Result<Option<(Row, Option<Standing>)>, sqlx::Error> {
    let one = sqlx::AssertSqlSafe(format!("select {COLUMNS} from fleet.operations where id = $1"));
    let row: Option<Row> = sqlx::query_as(one).bind(id).fetch_optional(&mut *conn).await?;
    let Some(row) = row else { return Ok(None) };
    let job = match row.finished_at {
        Some(_) => None,
        None => standing(conn, row.job_id).await?,
    };
    Ok(Some((row, job)))
}

/// The first thousand failures of an operation, in the order of its lines.
pub(super) async fn failures(
    conn: &mut PgConnection,
    id: OperationId,
) -> Result<Vec<Failure>, sqlx::Error> {
    let first = "select line, message from fleet.operation_failures
        where operation_id = $1 order by line limit $2";
    let rows: Vec<(i64, String)> =
        sqlx::query_as(first).bind(id).bind(to_i64(view::MOST)).fetch_all(conn).await?;
    let failure = |(line, message)| Failure { line: u64::try_from(line).unwrap_or(0), message };
    Ok(rows.into_iter().map(failure).collect())
}

/// Forgets operations that ended more than thirty days ago: long after their idempotency keys.
pub(crate) async fn forget_old(conn: &mut PgConnection) -> Result<u64, sqlx::Error> {
    let old = "delete from fleet.operations where finished_at < now() - interval '30 days'";
    Ok(sqlx::query(old).execute(conn).await?.rows_affected())
}
