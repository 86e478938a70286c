//! What the committed transactions of a task have appended: so that an answer can name it.

use std::sync::{Mutex, PoisonError};

use crate::event::Outgoing;

tokio::task_local! {
    static COLLECTED: Mutex<Vec<Written>>;
}

/// A version of an aggregate that a transaction brought about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The topic that tells of it.
    pub topic: String,
    /// The aggregate: the event's subject.
    pub subject: String,
    /// Its version, as the event has it.
    pub version: i64,
}

/// Does `work`, and says which versions of which aggregates the transactions appended that it
/// committed: one for each aggregate, the newest. Aggregates without versions are left out, and so is
/// what tasks spawned by `work` do.
pub async fn collecting<F: Future>(work: F) -> (F::Output, Vec<Written>) {
    COLLECTED
        .scope(Mutex::default(), async {
            let output = work.await;
            let all = COLLECTED.with(|all| std::mem::take(&mut *lock(all)));
            (output, all)
        })
        .await
}

/// Adds what somebody else wrote for this task, before it, to what is collected: the answer to a request
/// that was repeated names what the first one wrote.
pub fn wrote_before(written: impl IntoIterator<Item = Written>) {
    let _nobody_collects = COLLECTED.try_with(|all| {
        let mut all = lock(all);
        written.into_iter().for_each(|one| add(&mut all, one));
    });
}

/// Takes down events that a transaction appends, if somebody collects them.
pub(crate) fn note(written: &mut Vec<Written>, events: &[Outgoing]) {
    if COLLECTED.try_with(|_| ()).is_err() {
        return;
    }
    for event in events.iter().filter(|event| event.version > 0) {
        let (topic, subject) = (event.topic.to_owned(), event.subject.clone());
        add(written, Written { topic, subject, version: event.version });
    }
}

fn add(all: &mut Vec<Written>, new: Written) {
    let same = |one: &&mut Written| one.topic == new.topic && one.subject == new.subject;
    match all.iter_mut().find(same) {
        Some(known) => known.version = known.version.max(new.version),
        None => all.push(new),
    }
}

/// A panic of a request ends it; what it left behind is whole.
fn lock(all: &Mutex<Vec<Written>>) -> std::sync::MutexGuard<'_, Vec<Written>> {
    all.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use sqlx::PgPool;

    use super::*;
    use crate::{Tx, append};

    fn event(subject: &str, version: i64) -> Outgoing {
        Outgoing {
            topic: "t",
            event_type: "T",
            key: "k".to_owned(),
            subject: subject.to_owned(),
            version,
            payload: Vec::new(),
        }
    }

    #[sqlx::test]
    async fn the_newest_version_of_each_aggregate_is_told_if_it_was_committed(db: PgPool) {
        crate::migrate(&db).await.unwrap();

        let ((), written) = collecting(async {
            let mut undone = Tx::begin(&db).await.unwrap();
            append(&mut undone, [event("a", 9)]).await.unwrap();
            undone.rollback().await.unwrap();
            let mut tx = Tx::begin(&db).await.unwrap();
            append(&mut tx, [event("a", 1), event("b", 4), event("none", 0)]).await.unwrap();
            append(&mut tx, [event("a", 2)]).await.unwrap();
            tx.commit().await.unwrap();
            wrote_before([Written { topic: "t".into(), subject: "a".into(), version: 1 }]);
        })
        .await;

        let told: Vec<_> = written.iter().map(|one| (one.subject.as_str(), one.version)).collect();
        assert_eq!(told, [("a", 2), ("b", 4)]);
    }
}
