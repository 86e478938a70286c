//! The price bands of the facet.

use kernel::{Currency, Money};

use crate::domain::view::FacetView;

/// Where each band begins, in minor units; it ends where the next one begins.
pub(crate) const STARTS: [i64; 6] = [0, 1_000, 2_500, 5_000, 10_000, 20_000];

/// The facet of the band with this index, counted from 0 in [`STARTS`].
pub(crate) fn facet(band: usize, currency: Currency, count: i64) -> Option<FacetView> {
    let start = *STARTS.get(band)?;
    let money = |minor: i64| Money::new(minor, currency);
    let (value, label) = match STARTS.get(band + 1) {
        None => (format!("{start}-"), format!("{} and more", money(start))),
        Some(end) if start == 0 => (format!("0-{end}"), format!("under {}", money(*end))),
        Some(end) => (format!("{start}-{end}"), format!("{} to {}", money(start), money(*end))),
    };
    Some(FacetView { value, label, count })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_meet_without_gap_and_the_last_is_open() {
        let last = STARTS.len() - 1;

        assert_eq!(facet(0, Currency::EUR, 3).unwrap().value, "0-1000");
        assert_eq!(facet(1, Currency::EUR, 3).unwrap().value, "1000-2500");
        assert_eq!(facet(last, Currency::EUR, 3).unwrap().label, "200.00 EUR and more");
        assert!(facet(last + 1, Currency::EUR, 3).is_none());
    }
}
