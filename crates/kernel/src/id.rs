//! Typed identifiers: UUID version 7 (RFC 9562) with a prefix that says what they name.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use uuid::Uuid;

/// A text that is not an identifier of the expected kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}")]
pub struct IdError {
    expected: String,
}

impl IdError {
    pub(crate) fn number() -> Self {
        Self { expected: "an order number such as F7K2-9QXM".to_owned() }
    }

    fn id(prefix: &str) -> Self {
        Self { expected: format!("an id: `{prefix}_` and 32 hexadecimal digits") }
    }
}

fn parse(text: &str, prefix: &str) -> Result<Uuid, IdError> {
    let digits = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_'));
    digits
        .filter(|digits| digits.len() == 32)
        .and_then(|digits| Uuid::try_parse(digits).ok())
        .ok_or_else(|| IdError::id(prefix))
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// Mints a new id; later ids sort behind earlier ones.
            #[must_use]
            #[expect(clippy::new_without_default, reason = "every call gives another id")]
            #[expect(clippy::disallowed_methods, reason = "this is the one place that mints ids")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }

            /// The same id for the same bytes, for rows that must not be made twice (UUID version 5).
            #[must_use]
            pub fn derived(from: &[u8]) -> Self {
                Self(Uuid::new_v5(&Uuid::NAMESPACE_OID, &[$prefix.as_bytes(), b"/", from].concat()))
            }

            /// Wraps an id that the database gave back.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The id without its prefix, as the database keeps it.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                parse(text, $prefix).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(D::Error::custom)
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .pattern(Some(concat!("^", $prefix, "_[0-9a-f]{32}$")))
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {}

        #[cfg(feature = "sql")]
        crate::sql::as_uuid!($name);
    )*};
}

ids! {
    /// Someone who signs in.
    AccountId "acc";
    /// A basket, of a guest or of an account.
    BasketId "bsk";
    /// A mail that was sent or will be.
    EmailId "eml";
    /// One run of a catalogue import.
    ImportId "imp";
    /// A picture.
    MediaId "med";
    /// A command that was accepted, from then to its end.
    OperationId "opr";
    /// An order.
    OrderId "ord";
    /// A payment, from the card page to the refund.
    PaymentId "pay";
    /// A product.
    ProductId "prd";
    /// A signed promise of a price.
    QuoteId "quo";
    /// One signed-in browser or program.
    SessionId "ses";
    /// A parcel.
    ShipmentId "shp";
    /// One form of a product.
    VariantId "var";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_what_it_writes() {
        let id = OrderId::new();

        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(serde_json::from_str::<OrderId>(&format!("\"{id}\"")).unwrap(), id);
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        let payment = PaymentId::new().to_string();

        assert!(payment.parse::<OrderId>().is_err());
        assert!("ord_".parse::<OrderId>().is_err());
        assert!("ord_0192f0c1-0000-7000-8000-000000000000".parse::<OrderId>().is_err());
    }

    #[test]
    fn a_derived_id_is_the_same_each_time() {
        assert_eq!(VariantId::derived(b"shirt/small"), VariantId::derived(b"shirt/small"));
        assert_ne!(VariantId::derived(b"shirt/small"), VariantId::derived(b"shirt/large"));
    }
}
