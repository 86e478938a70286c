//! What a file says of a product, kept to tell what a later file says otherwise.

use kernel::{Money, Sku};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// One product of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Said {
    /// The row that names it first.
    pub(crate) row: u64,
    pub(crate) handle: String,
    pub(crate) title: String,
    /// Sanitized.
    pub(crate) description: String,
    pub(crate) vendor: String,
    /// The category's name; empty when the file names none.
    pub(crate) kind: String,
    pub(crate) tags: Vec<String>,
    pub(crate) published: bool,
    pub(crate) options: Vec<String>,
    pub(crate) variants: Vec<SaidVariant>,
    pub(crate) pictures: Vec<SaidPicture>,
}

/// One variant of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SaidVariant {
    pub(crate) row: u64,
    pub(crate) values: Vec<String>,
    /// None: to be derived.
    pub(crate) sku: Option<Sku>,
    pub(crate) price: Money,
    pub(crate) compare_at: Option<Money>,
    pub(crate) tracked: bool,
    pub(crate) quantity: i64,
}

/// One picture of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SaidPicture {
    pub(crate) row: u64,
    /// `https://…`, `http://…` or `flotilla:picture/<category>/<name>`.
    pub(crate) source: String,
    pub(crate) alt: String,
}

impl Said {
    /// SHA-256 of what is said, wherever in the file it stands.
    pub(crate) fn fingerprint(&self) -> Vec<u8> {
        let mut said = self.clone();
        said.row = 0;
        for variant in &mut said.variants {
            variant.row = 0;
        }
        for picture in &mut said.pictures {
            picture.row = 0;
        }
        Sha256::digest(serde_json::to_vec(&said).unwrap_or_default()).to_vec()
    }
}
