//! One row: its fields as text, numbers and amounts, or what is wrong with them.

use std::str::FromStr;

use csv::ByteRecord;
use kernel::{Currency, Money, Sku};

use super::Finding;
use super::columns::{Column, Columns};
use super::said::{SaidPicture, SaidVariant};

/// The largest price, in minor units: ten million of a currency with two digits.
const LARGEST_PRICE: i64 = 1_000_000_000;
/// The largest opening stock.
const LARGEST_STOCK: i64 = 10_000_000;

/// A row of the file and what is wrong with it.
pub(super) struct Row<'a> {
    pub(super) number: u64,
    pub(super) columns: &'a Columns,
    pub(super) fields: &'a ByteRecord,
    pub(super) findings: Vec<Finding>,
}

impl Row<'_> {
    /// Notes that a field is wrong.
    pub(super) fn wrong(&mut self, column: Column, message: impl ToString) {
        self.findings.push(Finding::error(self.number, column.name(), message));
    }

    /// A field without the blanks around it; empty when the file has no such column.
    pub(super) fn text(&mut self, column: Column) -> String {
        let place = self.columns.place(column);
        let bytes = place.and_then(|place| self.fields.get(place)).unwrap_or_default();
        match std::str::from_utf8(bytes) {
            Ok(text) => text.trim().to_owned(),
            Err(_) => {
                self.wrong(column, "is not UTF-8; save the file as \"CSV UTF-8\"");
                String::new()
            }
        }
    }

    /// A line of at most so many characters.
    pub(super) fn line(&mut self, column: Column, most: usize) -> String {
        let text = self.text(column);
        if text.chars().count() > most || text.chars().any(char::is_control) {
            self.wrong(column, format!("expected at most {most} characters on one line"));
        }
        text
    }

    /// A value that may be left out.
    fn parsed<T: FromStr<Err: ToString>>(&mut self, column: Column) -> Option<T> {
        let text = self.text(column);
        if text.is_empty() {
            return None;
        }
        text.parse().map_err(|error: T::Err| self.wrong(column, error.to_string())).ok()
    }

    fn money(&mut self, column: Column, currency: Currency) -> Option<Money> {
        let text = self.text(column);
        if text.is_empty() {
            return None;
        }
        match Money::parse_decimal(&text, currency) {
            Ok(money) if money.minor() <= LARGEST_PRICE => return Some(money),
            Ok(_) => self.wrong(column, "the amount is too large"),
            Err(error) => self.wrong(column, format!("{error}; the file says {text:?}")),
        }
        None
    }

    /// `true` or `false`; blank means true.
    pub(super) fn flag(&mut self, column: Column) -> bool {
        let text = self.text(column).to_lowercase();
        match text.as_str() {
            "" | "true" | "yes" | "1" => true,
            "false" | "no" | "0" => false,
            _ => {
                self.wrong(column, format!("expected true or false; the file says {text:?}"));
                false
            }
        }
    }

    /// True when the row offers a variant, and not only a further picture.
    pub(super) fn offers(&mut self) -> bool {
        [Column::OptionValue(0), Column::Sku, Column::Price].into_iter().any(|column| {
            let place = self.columns.place(column);
            let bytes = place.and_then(|place| self.fields.get(place)).unwrap_or_default();
            !bytes.trim_ascii().is_empty()
        })
    }

    /// The variant that the row offers; none when something is wrong with it.
    pub(super) fn variant(
        &mut self,
        options: &[String],
        currency: Currency,
    ) -> Option<SaidVariant> {
        let before = self.findings.len();
        let values = self.values(options);
        let sku: Option<Sku> = self.parsed(Column::Sku);
        let price = self.money(Column::Price, currency);
        if price.is_none() && self.findings.len() == before {
            self.wrong(Column::Price, "a variant needs a price");
        }
        let compare_at = self.money(Column::CompareAt, currency);
        let tracked = !self.text(Column::Tracker).is_empty();
        let quantity = self.quantity();
        let right = self.findings.len() == before;
        let price = price.filter(|_| right)?;
        Some(SaidVariant { row: self.number, values, sku, price, compare_at, tracked, quantity })
    }

    fn values(&mut self, options: &[String]) -> Vec<String> {
        let given: Vec<String> = (0..3).map(|at| self.line(Column::OptionValue(at), 100)).collect();
        for (at, value) in given.iter().enumerate() {
            match (options.get(at), value.is_empty()) {
                (Some(option), true) => {
                    self.wrong(Column::OptionValue(at), format!("expected a value for {option}"));
                }
                (None, false) if value != "Default Title" => {
                    self.wrong(Column::OptionValue(at), "there is no option of this number");
                }
                _ => {}
            }
        }
        given.into_iter().take(options.len()).collect()
    }

    fn quantity(&mut self) -> i64 {
        let text = self.text(Column::Quantity);
        if text.is_empty() {
            return 0;
        }
        match text.parse() {
            Ok(quantity) if (0..=LARGEST_STOCK).contains(&quantity) => quantity,
            _ => {
                let most = LARGEST_STOCK;
                self.wrong(
                    Column::Quantity,
                    format!("expected a whole number from 0 to {most}; the file says {text:?}"),
                );
                0
            }
        }
    }

    /// The picture that the row names.
    pub(super) fn picture(&mut self) -> Option<SaidPicture> {
        let before = self.findings.len();
        let source = self.line(Column::ImageSrc, 2_000);
        let alt = self.line(Column::ImageAlt, 300);
        if source.is_empty() || self.findings.len() > before {
            return None;
        }
        let known = url::Url::parse(&source)
            .is_ok_and(|url| matches!(url.scheme(), "https" | "http" | "flotilla"));
        if !known {
            self.wrong(Column::ImageSrc, "expected an address that begins with https://");
            return None;
        }
        Some(SaidPicture { row: self.number, source, alt })
    }
}
