//! What a batch's handlers write to the outbox and the job table, held until they are all done and
//! then written in one statement each.

use std::sync::{Mutex, PoisonError};

use crate::{Tx, outbox, worker};

/// At most so many rows in one statement: to find the last element of an array, Postgres goes through
/// all before it.
pub(crate) const AT_ONCE: usize = 256;

tokio::task_local! {
    static HELD: Mutex<Held>;
}

/// Events and jobs that are not written yet.
#[derive(Debug, Default)]
pub(crate) struct Held {
    pub(crate) events: Vec<outbox::Row>,
    pub(crate) jobs: Vec<worker::Row>,
}

/// Does `work` in `tx`, holding back what it appends and enqueues, and writes that at the end if the
/// work succeeded; `refused` says what it means if that fails. The sequence numbers are drawn then:
/// still before the commit, so still under every lock that the work has taken.
pub(crate) async fn until_done<T, E, W>(
    tx: &mut Tx,
    refused: impl Fn(sqlx::Error) -> E,
    work: W,
) -> Result<T, E>
where
    W: AsyncFnOnce(&mut Tx) -> Result<T, E>,
{
    let (outcome, held) = HELD
        .scope(Mutex::default(), async {
            let outcome = work(tx).await;
            (outcome, HELD.with(|held| std::mem::take(&mut *lock(held))))
        })
        .await;
    let done = outcome?;
    outbox::write(&held.events, tx).await.map_err(&refused)?;
    worker::write(&held.jobs, tx).await.map_err(&refused)?;
    Ok(done)
}

/// Keeps rows for the end of the batch; gives them back outside one.
pub(crate) fn hold<T>(
    rows: Vec<T>,
    place: impl FnOnce(&mut Held) -> &mut Vec<T>,
) -> Option<Vec<T>> {
    let mut rows = Some(rows);
    let _outside =
        HELD.try_with(|held| place(&mut lock(held)).extend(rows.take().unwrap_or_default()));
    rows
}

/// One column of rows that one statement writes. It takes them as arrays and reads these by subscript:
/// for a few rows `unnest` with an array for each column costs three times as much (ADR 0007).
pub(crate) fn column<'r, T, C>(rows: &'r [T], of: impl FnMut(&'r T) -> C) -> Vec<C> {
    rows.iter().map(of).collect()
}

/// A panic of a handler ends its batch; what it left behind is not used.
fn lock(held: &Mutex<Held>) -> std::sync::MutexGuard<'_, Held> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use sqlx::{PgConnection, PgPool};

    use super::*;
    use crate::{Outgoing, append};

    fn event(n: i64) -> Outgoing {
        Outgoing {
            topic: "t",
            event_type: "T",
            key: "k".to_owned(),
            subject: "s".to_owned(),
            version: n,
            payload: Vec::new(),
        }
    }

    async fn said(conn: &mut PgConnection) -> Vec<i64> {
        let said = sqlx::query_scalar("select version from messaging.outbox order by seq");
        said.fetch_all(conn).await.unwrap()
    }

    #[sqlx::test]
    async fn what_is_appended_is_written_when_all_is_done_and_in_order(db: PgPool) {
        crate::migrate(&db).await.unwrap();
        let mut tx = Tx::begin(&db).await.unwrap();

        let before = until_done(&mut tx, std::convert::identity, async |tx| {
            append(tx, [event(1), event(2)]).await.unwrap();
            append(tx, [event(3)]).await.unwrap();
            Ok::<_, sqlx::Error>(said(tx).await)
        })
        .await
        .unwrap();

        assert_eq!(before, [0; 0]);
        assert_eq!(said(&mut tx).await, [1, 2, 3]);
    }

    #[sqlx::test]
    async fn of_work_that_fails_nothing_is_said(db: PgPool) {
        crate::migrate(&db).await.unwrap();
        let mut tx = Tx::begin(&db).await.unwrap();

        let failed = until_done(&mut tx, std::convert::identity, async |tx| {
            append(tx, [event(1)]).await.unwrap();
            Err::<(), _>(sqlx::Error::RowNotFound)
        });

        assert!(failed.await.is_err());
        assert_eq!(said(&mut tx).await, [0; 0]);
    }
}
