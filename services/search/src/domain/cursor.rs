//! Where a page of a list ended: the sort key and the id of its last product.

use kernel::ProductId;

/// A place in a list. Lists are ordered by key, then by id, both ascending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Cursor {
    pub(crate) key: i64,
    pub(crate) id: ProductId,
}

/// A text that is no cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoCursor;

impl Cursor {
    /// Reads what a caller sends back. Empty: the beginning of the list.
    pub(crate) fn parse(text: &str) -> Result<Option<Self>, NoCursor> {
        if text.is_empty() {
            return Ok(None);
        }
        let parts = text.split_once('.');
        let cursor = parts.and_then(|(key, id)| {
            Some(Self { key: key.parse().ok()?, id: format!("prd_{id}").parse().ok()? })
        });
        cursor.map(Some).ok_or(NoCursor)
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.key, self.id.uuid().simple())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_anything_else_is_refused() {
        let cursor = Cursor { key: -12, id: ProductId::derived(b"x") };

        assert_eq!(Cursor::parse(&cursor.to_string()).unwrap(), Some(cursor));
        assert_eq!(Cursor::parse("").unwrap(), None);
        for wrong in ["x", "1.", "1.zz", ".", "99999999999999999999.0", "1' or 1=1"] {
            assert!(Cursor::parse(wrong).is_err(), "{wrong}");
        }
    }
}
