//! What an order is about and never changes: lines, amounts, payment, coupon.

use kernel::{AccountId, BasketId, Money, MoneyError, PaymentId, Quantity, QuoteId, Sku};
use serde::{Deserialize, Serialize};

/// The most lines that a basket or an order has.
pub(crate) const MOST_LINES: usize = 100;

/// So many of one variant, at the promised price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub(crate) struct Line {
    /// The variant.
    pub(crate) sku: Sku,
    /// `prd_…`.
    pub(crate) product_id: String,
    /// The product's title when it was bought.
    pub(crate) title: String,
    /// The option values; empty when there is one variant only.
    pub(crate) variant_title: String,
    /// Who sells it; absent for the shop itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) seller_id: Option<AccountId>,
    /// Pieces.
    pub(crate) quantity: Quantity,
    /// For one piece.
    pub(crate) unit_price: Money,
    /// For all pieces, before any discount.
    pub(crate) total: Money,
}

/// What an order costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub(crate) struct Totals {
    /// Sum of the lines.
    pub(crate) goods: Money,
    /// Taken off the goods.
    pub(crate) discount: Money,
    /// For sending the parcel.
    pub(crate) shipping: Money,
    /// On top of the rest.
    pub(crate) tax: Money,
    /// `goods - discount + shipping + tax`.
    pub(crate) total: Money,
}

/// Who buys: decides who may see the order and whose basket is emptied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Buyer {
    /// Somebody with an account.
    Account(AccountId),
    /// Somebody with nothing but a basket.
    Guest(BasketId),
}

impl Buyer {
    /// The basket that the order is made from.
    pub(crate) fn basket(self) -> BasketId {
        match self {
            Self::Account(account) => account_basket(account),
            Self::Guest(basket) => basket,
        }
    }

    /// The account, if there is one.
    pub(crate) const fn account(self) -> Option<AccountId> {
        match self {
            Self::Account(account) => Some(account),
            Self::Guest(_) => None,
        }
    }
}

/// As quotes and payments name the principal: `acc_…` or `bsk_…`.
impl std::fmt::Display for Buyer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Account(account) => account.fmt(f),
            Self::Guest(basket) => basket.fmt(f),
        }
    }
}

/// The one basket of an account; its id follows from the account's.
pub(crate) fn account_basket(account: AccountId) -> BasketId {
    BasketId::derived(account.uuid().as_bytes())
}

/// Everything that is settled when an order is placed. Holds no personal data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Purchase {
    pub(crate) number: String,
    pub(crate) buyer: Buyer,
    pub(crate) quote: QuoteId,
    /// Absent when there is nothing to pay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) payment: Option<PaymentId>,
    pub(crate) lines: Vec<Line>,
    pub(crate) totals: Totals,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) coupon: Option<String>,
    pub(crate) country: String,
    pub(crate) shipping_method: String,
}

/// Why amounts do not make an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SumError {
    /// No line, or more than a hundred.
    #[error("expected 1 to {MOST_LINES} lines")]
    Lines,
    /// An amount is below zero, or a sum is not what its parts make.
    #[error("the amounts do not add up")]
    Amounts,
    /// Currencies are mixed or a sum does not fit.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// Checks that lines and totals add up: signed or not, a wrong sum is not charged.
pub(crate) fn check_sums(lines: &[Line], totals: &Totals) -> Result<(), SumError> {
    if lines.is_empty() || lines.len() > MOST_LINES {
        return Err(SumError::Lines);
    }
    let mut goods = Money::zero(totals.total.currency());
    let mut right = true;
    for line in lines {
        right &= line.unit_price.checked_mul(line.quantity.get())? == line.total;
        right &= line.unit_price.minor() >= 0;
        goods = goods.checked_add(line.total)?;
    }
    let Totals { discount, shipping, tax, total, .. } = *totals;
    let sum = goods.checked_sub(discount)?.checked_add(shipping)?.checked_add(tax)?;
    right &= goods == totals.goods && sum == total;
    right &= [discount, shipping, tax, total].iter().all(|amount| amount.minor() >= 0);
    if right { Ok(()) } else { Err(SumError::Amounts) }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use kernel::Currency;

    pub(crate) fn eur(minor: i64) -> Money {
        Money::new(minor, Currency::EUR)
    }

    pub(crate) fn line(unit: i64, pieces: i64) -> Line {
        Line {
            sku: "shirt/blue".parse().unwrap(),
            product_id: String::new(),
            title: "Shirt".to_owned(),
            variant_title: "Blue".to_owned(),
            seller_id: None,
            quantity: Quantity::new(pieces).unwrap(),
            unit_price: eur(unit),
            total: eur(unit * pieces),
        }
    }

    pub(crate) fn totals(goods: i64) -> Totals {
        let (discount, shipping, tax) = (eur(100), eur(490), eur(19));
        Totals { goods: eur(goods), discount, shipping, tax, total: eur(goods + 409) }
    }

    #[test]
    fn amounts_that_add_up_are_accepted() {
        assert_eq!(check_sums(&[line(1_000, 2), line(500, 1)], &totals(2_500)), Ok(()));
    }

    #[test]
    fn a_wrong_sum_is_refused_wherever_it_is() {
        let lines = [line(1_000, 2)];
        let wrong_line = [Line { total: eur(1), ..line(1_000, 2) }];
        let negative = Totals { discount: eur(-100), total: eur(2_609), ..totals(2_000) };
        let huge = [Line { unit_price: eur(i64::MAX), ..line(1, 2) }];
        let yen = Totals { tax: Money::new(19, "JPY".parse().unwrap()), ..totals(2_000) };

        assert_eq!(check_sums(&lines, &totals(2_001)), Err(SumError::Amounts));
        assert_eq!(check_sums(&wrong_line, &totals(1)), Err(SumError::Amounts));
        assert_eq!(check_sums(&lines, &negative), Err(SumError::Amounts));
        assert_eq!(check_sums(&huge, &totals(0)), Err(SumError::Money(MoneyError::OutOfRange)));
        assert!(matches!(check_sums(&lines, &yen), Err(SumError::Money(_))));
        assert_eq!(check_sums(&[], &totals(0)), Err(SumError::Lines));
        let many = vec![line(1, 1); 101];
        assert_eq!(check_sums(&many, &totals(101)), Err(SumError::Lines));
    }
}
