//! Checks the signed quotes of pricing, and makes purchases of them.

use contracts::quote::{Quote, QuoteLine};
use jsonwebtoken::errors::ErrorKind;
use kernel::{OrderId, OrderNumber, PaymentId};
use sqlx::PgPool;
use web::{TokenError, Verifier};

use crate::Error;
use crate::domain::purchase::{Buyer, Line, Purchase, Totals, check_sums};

/// The purpose of pricing's keys, as `fleet.public_keys` names it.
pub(crate) const PURPOSE: &str = "quote";

/// Verifies quotes with the keys that pricing has published.
#[derive(Clone, Debug, Default)]
pub(crate) struct Quotes {
    keys: Verifier,
}

impl Quotes {
    /// The keys; copies share them.
    pub(crate) fn verifier(&self) -> Verifier {
        self.keys.clone()
    }

    /// Reads a quote that pricing signed for orders, for this buyer, not long ago.
    pub(crate) async fn read(
        &self,
        db: &PgPool,
        token: &str,
        buyer: Buyer,
    ) -> Result<Quote, Error> {
        let verify = || self.keys.verify::<Quote>("quote+jwt", "pricing", "orders", token);
        let mut quote = verify();
        if matches!(quote, Err(TokenError::UnknownKey)) {
            // Another replica may have heard of the key a moment ago.
            runtime::keys::load(db, PURPOSE, &self.keys).await?;
            quote = verify();
        }
        let quote = quote.map_err(refused)?;
        if quote.exp <= kernel::unix_seconds() {
            return Err(Error::QuoteExpired);
        }
        if quote.sub != buyer.to_string() {
            return Err(Error::QuoteOfAnother);
        }
        Ok(quote)
    }
}

fn refused(error: TokenError) -> Error {
    let expired =
        |cause: &jsonwebtoken::errors::Error| *cause.kind() == ErrorKind::ExpiredSignature;
    if matches!(&error, TokenError::Invalid(cause) if expired(cause)) {
        return Error::QuoteExpired;
    }
    Error::QuoteInvalid("it is not a quote that was signed for orders".to_owned())
}

/// What is bought with a quote.
pub(crate) fn purchase(
    quote: Quote,
    buyer: Buyer,
    payment: Option<PaymentId>,
    order: OrderId,
) -> Result<Purchase, Error> {
    let totals = Totals {
        goods: quote.money(quote.goods_minor),
        discount: quote.money(quote.discount_minor),
        shipping: quote.money(quote.shipping_minor),
        tax: quote.money(quote.tax_minor),
        total: quote.money(quote.total_minor),
    };
    let lines = quote.lines.iter().map(|of| line(&quote, of)).collect::<Result<Vec<_>, _>>()?;
    check_sums(&lines, &totals).map_err(|error| Error::QuoteInvalid(error.to_string()))?;
    Ok(Purchase {
        number: OrderNumber::of(order).to_string(),
        buyer,
        quote: quote.jti,
        payment,
        lines,
        totals,
        coupon: quote.coupon.filter(|code| !code.is_empty()),
        country: quote.country,
        shipping_method: quote.shipping_method,
    })
}

fn line(quote: &Quote, line: &QuoteLine) -> Result<Line, Error> {
    let seller_id = match line.seller_id.as_str() {
        "" => None,
        id => Some(id.parse().map_err(|_| Error::QuoteInvalid("unknown seller".to_owned()))?),
    };
    Ok(Line {
        sku: line.sku.clone(),
        product_id: line.product_id.clone(),
        title: line.title.clone(),
        variant_title: line.variant_title.clone(),
        seller_id,
        quantity: line.quantity,
        unit_price: quote.money(line.unit_minor),
        total: quote.money(line.total_minor),
    })
}
