//! What others hear: public events, made of the order's own.

use contracts::{common, orders};
use kernel::OrderId;
use messaging::Outgoing;

use crate::domain::order::{Event, Parcel, Why};
use crate::domain::purchase::{Line, Purchase, Totals};
use crate::store::contacts::Contact;

/// An order whose events are told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Story<'a> {
    pub(crate) id: OrderId,
    /// The version before the events.
    pub(crate) version: i64,
    pub(crate) purchase: &'a Purchase,
    /// Whether payments was asked for the amount.
    pub(crate) asked: bool,
    /// Who gets mails, and the token in them; there when an event [needs it](needs_card).
    pub(crate) card: Option<&'a (Contact, String)>,
}

/// True for events that mails or parcels follow from: they carry personal data, on a topic that is
/// kept for 30 days only.
pub(crate) const fn needs_card(event: &Event) -> bool {
    matches!(
        event,
        Event::Placed { .. }
            | Event::Confirmed
            | Event::Cancelled { .. }
            | Event::Shipped { .. }
            | Event::Delivered
    )
}

impl Story<'_> {
    /// The messages of events, in order, each with the version that its event brought about.
    pub(crate) fn messages(&self, events: &[Event]) -> Vec<Outgoing> {
        let versions = self.version + 1..;
        let told = versions.zip(events).flat_map(|(version, event)| {
            self.of(event).into_iter().map(move |message| message.version(version))
        });
        told.collect()
    }

    fn of(&self, event: &Event) -> Vec<Outgoing> {
        let (order_id, card) = (self.id.to_string(), self.order_card());
        match event {
            Event::Placed { .. } => vec![
                Outgoing::new(&self.placed()),
                Outgoing::new(&orders::CustomerOrderPlaced { order_id, card }),
            ],
            Event::PaymentRequested => vec![Outgoing::new(&orders::PaymentRequested {
                order_id,
                payment_id: self.payment_id(),
                amount: Some(self.purchase.totals.total.into()),
                principal: self.purchase.buyer.to_string(),
            })],
            Event::Confirmed => vec![
                Outgoing::new(&orders::OrderConfirmed { order_id: order_id.clone() }),
                Outgoing::new(&orders::CustomerOrderConfirmed {
                    order_id,
                    card,
                    address: self.card.map(|(contact, _)| address(contact)),
                    shipping_method: self.purchase.shipping_method.clone(),
                }),
            ],
            Event::Recalled { .. } => {
                vec![Outgoing::new(&orders::CustomerOrderRecalled { order_id })]
            }
            Event::Cancelled { why } => self.cancelled(reason(why.reason), &why.details),
            Event::Shipped { parcel } => self.shipped(parcel),
            Event::Delivered => vec![
                Outgoing::new(&orders::OrderDelivered { order_id: order_id.clone() }),
                Outgoing::new(&orders::CustomerOrderDelivered { order_id, card }),
            ],
            // Of these the others know, or have told them themselves.
            Event::StockReserved
            | Event::StockReleased
            | Event::CouponReserved
            | Event::CouponReleased
            | Event::PaymentAuthorized
            | Event::PaymentVoided
            | Event::RecallRefused => vec![],
        }
    }

    fn placed(&self) -> orders::OrderPlaced {
        let purchase = self.purchase;
        orders::OrderPlaced {
            order_id: self.id.to_string(),
            number: purchase.number.clone(),
            account_id: purchase.buyer.account().map(|id| id.to_string()).unwrap_or_default(),
            lines: purchase.lines.iter().map(line).collect(),
            totals: Some(totals(&purchase.totals)),
            coupon_code: purchase.coupon.clone().unwrap_or_default(),
            country: purchase.country.clone(),
            shipping_method: purchase.shipping_method.clone(),
            quote_id: purchase.quote.to_string(),
        }
    }

    fn cancelled(&self, reason: orders::CancellationReason, details: &str) -> Vec<Outgoing> {
        let order_id = self.id.to_string();
        vec![
            Outgoing::new(&orders::OrderCancelled {
                order_id: order_id.clone(),
                reason: reason.into(),
                details: details.to_owned(),
                payment_id: if self.asked { self.payment_id() } else { String::new() },
            }),
            Outgoing::new(&orders::CustomerOrderCancelled {
                order_id,
                card: self.order_card(),
                reason: reason.into(),
                details: details.to_owned(),
            }),
        ]
    }

    fn shipped(&self, parcel: &Parcel) -> Vec<Outgoing> {
        let order_id = self.id.to_string();
        vec![
            Outgoing::new(&orders::OrderShipped { order_id: order_id.clone() }),
            Outgoing::new(&orders::CustomerOrderShipped {
                order_id,
                card: self.order_card(),
                carrier: parcel.carrier.clone(),
                tracking_number: parcel.tracking_number.clone(),
            }),
        ]
    }

    /// Empty when there is nothing to pay.
    fn payment_id(&self) -> String {
        self.purchase.payment.map(|payment| payment.to_string()).unwrap_or_default()
    }

    fn order_card(&self) -> Option<orders::OrderCard> {
        let (contact, token) = self.card?;
        Some(orders::OrderCard {
            number: self.purchase.number.clone(),
            email: contact.email.clone(),
            name: contact.name.clone(),
            lines: self.purchase.lines.iter().map(line).collect(),
            totals: Some(totals(&self.purchase.totals)),
            access_token: token.clone(),
        })
    }
}

fn line(line: &Line) -> orders::OrderLine {
    orders::OrderLine {
        sku: line.sku.to_string(),
        product_id: line.product_id.clone(),
        title: line.title.clone(),
        variant_title: line.variant_title.clone(),
        seller_id: line.seller_id.map(|id| id.to_string()).unwrap_or_default(),
        quantity: line.quantity.get(),
        unit_price: Some(line.unit_price.into()),
        total: Some(line.total.into()),
    }
}

fn totals(totals: &Totals) -> orders::OrderTotals {
    orders::OrderTotals {
        goods: Some(totals.goods.into()),
        discount: Some(totals.discount.into()),
        shipping: Some(totals.shipping.into()),
        tax: Some(totals.tax.into()),
        total: Some(totals.total.into()),
    }
}

fn address(contact: &Contact) -> common::Address {
    common::Address {
        name: contact.name.clone(),
        line1: contact.line1.clone(),
        line2: contact.line2.clone(),
        postal_code: contact.postal_code.clone(),
        city: contact.city.clone(),
        country: contact.country.clone(),
    }
}

const fn reason(why: Why) -> orders::CancellationReason {
    match why {
        Why::OutOfStock => orders::CancellationReason::OutOfStock,
        Why::PaymentDeclined => orders::CancellationReason::PaymentDeclined,
        Why::CouponRefused => orders::CancellationReason::CouponRefused,
        Why::TimedOut => orders::CancellationReason::TimedOut,
        Why::ByCustomer => orders::CancellationReason::ByCustomer,
        Why::ByStaff => orders::CancellationReason::ByStaff,
    }
}
