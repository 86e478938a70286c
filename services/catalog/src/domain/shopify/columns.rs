//! Which column means what.

use csv::ByteRecord;

/// The columns that the import reads; all others are skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Handle,
    Title,
    Body,
    Vendor,
    Type,
    Tags,
    Published,
    Status,
    OptionName(usize),
    OptionValue(usize),
    Sku,
    Tracker,
    Quantity,
    Price,
    CompareAt,
    ImageSrc,
    ImageAlt,
}

const ALL: [Column; 21] = [
    Column::Handle,
    Column::Title,
    Column::Body,
    Column::Vendor,
    Column::Type,
    Column::Tags,
    Column::Published,
    Column::Status,
    Column::OptionName(0),
    Column::OptionName(1),
    Column::OptionName(2),
    Column::OptionValue(0),
    Column::OptionValue(1),
    Column::OptionValue(2),
    Column::Sku,
    Column::Tracker,
    Column::Quantity,
    Column::Price,
    Column::CompareAt,
    Column::ImageSrc,
    Column::ImageAlt,
];

const REQUIRED: [Column; 3] = [Column::Handle, Column::Title, Column::Price];

impl Column {
    /// The classic name, then the one of 2025.
    const fn names(self) -> [&'static str; 2] {
        match self {
            Self::Handle => ["Handle", "URL handle"],
            Self::Title => ["Title", "Title"],
            Self::Body => ["Body (HTML)", "Description"],
            Self::Vendor => ["Vendor", "Vendor"],
            Self::Type => ["Type", "Type"],
            Self::Tags => ["Tags", "Tags"],
            Self::Published => ["Published", "Published on online store"],
            Self::Status => ["Status", "Status"],
            Self::OptionName(0) => ["Option1 Name", "Option1 name"],
            Self::OptionName(1) => ["Option2 Name", "Option2 name"],
            Self::OptionName(_) => ["Option3 Name", "Option3 name"],
            Self::OptionValue(0) => ["Option1 Value", "Option1 value"],
            Self::OptionValue(1) => ["Option2 Value", "Option2 value"],
            Self::OptionValue(_) => ["Option3 Value", "Option3 value"],
            Self::Sku => ["Variant SKU", "SKU"],
            Self::Tracker => ["Variant Inventory Tracker", "Inventory tracker"],
            Self::Quantity => ["Variant Inventory Qty", "Inventory quantity"],
            Self::Price => ["Variant Price", "Price"],
            Self::CompareAt => ["Variant Compare At Price", "Compare-at price"],
            Self::ImageSrc => ["Image Src", "Product image URL"],
            Self::ImageAlt => ["Image Alt Text", "Image alt text"],
        }
    }

    /// The name that messages use.
    pub(super) const fn name(self) -> &'static str {
        self.names()[0]
    }
}

/// Where each column stands in this file.
#[derive(Debug)]
pub(super) struct Columns {
    places: Vec<(Column, usize)>,
    /// How many columns the header names.
    pub(super) width: usize,
}

impl Columns {
    /// Reads the header. The names of required columns that are not there are the error.
    pub(super) fn read(header: &ByteRecord) -> Result<Self, Vec<&'static str>> {
        let place = |column: Column| {
            header.iter().position(|name| {
                let name = name.trim_ascii();
                column.names().iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
            })
        };
        let missing: Vec<_> = REQUIRED
            .into_iter()
            .filter(|column| place(*column).is_none())
            .map(Column::name)
            .collect();
        if !missing.is_empty() {
            return Err(missing);
        }
        let places = ALL.into_iter().filter_map(|column| Some((column, place(column)?))).collect();
        Ok(Self { places, width: header.len() })
    }

    /// The index of a column, if this file has it.
    pub(super) fn place(&self, column: Column) -> Option<usize> {
        self.places.iter().find(|(known, _)| *known == column).map(|(_, place)| *place)
    }
}
