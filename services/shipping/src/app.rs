//! The one path to change: load, decide, save, say, and enqueue what follows, in one transaction.

use kernel::{OrderId, ShipmentId};
use messaging::Tx;
use time::Duration;

use crate::domain::shipment::{Command, Event, decide, evolve};
use crate::store::shipments::{self, Destination, Record};
use crate::worker::{AskCarrier, Job, Task};
use crate::{Error, publish};

/// The one parcel of an order.
pub(crate) fn shipment_of(order: OrderId) -> ShipmentId {
    ShipmentId::derived(order.uuid().as_bytes())
}

/// What a confirmed order wants sent.
#[derive(Clone, Debug)]
pub(crate) struct Parcel {
    pub(crate) order: OrderId,
    pub(crate) method: String,
    pub(crate) to: Destination,
}

/// Prepares the parcel of a confirmed order; the carrier is called when it is packed.
pub(crate) async fn prepare(tx: &mut Tx, parcel: Parcel, packing: Duration) -> Result<(), Error> {
    let id = shipment_of(parcel.order);
    if shipments::lock(tx, id).await?.is_some() {
        return Ok(());
    }
    begin(tx, parcel.order, Command::Prepare, parcel.method, Some(parcel.to)).await?;
    let due = kernel::now() + packing;
    let job = Job { shipment: id, task: Task::Book };
    messaging::enqueue_at::<AskCarrier>(tx, &id.to_string(), &job, due).await?;
    Ok(())
}

/// Asks the parcel of an order back, also of one that is not known yet.
pub(crate) async fn recall(tx: &mut Tx, order: OrderId) -> Result<(), Error> {
    let id = shipment_of(order);
    if shipments::lock(tx, id).await?.is_none() {
        return begin(tx, order, Command::Recall, "standard".to_owned(), None).await;
    }
    execute_in(tx, id, Command::Recall, None).await?;
    Ok(())
}

async fn begin(
    tx: &mut Tx,
    order: OrderId,
    command: Command,
    method: String,
    to: Option<Destination>,
) -> Result<(), Error> {
    let events = decide(None, command);
    let after = events.iter().fold(None, |known, event| Some(evolve(known, event)));
    let shipment = after.ok_or(Error::Corrupt("no shipment after its first events"))?;
    let id = shipment_of(order);
    let record = Record { id, order, method, to, shipment, carrier_ref: None, version: 1 };
    shipments::create(tx, &record).await?;
    messaging::append(tx, publish::messages(&record, &events)).await?;
    Ok(())
}

/// Runs one command in the caller's transaction; gives back the shipment as it is then.
/// `carrier_ref` is the carrier's name for the parcel, where the command brings it.
pub(crate) async fn execute_in(
    tx: &mut Tx,
    id: ShipmentId,
    command: Command,
    carrier_ref: Option<String>,
) -> Result<Record, Error> {
    let mut record = shipments::lock(tx, id).await?.ok_or(Error::NoSuchShipment)?;
    let events = decide(Some(&record.shipment), command);
    if events.is_empty() {
        return Ok(record);
    }
    let before = record.shipment.clone();
    record.shipment = events.iter().fold(before, |known, event| evolve(Some(known), event));
    record.carrier_ref = carrier_ref.or(record.carrier_ref);
    record.version = shipments::save(tx, &record).await?;
    messaging::append(tx, publish::messages(&record, &events)).await?;
    // Jobs of one parcel run in order, so this one finds the booking done.
    if events.contains(&Event::RecallWanted) {
        let job = Job { shipment: id, task: Task::Cancel };
        messaging::enqueue::<AskCarrier>(tx, &id.to_string(), &job).await?;
    }
    Ok(record)
}
