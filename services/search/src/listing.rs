//! Which products are wanted, in what order.

use web::{Check, RequestError};

use crate::domain::cursor::Cursor;

/// Products on a page unless the caller says otherwise.
const USUAL_LIMIT: i64 = 24;
/// Most products on a page.
const MOST: i64 = 100;
/// Longest text of a question; anything longer was not typed by a person.
const LONGEST: usize = 10_000;

/// The order of a list.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Sort {
    /// The best match first; without words, the newest.
    #[default]
    Relevance,
    /// The cheapest first.
    PriceAscending,
    /// The dearest first.
    PriceDescending,
    /// The newest first.
    Newest,
}

impl Sort {
    /// As the statement knows it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Relevance => "relevance",
            Self::PriceAscending => "price_ascending",
            Self::PriceDescending => "price_descending",
            Self::Newest => "newest",
        }
    }
}

/// What a caller asks for, not yet checked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) query: String,
    pub(crate) category: String,
    pub(crate) seller: String,
    pub(crate) min_price_minor: Option<i64>,
    pub(crate) max_price_minor: Option<i64>,
    pub(crate) in_stock: bool,
    pub(crate) sort: Sort,
    pub(crate) after: String,
    pub(crate) limit: i64,
}

/// A list that can be made.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Listing {
    pub(crate) query: String,
    pub(crate) category: String,
    pub(crate) seller: String,
    /// Inclusive, of the cheapest variant.
    pub(crate) min_price_minor: i64,
    /// Inclusive, of the cheapest variant.
    pub(crate) max_price_minor: i64,
    pub(crate) in_stock: bool,
    pub(crate) sort: Sort,
    pub(crate) after: Option<Cursor>,
    pub(crate) limit: i64,
}

impl TryFrom<Wanted> for Listing {
    type Error = RequestError;

    fn try_from(wanted: Wanted) -> Result<Self, RequestError> {
        let mut check = Check::new();
        let (least, most) = (wanted.min_price_minor, wanted.max_price_minor);
        check.that(least.is_none_or(|least| least >= 0), "min_price", "expected 0 or more");
        check.that(most.is_none_or(|most| most >= 0), "max_price", "expected 0 or more");
        let limit = if wanted.limit == 0 { USUAL_LIMIT } else { wanted.limit };
        check.that((1..=MOST).contains(&limit), "limit", "expected 1 to 100");
        check.that(wanted.query.len() <= LONGEST, "q", "expected at most 10000 bytes");
        let plain = |text: &str| text.len() <= 200 && !text.contains('\0');
        check.that(plain(&wanted.category), "category", "expected a category's slug");
        check.that(plain(&wanted.seller), "seller", "expected a seller's account id");
        let after = Cursor::parse(&wanted.after);
        if after.is_err() {
            check.wrong("after", "expected the cursor of the previous page");
        }
        let after = after.ok();
        let after = check.take(after)?;
        Ok(Self {
            query: wanted.query,
            category: wanted.category,
            seller: wanted.seller,
            min_price_minor: least.unwrap_or(0),
            max_price_minor: most.unwrap_or(i64::MAX),
            in_stock: wanted.in_stock,
            sort: wanted.sort,
            after,
            limit,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_parameter_is_named() {
        let wanted = Wanted {
            min_price_minor: Some(-1),
            max_price_minor: Some(-2),
            limit: 101,
            after: "x".into(),
            category: "a\0".into(),
            ..Wanted::default()
        };

        let Err(RequestError::InvalidFields(wrong)) = Listing::try_from(wanted) else {
            panic!("accepted")
        };

        let fields: Vec<_> = wrong.iter().filter_map(|error| error.field.as_deref()).collect();
        assert_eq!(fields, ["min_price", "max_price", "limit", "category", "after"]);
    }

    #[test]
    fn a_list_has_24_products_unless_somebody_says_otherwise() {
        let listing = Listing::try_from(Wanted::default()).unwrap();

        assert_eq!((listing.limit, listing.max_price_minor), (24, i64::MAX));
    }
}
