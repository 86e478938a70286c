//! The notifications service against a real Postgres and a mail server that takes mails.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod mail_server;
mod mails;
