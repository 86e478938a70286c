//! The tables: accounts with their roles, sessions, tokens in mails, throttles, signing keys.

pub(crate) mod accounts;
pub(crate) mod mail_tokens;
pub(crate) mod sessions;
pub(crate) mod signing_keys;
pub(crate) mod throttles;
