//! Stock keeping units: the name of a variant on shelves, price lists and parcels.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

/// 1 to 120 letters, digits, dots, dashes, underscores or slashes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Sku(String);

/// A text that is not a SKU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a SKU of 1 to 120 letters, digits, `.`, `-`, `_` or `/`")]
pub struct SkuError;

impl Sku {
    /// The SKU as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Makes a SKU of a product's handle and its option values: `shirt`, `[Small, Blue]` gives
    /// `shirt/small-blue`. What is not a letter or digit becomes a dash.
    pub fn derived<'a>(
        handle: &str,
        values: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, SkuError> {
        let values: Vec<String> = values.into_iter().map(slug).collect();
        let handle = slug(handle);
        match values.is_empty() {
            true => handle.parse(),
            false => format!("{handle}/{}", values.join("-")).parse(),
        }
    }
}

/// Lower-case letters and digits, all else as single dashes.
fn slug(text: &str) -> String {
    let mut slug = String::with_capacity(text.len());
    for letter in text.chars().flat_map(char::to_lowercase) {
        if letter.is_ascii_alphanumeric() {
            slug.push(letter);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_end_matches('-').to_owned()
}

impl FromStr for Sku {
    type Err = SkuError;
    fn from_str(text: &str) -> Result<Self, SkuError> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-_/".contains(&byte);
        if text.is_empty() || text.len() > 120 || !text.bytes().all(fits) {
            return Err(SkuError);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Sku {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Sku {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Sku {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

impl utoipa::PartialSchema for Sku {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .pattern(Some("^[A-Za-z0-9._/-]{1,120}$"))
            .into()
    }
}

impl utoipa::ToSchema for Sku {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sku_is_derived_from_handle_and_options() {
        let sku = Sku::derived("classic-varsity-top", ["Small", "Navy / White"]).unwrap();

        assert_eq!(sku.as_str(), "classic-varsity-top/small-navy-white");
        assert_eq!(Sku::derived("Ring", []).unwrap().as_str(), "ring");
    }

    #[test]
    fn what_cannot_stand_on_a_label_is_refused() {
        for wrong in ["", "a b", "ä", "a\n", &"x".repeat(121)] {
            assert_eq!(wrong.parse::<Sku>(), Err(SkuError), "{wrong}");
        }
    }
}
