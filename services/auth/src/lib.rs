//! Accounts, sessions and signing keys.
