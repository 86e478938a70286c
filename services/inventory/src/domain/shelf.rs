//! How many of one SKU lie where, and how many of them are spoken for.

use kernel::Sku;

/// The most that may lie in one place; more is a slip of the keyboard.
pub(crate) const MOST: i64 = 1_000_000_000;

/// One SKU in one place: `0 <= reserved <= on_hand`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Level {
    pub(crate) location: String,
    pub(crate) on_hand: i64,
    pub(crate) reserved: i64,
}

/// All of one SKU, in the order in which locations are picked from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shelf {
    pub(crate) sku: Sku,
    /// False: not counted, there is always enough.
    pub(crate) tracked: bool,
    /// Goes up by one with each change.
    pub(crate) version: i64,
    pub(crate) levels: Vec<Level>,
}

/// So many of a SKU, taken from one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pick {
    pub(crate) sku: Sku,
    pub(crate) location: String,
    pub(crate) quantity: i64,
    /// False when the SKU was not counted: no level changed.
    pub(crate) counted: bool,
}

/// A line that asks for more than there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shortage {
    pub(crate) sku: Sku,
    pub(crate) wanted: i64,
    pub(crate) available: i64,
}

/// Why a level cannot become what somebody wants it to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("this SKU is not counted")]
    NotCounted,
    #[error("{0} are reserved, so at least {0} must stay on hand")]
    BelowReserved(i64),
    #[error("expected 0 to 1000000000 on hand")]
    OutOfRange,
}

/// What on hand becomes: a counted number or a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Adjustment {
    To(i64),
    By(i64),
}

impl Shelf {
    pub(crate) fn on_hand(&self) -> i64 {
        self.levels.iter().map(|level| level.on_hand).sum()
    }

    pub(crate) fn reserved(&self) -> i64 {
        self.levels.iter().map(|level| level.reserved).sum()
    }

    pub(crate) fn available(&self) -> i64 {
        self.on_hand() - self.reserved()
    }

    /// Sets pieces aside, from as many places as it takes, or says what is left and changes nothing.
    pub(crate) fn reserve(&mut self, wanted: i64) -> Result<Vec<Pick>, Shortage> {
        let sku = self.sku.clone();
        if !self.tracked {
            let location = self.levels.first().map(|level| level.location.clone());
            let location = location.unwrap_or_default();
            return Ok(vec![Pick { sku, location, quantity: wanted, counted: false }]);
        }
        let available = self.available();
        if wanted > available {
            return Err(Shortage { sku, wanted, available });
        }
        let mut left = wanted;
        let mut picks = Vec::new();
        for level in &mut self.levels {
            let quantity = left.min(level.on_hand - level.reserved);
            if quantity > 0 {
                level.reserved += quantity;
                left -= quantity;
                let location = level.location.clone();
                picks.push(Pick { sku: sku.clone(), location, quantity, counted: true });
            }
        }
        Ok(picks)
    }

    /// Makes a pick available again.
    pub(crate) fn release(&mut self, pick: &Pick) {
        if let Some(level) = self.counted_level(pick) {
            level.reserved -= pick.quantity;
        }
    }

    /// Takes a pick off the shelf for good.
    pub(crate) fn depart(&mut self, pick: &Pick) {
        if let Some(level) = self.counted_level(pick) {
            level.reserved -= pick.quantity;
            level.on_hand -= pick.quantity;
        }
    }

    /// Corrects what lies in one place; returns the difference.
    pub(crate) fn adjust(&mut self, location: &str, by: Adjustment) -> Result<i64, Refusal> {
        if !self.tracked {
            return Err(Refusal::NotCounted);
        }
        let place = self.levels.iter().position(|level| level.location == location);
        let (on_hand, reserved) =
            place.map_or((0, 0), |at| (self.levels[at].on_hand, self.levels[at].reserved));
        let wanted = match by {
            Adjustment::To(number) => number,
            Adjustment::By(delta) => on_hand.checked_add(delta).ok_or(Refusal::OutOfRange)?,
        };
        if !(0..=MOST).contains(&wanted) {
            return Err(Refusal::OutOfRange);
        }
        if wanted < reserved {
            return Err(Refusal::BelowReserved(reserved));
        }
        match place {
            Some(at) => self.levels[at].on_hand = wanted,
            None => self.levels.push(Level {
                location: location.to_owned(),
                on_hand: wanted,
                reserved: 0,
            }),
        }
        Ok(wanted - on_hand)
    }

    fn counted_level(&mut self, pick: &Pick) -> Option<&mut Level> {
        self.levels.iter_mut().find(|level| pick.counted && level.location == pick.location)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shelf(levels: &[(&str, i64, i64)]) -> Shelf {
        let level = |(location, on_hand, reserved): &(&str, i64, i64)| Level {
            location: (*location).to_owned(),
            on_hand: *on_hand,
            reserved: *reserved,
        };
        let levels = levels.iter().map(level).collect();
        Shelf { sku: "shirt/small".parse().unwrap(), tracked: true, version: 1, levels }
    }

    #[test]
    fn a_line_is_picked_from_as_many_places_as_it_takes() {
        let mut shelf = shelf(&[("main", 5, 3), ("north", 4, 0)]);

        let picks = shelf.reserve(5).unwrap();

        let picks: Vec<_> = picks.iter().map(|p| (p.location.as_str(), p.quantity)).collect();
        assert_eq!(picks, [("main", 2), ("north", 3)]);
        assert_eq!((shelf.on_hand(), shelf.available()), (9, 1));
    }

    #[test]
    fn a_line_that_is_too_long_changes_nothing_and_says_what_is_left() {
        let mut asked = shelf(&[("main", 5, 3)]);

        let shortage = asked.reserve(3).unwrap_err();

        assert_eq!((shortage.wanted, shortage.available), (3, 2));
        assert_eq!(asked, shelf(&[("main", 5, 3)]));
    }

    #[test]
    fn what_is_not_counted_is_always_there() {
        let mut shelf = Shelf { tracked: false, ..shelf(&[("main", 0, 0)]) };

        let picks = shelf.reserve(999).unwrap();
        shelf.depart(&picks[0]);

        assert_eq!((shelf.on_hand(), shelf.reserved()), (0, 0));
        assert_eq!(shelf.adjust("main", Adjustment::To(3)), Err(Refusal::NotCounted));
    }

    #[test]
    fn what_is_reserved_cannot_be_counted_away() {
        let mut shelf = shelf(&[("main", 5, 3)]);

        assert_eq!(shelf.adjust("main", Adjustment::To(2)), Err(Refusal::BelowReserved(3)));
        assert_eq!(shelf.adjust("main", Adjustment::By(-6)), Err(Refusal::OutOfRange));
        assert_eq!(shelf.adjust("main", Adjustment::By(i64::MAX)), Err(Refusal::OutOfRange));
        assert_eq!(shelf.adjust("main", Adjustment::By(-2)), Ok(-2));
        assert_eq!(shelf.adjust("north", Adjustment::To(4)), Ok(4));
        assert_eq!((shelf.on_hand(), shelf.available()), (7, 4));
    }
}
