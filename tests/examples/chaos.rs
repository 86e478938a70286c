//! `./dev chaos`; see `e2e::chaos`.

use std::process::ExitCode;

use clap::Parser as _;

#[tokio::main]
async fn main() -> ExitCode {
    e2e::chaos::run(e2e::chaos::Options::parse()).await
}
