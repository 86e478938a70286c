//! A certificate for localhost that this machine makes itself, for `./dev up --https`.
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::account::Account;
use crate::command;

/// Makes `localhost.crt` and `localhost.key` in a folder, unless they are there.
///
/// # Errors
/// When `openssl` is missing or fails.
pub(crate) fn ensure(folder: &Path, account: &Account, log: &Path) -> Result<()> {
    let (certificate, key) = (folder.join("localhost.crt"), folder.join("localhost.key"));
    if certificate.is_file() && key.is_file() {
        return Ok(());
    }
    let mut openssl = Command::new("openssl");
    openssl
        .args(["req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"])
        .args(["-days", "365", "-subj", "/CN=localhost"])
        .args(["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate);
    command::run_logged(&mut openssl, log).context("making a certificate for localhost")?;
    account.give(&certificate)?;
    account.give(&key)
}
