//! What an order does to its reservation, and the reservation to the shelves.

use std::collections::BTreeMap;

use kernel::{OrderId, Sku};
use messaging::{Outgoing, Tx};
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::save_changed;
use crate::domain::reservation::{Command, Rejection, State, Step, decide};
use crate::domain::shelf::{Pick, Shelf, Shortage};
use crate::error::Error;
use crate::expiry::{Expire, Expiry};
use crate::publish::{self, Outcome};
use crate::store::reservations::{self, Known};
use crate::store::{movements, stock};

/// An order that wants stock.
#[derive(Debug)]
pub(crate) struct Placing {
    pub(crate) order: OrderId,
    /// Pieces by SKU.
    pub(crate) wanted: BTreeMap<Sku, i64>,
    pub(crate) expires_at: OffsetDateTime,
    /// The order is so old that a SKU unknown by now is unknown for good.
    pub(crate) unknown_is_refused: bool,
}

/// Sets every line of an order aside, or refuses all.
pub(crate) async fn place(tx: &mut Tx, placing: Placing) -> Result<(), Error> {
    let known = reservations::lock(tx, placing.order).await?;
    if decide(known.state, Command::Place)? != Step::Reserve {
        return Ok(());
    }
    let mut shelves = Shelves::lock(tx, placing.wanted.keys()).await?;
    let missing = placing.wanted.keys().find(|sku| !shelves.after.contains_key(sku));
    if let Some(missing) = missing
        && !placing.unknown_is_refused
    {
        return Err(Error::NotHeardOf(missing.clone()));
    }
    let picks = match shelves.reserve(&placing.wanted) {
        Ok(picks) => picks,
        Err(shortages) => {
            reservations::save(tx, known, State::Refused, None).await?;
            let refused = publish::outcome(known, Outcome::Refused(shortages));
            return Ok(messaging::append(tx, [refused]).await?);
        }
    };
    reservations::save(tx, known, State::Reserved, Some(placing.expires_at)).await?;
    reservations::set_lines(tx, known, &picks).await?;
    let timer = Expire { order: placing.order };
    let aggregate = placing.order.to_string();
    messaging::enqueue_at::<Expiry>(tx, &aggregate, &timer, placing.expires_at).await?;
    let reserved = publish::outcome(known, Outcome::Reserved);
    shelves.save_and_say(tx, [reserved]).await
}

/// Follows whatever else happens to an order.
pub(crate) async fn follow(tx: &mut Tx, order: OrderId, command: Command) -> Result<(), Error> {
    let known = reservations::lock(tx, order).await?;
    match decide(known.state, command)? {
        Step::Nothing => Ok(()),
        // Only `place` knows the lines.
        Step::Reserve => Err(Rejection::NotPlacedYet.into()),
        Step::Hold => reservations::save(tx, known, State::Held, None).await,
        Step::Forgo => reservations::save(tx, known, State::Forgone, None).await,
        Step::Release(end) => release(tx, known, end).await,
        Step::ReserveAgain => hold_again(tx, known).await,
        Step::Depart => depart(tx, known).await,
        Step::DepartUnreserved => {
            hold_again(tx, known).await?;
            let held = reservations::lock(tx, order).await?;
            depart(tx, held).await
        }
    }
}

async fn release(tx: &mut Tx, known: Known, end: State) -> Result<(), Error> {
    let picks = reservations::lines(tx, known.order).await?;
    let mut shelves = Shelves::lock(tx, picks.iter().map(|pick| &pick.sku)).await?;
    shelves.each(&picks, Shelf::release);
    reservations::save(tx, known, end, None).await?;
    let released = publish::outcome(known, Outcome::Released);
    shelves.save_and_say(tx, [released]).await
}

/// Sets aside again what the order had. A shortage is for a person: the goods were promised.
async fn hold_again(tx: &mut Tx, known: Known) -> Result<(), Error> {
    let mut wanted = BTreeMap::<Sku, i64>::new();
    for pick in reservations::lines(tx, known.order).await? {
        *wanted.entry(pick.sku).or_default() += pick.quantity;
    }
    let mut shelves = Shelves::lock(tx, wanted.keys()).await?;
    let picks = shelves.reserve(&wanted).map_err(|mut shortages| match shortages.pop() {
        Some(Shortage { sku, wanted, available }) => Error::Short { sku, wanted, available },
        None => Error::Corrupt("reservation_lines"),
    })?;
    reservations::save(tx, known, State::Held, None).await?;
    reservations::set_lines(tx, known, &picks).await?;
    shelves.save_and_say(tx, []).await
}

async fn depart(tx: &mut Tx, known: Known) -> Result<(), Error> {
    let picks = reservations::lines(tx, known.order).await?;
    let mut shelves = Shelves::lock(tx, picks.iter().map(|pick| &pick.sku)).await?;
    shelves.each(&picks, Shelf::depart);
    reservations::save(tx, known, State::Dispatched, None).await?;
    movements::dispatched(tx, known.order, &picks).await?;
    let dispatched = publish::outcome(known, Outcome::Dispatched);
    shelves.save_and_say(tx, [dispatched]).await
}

/// Locked shelves, as they were and as they will be.
struct Shelves {
    before: BTreeMap<Sku, Shelf>,
    after: BTreeMap<Sku, Shelf>,
}

impl Shelves {
    async fn lock(
        conn: &mut PgConnection,
        skus: impl Iterator<Item = &Sku>,
    ) -> Result<Self, Error> {
        let skus: Vec<Sku> = skus.cloned().collect();
        let before = stock::lock(conn, &skus).await?;
        Ok(Self { after: before.clone(), before })
    }

    /// Reserves everything or says everything that is short, an unknown SKU with nothing left.
    fn reserve(&mut self, wanted: &BTreeMap<Sku, i64>) -> Result<Vec<Pick>, Vec<Shortage>> {
        let (mut picks, mut shortages) = (Vec::new(), Vec::new());
        for (sku, &wanted) in wanted {
            let unknown = || Shortage { sku: sku.clone(), wanted, available: 0 };
            match self.after.get_mut(sku).ok_or_else(unknown).and_then(|s| s.reserve(wanted)) {
                Ok(more) => picks.extend(more),
                Err(shortage) => shortages.push(shortage),
            }
        }
        if shortages.is_empty() { Ok(picks) } else { Err(shortages) }
    }

    fn each(&mut self, picks: &[Pick], change: fn(&mut Shelf, &Pick)) {
        for pick in picks {
            if let Some(shelf) = self.after.get_mut(&pick.sku) {
                change(shelf, pick);
            }
        }
    }

    async fn save_and_say(
        mut self,
        tx: &mut Tx,
        outcome: impl IntoIterator<Item = Outgoing>,
    ) -> Result<(), Error> {
        let pairs = self.before.values().zip(self.after.values_mut());
        let levels = save_changed(tx, pairs).await?;
        Ok(messaging::append(tx, outcome.into_iter().chain(levels)).await?)
    }
}
