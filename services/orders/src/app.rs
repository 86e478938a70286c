//! `execute` and `execute_in`: the one path to change, for requests, messages and timers alike.

use std::sync::Arc;
use std::time::Duration;

use kernel::OrderId;
use messaging::Tx;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use tokio::sync::OnceCell;

use crate::domain::order::{Command, Deadline, Event, Order, decide, evolve};
use crate::domain::purchase::Purchase;
use crate::live::Live;
use crate::quotes::Quotes;
use crate::store::contacts::Contact;
use crate::tokens::AccessSecret;
use crate::{Config, Error, publish, store, timer};

/// How often a request begins again when others changed the same thing at once.
pub(crate) const TRIES: u32 = 5;

/// What every part of the service works with. Copies share everything.
#[derive(Clone, Debug)]
pub(crate) struct Orders {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    db: PgPool,
    deadline: Duration,
    heartbeat: Duration,
    quotes: Quotes,
    live: Live,
    secret: OnceCell<AccessSecret>,
}

/// An order after a command.
#[derive(Clone, Debug)]
pub(crate) struct Current {
    pub(crate) order: Order,
    pub(crate) version: i64,
}

impl Orders {
    pub(crate) fn new(db: PgPool, config: &Config) -> Self {
        let deadline = Duration::from_secs(u64::from(config.order_deadline_seconds));
        let heartbeat = Duration::from_millis(u64::from(config.order_heartbeat_ms));
        let live = Live::new(db.clone());
        let (quotes, secret) = (Quotes::default(), OnceCell::new());
        Self { shared: Arc::new(Shared { db, deadline, heartbeat, quotes, live, secret }) }
    }

    pub(crate) fn db(&self) -> &PgPool {
        &self.shared.db
    }

    pub(crate) fn quotes(&self) -> &Quotes {
        &self.shared.quotes
    }

    /// How long a stream of changes may be quiet.
    pub(crate) fn heartbeat(&self) -> Duration {
        self.shared.heartbeat
    }

    pub(crate) fn live(&self) -> &Live {
        &self.shared.live
    }

    /// The key of the links, read from the database once.
    pub(crate) async fn secret(&self, conn: &mut PgConnection) -> Result<&AccessSecret, Error> {
        Ok(self.shared.secret.get_or_try_init(|| store::secrets::order_access(conn)).await?)
    }

    /// When an order that is placed now must be confirmed.
    pub(crate) fn deadline(&self) -> OffsetDateTime {
        kernel::now() + self.shared.deadline
    }

    /// Runs one command in a transaction of its own. What a person wrote about it is kept with the
    /// order's contact, since it may name people.
    pub(crate) async fn execute(
        &self,
        id: OrderId,
        command: Command,
        note: Option<&str>,
    ) -> Result<Current, Error> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.try_to_execute(id, command.clone(), note).await {
                Err(error) if worth_another_try(&error) && tries < TRIES => {}
                outcome => return outcome,
            }
        }
    }

    async fn try_to_execute(
        &self,
        id: OrderId,
        command: Command,
        note: Option<&str>,
    ) -> Result<Current, Error> {
        let mut tx = Tx::begin(self.db()).await?;
        let current = self.execute_in(&mut tx, id, command).await?;
        if let Some(note) = note {
            store::contacts::note_cancellation(&mut tx, id, note).await?;
        }
        tx.commit().await?;
        self.live().changed(id);
        Ok(current)
    }

    /// Runs one command in the caller's transaction: load, decide, save, enqueue.
    pub(crate) async fn execute_in(
        &self,
        tx: &mut Tx,
        id: OrderId,
        command: Command,
    ) -> Result<Current, Error> {
        let history = store::events::load_locked(tx, id).await?;
        let version = i64::try_from(history.len()).unwrap_or(i64::MAX);
        let before = history.iter().fold(None, evolve);
        let asked = before.as_ref().is_some_and(Order::payment_asked);
        let events = decide(before.as_ref(), command)?;
        let after = events.iter().fold(before, evolve);
        let order = after.ok_or_else(|| Error::Corrupt(format!("order {id} has no state")))?;
        if events.is_empty() {
            return Ok(Current { order, version });
        }
        let now = store::orders::append(tx, id, version, &order, &events).await?;
        if events.contains(&Event::Confirmed) {
            empty_basket(tx, order.purchase()).await?;
        }
        let mut card = None;
        if events.iter().any(publish::needs_card) {
            let contact = store::contacts::find(tx, id).await?;
            let contact = contact.ok_or_else(|| Error::Corrupt(format!("{id} has no contact")))?;
            card = Some((contact, self.secret(tx).await?.token(id)));
        }
        let purchase = order.purchase();
        let story = publish::Story { id, version, purchase, asked, card: card.as_ref() };
        messaging::append(tx, story.messages(&events)).await?;
        self.live().changed(id);
        tracing::info!(order.id = %id, order.status = order.status(), version = now, "order went on");
        Ok(Current { order, version: now })
    }

    /// Places a new order in the caller's transaction, and sets its timer. Also says the token that
    /// opens it.
    pub(crate) async fn place_in(
        &self,
        tx: &mut Tx,
        id: OrderId,
        purchase: Purchase,
        contact: &Contact,
    ) -> Result<(Current, String), Error> {
        let due = self.deadline();
        let deadline = Deadline(due.unix_timestamp());
        let events = decide(None, Command::Place { purchase: Box::new(purchase), deadline })?;
        let order = events.iter().fold(None, evolve);
        let order = order.ok_or_else(|| Error::Corrupt(format!("order {id} has no state")))?;
        store::orders::create(tx, id, &order, &events, contact).await?;
        let token = self.secret(tx).await?.token(id);
        let card = (contact.clone(), token);
        let purchase = order.purchase();
        let story = publish::Story { id, version: 0, purchase, asked: false, card: Some(&card) };
        messaging::append(tx, story.messages(&events)).await?;
        let expiry = timer::Expiry { order: id, deadline };
        messaging::enqueue_at::<timer::Deadlines>(tx, &id.to_string(), &expiry, due).await?;
        tracing::info!(order.id = %id, "order placed");
        Ok((Current { order, version: 1 }, card.1))
    }
}

/// Others changed the same thing at once; begun again, it may succeed.
pub(crate) fn worth_another_try(error: &Error) -> bool {
    use messaging::{Classify as _, ErrorClass};
    error.class() == ErrorClass::Retry
}

/// Takes what is bought out of the basket. Until here it stays, so that a declined card costs nobody
/// their basket.
async fn empty_basket(conn: &mut PgConnection, purchase: &Purchase) -> Result<(), Error> {
    let Some((id, basket)) = store::baskets::lock(conn, purchase.buyer.basket()).await? else {
        return Ok(());
    };
    let rest = basket.clone().without(purchase.lines.iter().map(|line| (&line.sku, line.quantity)));
    if rest != basket {
        store::baskets::replace(conn, id, &rest).await?;
    }
    Ok(())
}
