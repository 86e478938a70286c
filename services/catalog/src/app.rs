//! The one path to change: load, decide, save, enqueue, in one transaction.

use kernel::{AccountId, MediaId, ProductId};
use messaging::Tx;
use sqlx::{PgConnection, PgPool};
use web::Caller;

use crate::domain::product::{Command, Event, Product, Rejection, decide, evolve};
use crate::error::Error;
use crate::{picture, publish, store};

/// Who changes a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Actor {
    /// Somebody who runs the shop.
    Staff,
    /// Somebody who may change what is theirs.
    Account(AccountId),
}

impl From<&Caller> for Actor {
    fn from(caller: &Caller) -> Self {
        if caller.is_staff() { Self::Staff } else { Self::Account(caller.account) }
    }
}

impl Actor {
    /// Whose product a new one is; none: the shop's.
    pub(crate) const fn seller(self) -> Option<AccountId> {
        match self {
            Self::Staff => None,
            Self::Account(account) => Some(account),
        }
    }

    /// True when this product is the actor's to see and change.
    pub(crate) fn owns(self, product: &Product) -> bool {
        match self {
            Self::Staff => true,
            Self::Account(account) => product.seller == Some(account),
        }
    }
}

/// A product with its version.
#[derive(Clone, Debug)]
pub(crate) struct Current {
    pub(crate) product: Product,
    /// Grows by one with each event.
    pub(crate) version: i64,
}

/// A product that is being changed, locked until the transaction ends.
#[derive(Debug)]
pub(crate) struct Change {
    id: ProductId,
    product: Option<Product>,
    before: i64,
    events: Vec<Event>,
}

impl Change {
    /// Begins a product that does not exist yet.
    pub(crate) const fn new(id: ProductId) -> Self {
        Self { id, product: None, before: 0, events: Vec::new() }
    }

    /// Locks a product.
    pub(crate) async fn load(conn: &mut PgConnection, id: ProductId) -> Result<Self, Error> {
        let found = store::products::lock(conn, id).await?;
        let Current { product, version } = found.ok_or(Rejection::NoSuchProduct)?;
        Ok(Self { id, product: Some(product), before: version, events: Vec::new() })
    }

    /// The product as it would be now.
    pub(crate) fn product(&self) -> Result<&Product, Error> {
        self.product.as_ref().ok_or(Error::Corrupt("no product after its creation"))
    }

    /// Whether anything has changed.
    pub(crate) fn changed(&self) -> bool {
        !self.events.is_empty()
    }

    /// The pictures that were added by this change and are still to be fetched from elsewhere.
    pub(crate) fn remote_pictures(&self) -> Vec<(MediaId, String)> {
        let remote = |event: &Event| {
            let Event::MediaAdded(media) = event else { return None };
            let source = media.source.clone().filter(|_| media.stand_in)?;
            Some((media.id, source))
        };
        self.events.iter().filter_map(remote).collect()
    }

    /// Runs one command. A refusal leaves the change as it was.
    pub(crate) async fn run(
        &mut self,
        conn: &mut PgConnection,
        command: Command,
    ) -> Result<(), Error> {
        let command = self.with_known_sku(conn, command).await?;
        let events = decide(self.product.as_ref(), command)?;
        self.product = events.iter().fold(self.product.take(), evolve);
        self.events.extend(events);
        Ok(())
    }

    /// A SKU belongs to one product for ever, and its opening stock counts once, also when the variant was
    /// removed meanwhile.
    async fn with_known_sku(
        &self,
        conn: &mut PgConnection,
        command: Command,
    ) -> Result<Command, Error> {
        let Command::AddVariant(mut offer) = command else { return Ok(command) };
        if let Some((product, variant)) = store::variants::holder(conn, &offer.sku).await? {
            if product != self.id {
                return Err(Error::SkuTaken);
            }
            offer.id = variant;
            offer.opening_quantity = 0;
        }
        Ok(Command::AddVariant(offer))
    }

    /// Saves what changed and says so.
    pub(crate) async fn save(self, tx: &mut Tx) -> Result<Current, Error> {
        let product = self.product.ok_or(Error::Corrupt("no product after events"))?;
        let count = i64::try_from(self.events.len()).map_err(|_| Error::Corrupt("events"))?;
        let current = Current { product, version: self.before + count };
        if count > 0 {
            store::products::save(tx, &current, self.before).await?;
            for event in &self.events {
                store::products::apply(tx, self.id, event).await?;
            }
            let messages = publish::messages(&current.product, self.before, &self.events);
            messaging::append(tx, messages).await?;
        }
        Ok(current)
    }
}

/// Runs one command of somebody who has seen a version of the product.
pub(crate) async fn execute(
    db: &PgPool,
    actor: Actor,
    id: ProductId,
    seen: i64,
    command: Command,
) -> Result<Current, Error> {
    let mut tx = Tx::begin(db).await?;
    let current = execute_in(&mut tx, actor, id, seen, command).await?;
    tx.commit().await?;
    Ok(current)
}

/// As [`execute`], in the caller's transaction.
pub(crate) async fn execute_in(
    tx: &mut Tx,
    actor: Actor,
    id: ProductId,
    seen: i64,
    command: Command,
) -> Result<Current, Error> {
    let mut change = seen_by(tx, actor, id, seen).await?;
    change.run(tx, command).await?;
    change.save(tx).await
}

/// Offers a product for sale. One without a picture gets a drawn one on the way, so that no card is bare.
pub(crate) async fn publish(
    db: &PgPool,
    actor: Actor,
    id: ProductId,
    seen: i64,
) -> Result<Current, Error> {
    let mut tx = Tx::begin(db).await?;
    let mut change = seen_by(&mut tx, actor, id, seen).await?;
    if change.product()?.media.is_empty() {
        let shown = picture::add_stand_in(&mut tx, change.product()?).await?;
        change.run(&mut tx, shown).await?;
    }
    change.run(&mut tx, Command::Publish).await?;
    let current = change.save(&mut tx).await?;
    tx.commit().await?;
    Ok(current)
}

/// Locks a product for somebody who may change it and has seen it as it is.
async fn seen_by(
    conn: &mut PgConnection,
    actor: Actor,
    id: ProductId,
    seen: i64,
) -> Result<Change, Error> {
    let change = Change::load(conn, id).await?;
    if !actor.owns(change.product()?) {
        return Err(Rejection::NoSuchProduct.into());
    }
    if change.before != seen {
        return Err(Error::Stale(change.before));
    }
    Ok(change)
}
