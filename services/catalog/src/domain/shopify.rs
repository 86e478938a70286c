//! A product CSV as Shopify writes it: a row for each variant or further picture, grouped by handle.
//!
//! Columns as in Shopify's help ("Using CSV files to import and export products"), in their names before
//! and since 2025. Read `said` (what a file says of a product), then `reader`.

mod columns;
mod reader;
mod row;
mod said;

pub(crate) use reader::{FileError, check, read};
pub(crate) use said::{Said, SaidPicture, SaidVariant};

/// What there is to say about a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// True when something of the row was left out.
    pub(crate) error: bool,
    /// As a spreadsheet counts: the header is row 1.
    pub(crate) row: u64,
    /// The column's name.
    pub(crate) field: Option<&'static str>,
    pub(crate) message: String,
}

impl Finding {
    pub(crate) fn error(row: u64, field: &'static str, message: impl ToString) -> Self {
        Self { error: true, row, field: Some(field), message: message.to_string() }
    }

    pub(crate) fn note(row: u64, field: &'static str, message: impl ToString) -> Self {
        Self { error: false, row, field: Some(field), message: message.to_string() }
    }
}

#[cfg(test)]
mod tests;
