//! One transaction for many records: marks, parked keys, effects and outgoing events together.

use std::collections::{HashMap, HashSet};

use super::Shared;
use super::chain::Step;
use super::erased::{Failure, Handled, chain_of};
use super::handlers::Handler;
use super::mark::{self, Mark, Place};
use super::park;
use super::plan::{Fate, Plan, fate};
use super::record::Record;
use crate::trial::{Guards, Step as Passed};
use crate::{Classify, ErrorClass, Tx, held};

/// Why a batch was rolled back.
#[derive(Debug)]
pub(super) enum Stopped {
    /// Our own statements failed: the database is down, or busy with another owner.
    Machinery(sqlx::Error),
    /// The handler of a record failed, or what it wrote could not be committed.
    Record(Failure),
}

impl From<sqlx::Error> for Stopped {
    fn from(error: sqlx::Error) -> Self {
        Self::Machinery(error)
    }
}

/// What a committed batch did.
#[derive(Debug, Default)]
pub(super) struct Done {
    /// The marks as they are now.
    pub(super) marks: HashMap<Place, Mark>,
    /// What came of each record, in order.
    pub(super) outcomes: Vec<&'static str>,
}

/// Handles `records` in one transaction. Nothing is left of it if any of them fails. `parking`
/// is the failure that the record, then the only one, is parked with instead of being handled;
/// `known` are the marks of the records' partitions as this owner left them.
pub(super) async fn run(
    shared: &Shared,
    records: &[Record],
    parking: Option<&Failure>,
    known: &HashMap<Place, Mark>,
) -> Result<Done, Stopped> {
    let Guards { chain, mark_with_effect, .. } = shared.trial.guards;
    let mut tx = Tx::begin(&shared.pool).await?;
    shared.trial.pass(Passed::Begun);
    let mut plan = Plan::of(known.clone(), records, chain);
    // Mostly nobody else was here: then the marks are locked and moved by one statement.
    let mut parked = None;
    if plan.expected() && mark_with_effect {
        parked = mark::advance(&mut tx, shared.name, known, &plan.moved).await?;
        if parked.is_none() {
            tx.rollback().await?;
            tx = Tx::begin(&shared.pool).await?;
        }
    }
    let moved = parked.is_some();
    if !moved {
        let marks = mark::lock(&mut tx, shared.name, &places(records)).await?;
        plan = Plan::of(marks, records, chain);
    }
    shared.trial.pass(Passed::Marked);
    // What was read together with a lock that had to be waited for may be older than the lock.
    let held_back = if parked.unwrap_or(true) {
        let mut keys: Vec<park::Key<'_>> =
            records.iter().map(|r| (r.meta.topic, r.meta.key.as_str())).collect();
        keys.sort_unstable();
        keys.dedup();
        park::lock_held(&mut tx, shared.name, &keys).await?
    } else {
        Default::default()
    };
    let handling = held::until_done(&mut tx, refused, async |tx| {
        all(shared, tx, (records, &plan.steps), &held_back, parking).await
    });
    let outcomes = handling.await?;
    if !mark_with_effect {
        tx.commit().await.map_err(refused)?;
        tx = Tx::begin(&shared.pool).await?;
    }
    shared.trial.pass(Passed::Handled);
    if plan.steps.contains(&Step::Take) {
        if !moved {
            mark::store(&mut tx, shared.name, &plan.moved).await?;
        }
        tx.commit().await.map_err(refused)?;
        shared.trial.pass(Passed::Committed);
    } else {
        tx.rollback().await?;
    }
    Ok(Done { marks: plan.marks, outcomes })
}

/// Does with each record what its place in the chain, and what is parked, ask for. Those of one
/// projection are handled together, the others one after the other.
async fn all(
    shared: &Shared,
    tx: &mut Tx,
    (records, steps): (&[Record], &[Step]),
    held_back: &HashSet<park::Key<'_>>,
    parking: Option<&Failure>,
) -> Result<Vec<&'static str>, Stopped> {
    let mut outcomes = vec![""; records.len()];
    let mut handled: Vec<(&Handler, Vec<usize>)> = Vec::new();
    let mut together: HashMap<&str, usize> = HashMap::new();
    for (n, (record, step)) in records.iter().zip(steps).enumerate() {
        if let Some(outcome) = unhandled(shared, tx, (record, *step), held_back, parking).await? {
            outcomes[n] = outcome;
            continue;
        }
        let Some((topic, handler)) = shared.handlers.get(record.meta.topic) else {
            return Err(Stopped::Record(Failure::permanent("no handler for the topic".into())));
        };
        match together.get(topic) {
            Some(&at) => handled[at].1.push(n),
            None => {
                if matches!(handler, Handler::Projection(_)) {
                    together.insert(topic, handled.len());
                }
                handled.push((handler, vec![n]));
            }
        }
    }
    for (handler, numbers) in handled {
        let records: Vec<&Record> = numbers.iter().map(|&n| &records[n]).collect();
        let done = handler.handle(shared.name, tx, &records).await.map_err(Stopped::Record)?;
        for (n, handled) in numbers.into_iter().zip(done) {
            outcomes[n] = match handled {
                Handled::Yes => "handled",
                Handled::UnknownType => "unknown_type",
                Handled::Withheld => "withheld",
            };
        }
    }
    Ok(outcomes)
}

/// What came of a record that is not to be handled; `None` if it is.
async fn unhandled(
    shared: &Shared,
    tx: &mut Tx,
    (record, step): (&Record, Step),
    held_back: &HashSet<park::Key<'_>>,
    parking: Option<&Failure>,
) -> Result<Option<&'static str>, Stopped> {
    let key = (record.meta.topic, record.meta.key.as_str());
    Ok(match (fate(step, held_back.contains(&key), parking.is_some()), parking) {
        (Fate::Duplicate, _) => Some("duplicate"),
        (Fate::Gap, _) => Some("gap"),
        (Fate::Behind, _) => {
            park::behind(tx, shared.name, record).await?;
            Some("waiting")
        }
        (Fate::Block, Some(failure)) if shared.trial.guards.parking => {
            park::block(tx, shared.name, record, failure).await?;
            Some("parked")
        }
        (Fate::Block, _) => Some("passed_over"),
        (Fate::Handle, _) => None,
    })
}

fn places(records: &[Record]) -> Vec<Place> {
    let mut places: Vec<Place> = records.iter().map(Record::place).collect();
    places.sort_unstable();
    places.dedup();
    places
}

/// What a handler wrote can be refused at the end (by a deferred constraint, or because Postgres does
/// not take a job's text), or there is an outage.
fn refused(error: sqlx::Error) -> Stopped {
    match error.class() {
        ErrorClass::Unavailable => Stopped::Machinery(error),
        class @ (ErrorClass::Retry | ErrorClass::Later | ErrorClass::Permanent) => {
            Stopped::Record(Failure { class, message: chain_of(&error) })
        }
    }
}

impl Stopped {
    pub(super) fn message(&self) -> String {
        match self {
            Self::Machinery(error) => chain_of(error),
            Self::Record(failure) => failure.message.clone(),
        }
    }
}
