//! From bytes to products, and what was wrong on the way.

use std::collections::HashMap;

use csv::{ByteRecord, ReaderBuilder};
use kernel::Currency;

use super::columns::{Column, Columns};
use super::row::Row;
use super::{Finding, Said};
use crate::domain::html::{self, Html};
use crate::domain::slug;

/// Why nothing of a file can be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FileError {
    #[error("the file is empty")]
    Empty,
    #[error("the file is UTF-16; save it as \"CSV UTF-8\"")]
    Utf16,
    #[error("the header is not UTF-8; save the file as \"CSV UTF-8\"")]
    HeaderNotUtf8,
    #[error("the header lacks {}", .0.join(", "))]
    MissingColumns(Vec<&'static str>),
    #[error("the file cannot be read as CSV: {0}")]
    NotCsv(String),
}

/// What a file says.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    /// In the order of the file.
    pub(crate) products: Vec<(Said, u64)>,
    /// Rows below the header.
    pub(crate) rows: u64,
    pub(crate) findings: Vec<Finding>,
}

/// Looks at the header alone.
pub(crate) fn check(file: &[u8]) -> Result<(), FileError> {
    open(file).map(drop)
}

fn open(file: &[u8]) -> Result<(csv::Reader<&[u8]>, Columns), FileError> {
    if file.starts_with(&[0xff, 0xfe]) || file.starts_with(&[0xfe, 0xff]) {
        return Err(FileError::Utf16);
    }
    // A byte order mark is how Excel says UTF-8.
    let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    if file.trim_ascii().is_empty() {
        return Err(FileError::Empty);
    }
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(file);
    let header = reader.byte_headers().map_err(|error| FileError::NotCsv(error.to_string()))?;
    if header.iter().any(|name| std::str::from_utf8(name).is_err()) {
        return Err(FileError::HeaderNotUtf8);
    }
    let columns = Columns::read(header).map_err(FileError::MissingColumns)?;
    Ok((reader, columns))
}

/// Reads a file. What is wrong with a row is a finding, and the rest goes on.
pub(crate) fn read(file: &[u8], currency: Currency) -> Result<Contents, FileError> {
    let (mut reader, columns) = open(file)?;
    let mut contents = Contents::default();
    // Where the product of a handle is; none when its first row was refused.
    let mut known: HashMap<String, Option<usize>> = HashMap::new();
    let mut fields = ByteRecord::new();
    let mut number = 1;
    while reader.read_byte_record(&mut fields).map_err(|e| FileError::NotCsv(e.to_string()))? {
        number += 1;
        contents.rows += 1;
        if fields.iter().all(|field| field.trim_ascii().is_empty()) {
            continue;
        }
        let mut row = Row { number, columns: &columns, fields: &fields, findings: Vec::new() };
        take(&mut row, currency, &mut contents.products, &mut known);
        contents.findings.append(&mut row.findings);
    }
    let sellable = |(said, _): &(Said, u64)| !said.variants.is_empty();
    for (said, _) in contents.products.iter().filter(|product| !sellable(product)) {
        let message = format!("{} is left out: it has no variant that can be sold", said.handle);
        contents.findings.push(Finding::error(said.row, Column::Price.name(), message));
    }
    contents.products.retain(sellable);
    Ok(contents)
}

fn take(
    row: &mut Row<'_>,
    currency: Currency,
    products: &mut Vec<(Said, u64)>,
    known: &mut HashMap<String, Option<usize>>,
) {
    let surplus = row.fields.iter().skip(row.columns.width).any(|field| !field.is_empty());
    if surplus {
        let message = "the row has more fields than the header; is a quotation mark missing?";
        row.findings.push(Finding { field: None, ..Finding::error(row.number, "", message) });
        return;
    }
    let handle = row.text(Column::Handle);
    let handle = slug::of(&handle);
    if handle.is_empty() {
        row.wrong(Column::Handle, "expected a name of letters, digits and dashes");
        return;
    }
    let at = *known.entry(handle.clone()).or_insert_with(|| {
        let said = product(row, handle)?;
        products.push((said, 0));
        Some(products.len() - 1)
    });
    let Some((said, rows)) = at.and_then(|at| products.get_mut(at)) else { return };
    *rows += 1;
    if row.offers() {
        match row.variant(&said.options, currency) {
            Some(variant) if said.variants.iter().any(|one| one.values == variant.values) => {
                row.wrong(Column::OptionValue(0), "the product has this variant already");
            }
            Some(variant) => said.variants.push(variant),
            None => {}
        }
    }
    if let Some(picture) = row.picture()
        && said.pictures.iter().all(|one| one.source != picture.source)
    {
        said.pictures.push(picture);
    }
}

/// The facts of a product, which stand in its first row.
fn product(row: &mut Row<'_>, handle: String) -> Option<Said> {
    let before = row.findings.len();
    let title = row.line(Column::Title, 255);
    if title.is_empty() && row.findings.len() == before {
        row.wrong(Column::Title, "the first row of a product needs a title");
    }
    let description = Html::sanitize(&row.text(Column::Body)).as_str().to_owned();
    if description.len() > html::LONGEST {
        row.wrong(Column::Body, "the description is longer than 64 kB");
    }
    let tags = row.line(Column::Tags, 2_000);
    let tags = tags.split(',').map(str::trim).filter(|tag| !tag.is_empty());
    let status = row.text(Column::Status).to_lowercase();
    let said = Said {
        row: row.number,
        handle,
        title,
        description,
        vendor: row.line(Column::Vendor, 255),
        kind: row.line(Column::Type, 100),
        tags: tags.map(str::to_owned).collect(),
        published: row.flag(Column::Published) && !matches!(status.as_str(), "draft" | "archived"),
        options: options(row),
        variants: Vec::new(),
        pictures: Vec::new(),
    };
    if row.findings.len() > before {
        return None;
    }
    Some(said)
}

/// The names of the options; "Title" with the value "Default Title" is how Shopify says that there is none.
fn options(row: &mut Row<'_>) -> Vec<String> {
    let names = (0..3).map(|at| row.line(Column::OptionName(at), 100));
    let names: Vec<String> = names.take_while(|name| !name.is_empty()).collect();
    let single = row.text(Column::OptionValue(0)) == "Default Title";
    if names.len() == 1 && single { Vec::new() } else { names }
}
