//! What we listen to: one file per upstream service. Handlers translate, the rules decide.

pub(crate) mod inventory;
pub(crate) mod payments;
pub(crate) mod pricing;
pub(crate) mod shipping;

use kernel::OrderId;
use messaging::Tx;

use crate::Error;
use crate::app::Orders;
use crate::domain::order::Command;

/// Tells an order what happened, in the consumer's transaction.
async fn tell(orders: &Orders, tx: &mut Tx, order: &str, command: Command) -> Result<(), Error> {
    let order: OrderId = contracts::parse("order_id", order)?;
    tracing::Span::current().record("order.id", tracing::field::display(order));
    orders.execute_in(tx, order, command).await.map(drop)
}
