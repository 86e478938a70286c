//! Values that every service agrees on: identifiers, money, quantities, SKUs, the clock. No IO.

mod clock;
mod id;
mod money;
mod order_number;
mod quantity;
mod sku;
#[cfg(feature = "sql")]
mod sql;

pub use clock::{Clock, now, unix_seconds};
pub use id::{
    AccountId, BasketId, EmailId, IdError, ImportId, MediaId, OperationId, OrderId, PaymentId,
    ProductId, QuoteId, SessionId, ShipmentId, VariantId,
};
pub use money::{Currency, Money, MoneyError};
pub use order_number::OrderNumber;
pub use quantity::{Quantity, QuantityError};
pub use sku::{Sku, SkuError};
