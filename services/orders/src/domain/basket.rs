//! A basket: what somebody thinks of buying. Holds SKUs and numbers, no prices.

use kernel::{Quantity, Sku};
use serde::{Deserialize, Serialize};

use super::purchase::MOST_LINES;

/// So many of one variant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub(crate) struct BasketLine {
    /// The variant.
    pub(crate) sku: Sku,
    /// Pieces, 1 to 999.
    pub(crate) quantity: Quantity,
}

/// The lines of a basket, in the order in which they were put in; one per SKU.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Basket {
    pub(crate) lines: Vec<BasketLine>,
}

/// The basket has a hundred lines already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a basket has at most {MOST_LINES} lines")]
pub(crate) struct BasketFull;

impl Basket {
    /// Makes it so many pieces of a variant, whatever it was before; `None` takes the line out.
    pub(crate) fn set(mut self, sku: Sku, pieces: Option<Quantity>) -> Result<Self, BasketFull> {
        let full = self.lines.len() >= MOST_LINES;
        match (self.lines.iter_mut().find(|line| line.sku == sku), pieces) {
            (Some(line), Some(quantity)) => line.quantity = quantity,
            (_, None) => self.lines.retain(|line| line.sku != sku),
            (None, Some(_)) if full => return Err(BasketFull),
            (None, Some(quantity)) => self.lines.push(BasketLine { sku, quantity }),
        }
        Ok(self)
    }

    /// Adds another basket's lines, each up to 999 pieces. Lines for which there is no room are
    /// given back.
    pub(crate) fn merge(mut self, other: Self) -> (Self, Vec<Sku>) {
        let mut left_out = Vec::new();
        for line in other.lines {
            let room = self.lines.len() < MOST_LINES;
            match self.lines.iter_mut().find(|known| known.sku == line.sku) {
                Some(known) => {
                    let sum = known.quantity.get() + line.quantity.get();
                    let sum = Quantity::new(sum.min(Quantity::MAX));
                    known.quantity = sum.unwrap_or(known.quantity);
                }
                None if room => self.lines.push(line),
                None => left_out.push(line.sku),
            }
        }
        (self, left_out)
    }

    /// Takes out what was bought. What was put in since stays.
    pub(crate) fn without<'a>(
        mut self,
        bought: impl IntoIterator<Item = (&'a Sku, Quantity)>,
    ) -> Self {
        for (sku, pieces) in bought {
            self.lines.retain_mut(|line| {
                if line.sku != *sku {
                    return true;
                }
                let rest = Quantity::new(line.quantity.get() - pieces.get());
                rest.map(|rest| line.quantity = rest).is_ok()
            });
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sku(number: usize) -> Sku {
        format!("sku-{number}").parse().unwrap()
    }

    fn of(lines: &[(usize, i64)]) -> Basket {
        let line = |(number, pieces): &(usize, i64)| BasketLine {
            sku: sku(*number),
            quantity: Quantity::new(*pieces).unwrap(),
        };
        Basket { lines: lines.iter().map(line).collect() }
    }

    #[test]
    fn a_line_is_set_and_taken_out() {
        let basket = of(&[(1, 2), (2, 3)]);

        assert_eq!(basket.clone().set(sku(1), Quantity::new(5).ok()), Ok(of(&[(1, 5), (2, 3)])));
        assert_eq!(basket.clone().set(sku(1), None), Ok(of(&[(2, 3)])));
        assert_eq!(basket.clone().set(sku(9), None), Ok(basket));
    }

    #[test]
    fn a_full_basket_takes_no_further_line_but_changes_those_it_has() {
        let lines: Vec<_> = (0..100).map(|number| (number, 1)).collect();
        let full = of(&lines);

        assert_eq!(full.clone().set(sku(100), Quantity::new(1).ok()), Err(BasketFull));
        assert!(full.clone().set(sku(99), Quantity::new(2).ok()).is_ok());
        assert_eq!(full.clone().merge(of(&[(1, 1), (200, 1)])).1, [sku(200)]);
    }

    #[test]
    fn merging_adds_up_to_999() {
        let (merged, left_out) = of(&[(1, 998), (2, 1)]).merge(of(&[(1, 5), (3, 4)]));

        assert_eq!(merged, of(&[(1, 999), (2, 1), (3, 4)]));
        assert!(left_out.is_empty());
    }

    #[test]
    fn only_what_was_bought_goes() {
        let one = Quantity::new(2).unwrap();
        let rest = of(&[(1, 5), (2, 2), (3, 1)]).without([(&sku(1), one), (&sku(2), one)]);

        assert_eq!(rest, of(&[(1, 3), (3, 1)]));
    }
}
