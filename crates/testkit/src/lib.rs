//! What tests of services share: a service on a test database, tokens, eventually.
