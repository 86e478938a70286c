//! What mails say.

pub(crate) mod mail;
pub(crate) mod order;
