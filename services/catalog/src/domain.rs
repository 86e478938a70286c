//! The rules: a product and its commands, sanitized HTML, names in URLs, and what a Shopify file says.

pub(crate) mod html;
pub(crate) mod import;
pub(crate) mod product;
pub(crate) mod shopify;
pub(crate) mod slug;
