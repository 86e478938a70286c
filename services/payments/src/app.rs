//! The one path to change: load, decide, save, say, and enqueue what follows, in one transaction.

use contracts::payments::PaymentDeclined;
use kernel::{OrderId, PaymentId};
use messaging::{Outgoing, Tx};

use crate::domain::payment::{Command, Event, Rejection, Wish, decide, evolve};
use crate::domain::work;
use crate::store::{self, payments::Record};
use crate::worker::{self, AskSandbox};
use crate::{Error, publish};

/// An order that wants to pay. What cannot be paid with is declined.
pub(crate) async fn request(
    tx: &mut Tx,
    order: OrderId,
    payment: &str,
    principal: String,
    amount: kernel::Money,
) -> Result<(), Error> {
    let wish = store::early_wishes::find(tx, order).await?;
    let command = Command::Request { order, amount, principal, wish };
    let refused = match payment.parse() {
        Ok(id) => match store::payments::lock(tx, id).await? {
            Some(record) => change(tx, record, command, None).await?.err(),
            None => Some(Rejection::Unknown),
        },
        Err(_) => Some(Rejection::Unknown),
    };
    let Some(rejection) = refused else { return Ok(()) };
    tracing::warn!(order.id = %order, payment.id = payment, %rejection, "payment refused");
    let declined = PaymentDeclined {
        order_id: order.to_string(),
        payment_id: payment.to_owned(),
        reason: rejection.to_string(),
    };
    Ok(messaging::append(tx, [Outgoing::new(&declined)]).await?)
}

/// What an order wishes for its payment, kept for later when it has none yet.
pub(crate) async fn wish(tx: &mut Tx, order: OrderId, wish: Wish) -> Result<(), Error> {
    let command = match wish {
        Wish::Hold => return Ok(()),
        Wish::Take => Command::Dispatch,
        Wish::Release => Command::Cancel,
    };
    match store::payments::of_order(tx, order).await? {
        Some(id) => execute_in(tx, id, command, None).await,
        None => store::early_wishes::remember(tx, order, wish).await,
    }
}

/// Runs one command in the caller's transaction. `authorization` is the provider's name for the
/// hold, where the command brings it.
pub(crate) async fn execute_in(
    tx: &mut Tx,
    id: PaymentId,
    command: Command,
    authorization: Option<String>,
) -> Result<(), Error> {
    let Some(record) = store::payments::lock(tx, id).await? else {
        return Err(Error::NoSuchPayment);
    };
    // Only requests are rejected, and those come by `request`.
    if let Err(rejection) = change(tx, record, command, authorization).await? {
        tracing::error!(payment.id = %id, %rejection, "a command was rejected");
    }
    Ok(())
}

async fn change(
    tx: &mut Tx,
    mut record: Record,
    command: Command,
    authorization: Option<String>,
) -> Result<Result<(), Rejection>, Error> {
    let events = match decide(&record.payment, command) {
        Ok(events) => events,
        Err(rejection) => return Ok(Err(rejection)),
    };
    if events.is_empty() {
        return Ok(Ok(()));
    }
    for event in &events {
        record.payment = evolve(record.payment, event);
        if let Event::Declined { reason } = event {
            record.reason = Some(reason.clone());
        }
    }
    record.authorization = authorization.or(record.authorization);
    record.version = store::payments::save(tx, &record).await?;
    messaging::append(tx, publish::messages(&record, &events)).await?;
    if let Some(what) = work::due(&record.payment, &events) {
        let job = worker::Job { payment: record.id, what };
        messaging::enqueue::<AskSandbox>(tx, &record.id.to_string(), &job).await?;
    }
    Ok(Ok(()))
}
