//! A CSV of prices: a header with `sku` and `price`, perhaps `compare_at`, and a line for each SKU.

use std::collections::HashMap;

use csv::{ByteRecord, ReaderBuilder};
use kernel::{Currency, Money, Sku};

use super::price::Price;

/// Most lines of a sheet.
pub(crate) const MOST_LINES: usize = 100_000;

/// Why nothing of a sheet can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SheetError {
    #[error("the file is empty")]
    Empty,
    #[error("the file is not UTF-8; save it as \"CSV UTF-8\"")]
    NotUtf8,
    #[error("the header lacks {0}; expected sku, price and perhaps compare_at")]
    MissingColumn(&'static str),
    #[error("the file cannot be read as CSV: {0}")]
    NotCsv(String),
    #[error("the file has more than {} lines; send it in parts", MOST_LINES)]
    TooManyLines,
}

/// What a sheet says, with the number of each line as a spreadsheet counts: the header is line 1.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Sheet {
    pub(crate) good: Vec<(u64, Sku, Price)>,
    /// What is wrong with the other lines.
    pub(crate) bad: Vec<(u64, String)>,
}

/// Where the columns are.
struct Columns {
    sku: usize,
    price: usize,
    compare_at: Option<usize>,
}

/// Reads a sheet whose prices are in one currency. Empty lines are skipped; a SKU that comes again is
/// a bad line.
pub(crate) fn read(file: &[u8], currency: Currency) -> Result<Sheet, SheetError> {
    if file.starts_with(&[0xff, 0xfe]) || file.starts_with(&[0xfe, 0xff]) {
        return Err(SheetError::NotUtf8);
    }
    // A byte order mark is how Excel says UTF-8.
    let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    if file.trim_ascii().is_empty() {
        return Err(SheetError::Empty);
    }
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(file);
    let not_csv = |error: csv::Error| SheetError::NotCsv(error.to_string());
    let columns = columns(reader.byte_headers().map_err(not_csv)?)?;
    let (mut sheet, mut seen) = (Sheet::default(), HashMap::new());
    let (mut fields, mut number) = (ByteRecord::new(), 1_u64);
    while reader.read_byte_record(&mut fields).map_err(not_csv)? {
        number += 1;
        if fields.iter().all(|field| field.trim_ascii().is_empty()) {
            continue;
        }
        if sheet.good.len() + sheet.bad.len() == MOST_LINES {
            return Err(SheetError::TooManyLines);
        }
        match line(&fields, &columns, currency) {
            Ok((sku, _)) if seen.contains_key(&sku) => {
                let first = seen.get(&sku).copied().unwrap_or_default();
                sheet.bad.push((number, format!("{sku} is in line {first} already")));
            }
            Ok((sku, price)) => {
                seen.insert(sku.clone(), number);
                sheet.good.push((number, sku, price));
            }
            Err(wrong) => sheet.bad.push((number, wrong)),
        }
    }
    Ok(sheet)
}

fn columns(header: &ByteRecord) -> Result<Columns, SheetError> {
    let mut names = Vec::with_capacity(header.len());
    for name in header {
        let name = std::str::from_utf8(name).map_err(|_| SheetError::NotUtf8)?;
        names.push(name.trim().to_lowercase());
    }
    let find = |wanted: &str| names.iter().position(|name| name == wanted);
    Ok(Columns {
        sku: find("sku").ok_or(SheetError::MissingColumn("sku"))?,
        price: find("price").ok_or(SheetError::MissingColumn("price"))?,
        compare_at: find("compare_at"),
    })
}

fn line(
    fields: &ByteRecord,
    columns: &Columns,
    currency: Currency,
) -> Result<(Sku, Price), String> {
    let field = |at: usize| {
        let bytes = fields.get(at).unwrap_or_default();
        std::str::from_utf8(bytes).map(str::trim).map_err(|_| "it is not UTF-8".to_owned())
    };
    let money = |name: &str, text: &str| {
        Money::parse_decimal(text, currency).map_err(|error| format!("{name}: {error}"))
    };
    let sku = field(columns.sku)?.parse().map_err(|error| format!("sku: {error}"))?;
    let price = money("price", field(columns.price)?)?;
    let compare_at = match columns.compare_at.map(field).transpose()?.unwrap_or_default() {
        "" => None,
        text => Some(money("compare_at", text)?),
    };
    Ok((sku, Price { price, compare_at }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(text: &str) -> Sheet {
        read(text.as_bytes(), Currency::EUR).unwrap()
    }

    #[test]
    fn columns_come_in_any_order_and_others_are_ignored() {
        let sheet = sheet("\u{feff}Price,note,SKU,compare_at\n9.90,x,mug,12\n\n5,,cup,\n");

        let eur = |minor| Money::new(minor, Currency::EUR);
        let mug = Price { price: eur(990), compare_at: Some(eur(1_200)) };
        let cup = Price { price: eur(500), compare_at: None };
        assert_eq!(
            sheet.good,
            [(2, "mug".parse().unwrap(), mug), (3, "cup".parse().unwrap(), cup)]
        );
    }

    #[test]
    fn a_bad_line_is_named_and_the_others_count() {
        let sheet = sheet("sku,price\nmug,9,90\na b,1\ncup,\nmug,8\npan,1\n");

        let lines: Vec<u64> = sheet.bad.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [3, 4, 5]);
        assert_eq!(sheet.bad[2].1, "mug is in line 2 already");
        assert_eq!(sheet.good.len(), 2);
    }

    #[test]
    fn a_file_of_which_nothing_can_be_used_is_refused() {
        let refused = |file: &[u8]| read(file, Currency::EUR).unwrap_err();

        assert_eq!(refused(b" \n"), SheetError::Empty);
        assert_eq!(refused(b"\xff\xfes\0"), SheetError::NotUtf8);
        assert_eq!(refused(b"sku,cost\n"), SheetError::MissingColumn("price"));
        let long = format!("sku,price\n{}", "a,x\n".repeat(MOST_LINES + 1));
        assert_eq!(refused(long.as_bytes()), SheetError::TooManyLines);
    }
}
