//! The rules: passwords, refresh tokens, sessions, throttling and when keys change. No IO.

pub(crate) mod mail_token;
pub(crate) mod password;
pub(crate) mod refresh_token;
pub(crate) mod session;
pub(crate) mod signing;
pub(crate) mod throttle;
