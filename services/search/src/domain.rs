//! What a document shows, how words are understood, and where a page of a list ends.

pub(crate) mod band;
pub(crate) mod cursor;
pub(crate) mod page;
pub(crate) mod view;
pub(crate) mod words;
