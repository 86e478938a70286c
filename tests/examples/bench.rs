//! `./dev bench`; see `e2e::bench`.

use std::process::ExitCode;

use clap::Parser as _;

#[tokio::main]
async fn main() -> ExitCode {
    e2e::bench::run(e2e::bench::Options::parse()).await
}
