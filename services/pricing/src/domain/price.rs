//! What a SKU costs, and what changes make of that.

use kernel::{Money, MoneyError};
use serde::{Deserialize, Serialize};

/// The most that one piece may cost, in minor units; more is a slip of the keyboard.
pub(crate) const MOST_MINOR: i64 = 100_000_000_000;

/// A price, and the higher one it is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Price {
    pub(crate) price: Money,
    pub(crate) compare_at: Option<Money>,
}

/// What somebody wants of a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Wish {
    /// This price from now on.
    Set(Price),
    /// So many basis points more than now, or fewer.
    Adjust { basis_points: i32 },
}

/// Why a price stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Rejection {
    #[error("it has no price in this currency")]
    NoPrice,
    #[error("expected a price of 0 to {} in minor units", MOST_MINOR)]
    OutOfRange,
    #[error("expected a price to compare with that is higher, and in the same currency")]
    NotHigher,
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// Decides on the price in a currency from now on; none when the one that stands is as wished.
pub(crate) fn decide(now: Option<Price>, wish: Wish) -> Result<Option<Price>, Rejection> {
    let next = match wish {
        Wish::Set(price) => price,
        Wish::Adjust { basis_points } => adjusted(now.ok_or(Rejection::NoPrice)?, basis_points)?,
    };
    check(next)?;
    Ok((now != Some(next)).then_some(next))
}

/// Refuses what nothing may cost.
fn check(next: Price) -> Result<(), Rejection> {
    if !(0..=MOST_MINOR).contains(&next.price.minor()) {
        return Err(Rejection::OutOfRange);
    }
    match next.compare_at {
        Some(higher) if higher.currency() != next.price.currency() => Err(Rejection::NotHigher),
        Some(higher) if higher.minor() <= next.price.minor() => Err(Rejection::NotHigher),
        Some(higher) if higher.minor() > MOST_MINOR => Err(Rejection::OutOfRange),
        Some(_) | None => Ok(()),
    }
}

/// A price that is no longer lower than the one it was compared with is compared with none.
fn adjusted(now: Price, basis_points: i32) -> Result<Price, Rejection> {
    let share = 10_000_u32.checked_add_signed(basis_points).ok_or(Rejection::OutOfRange)?;
    let price = now.price.share(share)?;
    let compare_at = now.compare_at.filter(|higher| higher.minor() > price.minor());
    Ok(Price { price, compare_at })
}

#[cfg(test)]
mod tests {
    use kernel::Currency;

    use super::*;

    fn eur(minor: i64) -> Money {
        Money::new(minor, Currency::EUR)
    }

    fn price(minor: i64, compare_at: Option<i64>) -> Price {
        Price { price: eur(minor), compare_at: compare_at.map(eur) }
    }

    fn adjust(now: Price, basis_points: i32) -> Result<Option<Price>, Rejection> {
        decide(Some(now), Wish::Adjust { basis_points })
    }

    #[test]
    fn a_price_that_stands_already_is_no_change() {
        let standing = price(990, Some(1_290));

        assert_eq!(decide(Some(standing), Wish::Set(standing)), Ok(None));
        assert_eq!(decide(None, Wish::Set(standing)), Ok(Some(standing)));
        assert_eq!(adjust(price(1, None), 100), Ok(None));
    }

    #[test]
    fn a_share_is_added_or_taken_away_to_the_nearest_cent() {
        assert_eq!(adjust(price(990, None), 250), Ok(Some(price(1_015, None))));
        assert_eq!(adjust(price(990, None), -10_000), Ok(Some(price(0, None))));
        assert_eq!(adjust(price(990, Some(1_290)), 1_000), Ok(Some(price(1_089, Some(1_290)))));
        assert_eq!(adjust(price(990, Some(1_000)), 1_000), Ok(Some(price(1_089, None))));
    }

    #[test]
    fn what_nothing_may_cost_is_refused() {
        let too_much = price(MOST_MINOR, None);
        let more = Wish::Adjust { basis_points: 1 };

        assert_eq!(adjust(too_much, 100), Err(Rejection::OutOfRange));
        assert_eq!(adjust(price(1, None), -10_001), Err(Rejection::OutOfRange));
        assert_eq!(decide(None, Wish::Set(price(-1, None))), Err(Rejection::OutOfRange));
        assert_eq!(decide(None, Wish::Set(price(5, Some(5)))), Err(Rejection::NotHigher));
        assert_eq!(decide(None, more), Err(Rejection::NoPrice));
    }
}
