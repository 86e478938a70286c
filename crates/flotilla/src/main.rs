//! The one binary for local work, tests and tools: every service as a sub-command, and what people do to a fleet.
#![expect(clippy::print_stdout, reason = "tools answer on standard output")]

mod gateway;
mod services;
mod tools;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let mut args: Vec<String> = std::env::args().collect();
    if let Some(exit) = args.get(1).cloned().and_then(|name| {
        let service = services::find(&name)?;
        args.remove(0);
        Some((service.run)(args.clone()))
    }) {
        return exit;
    }
    match tools::Tool::try_parse() {
        Ok(tool) => tool.run(),
        Err(error) => {
            // Nobody reads a message that cannot be printed.
            let _ = error.print();
            if error.kind() == clap::error::ErrorKind::DisplayHelp {
                let names: Vec<&str> = services::ALL.iter().map(|service| service.name).collect();
                println!("\nServices: flotilla <service>, one of {}", names.join(", "));
            }
            ExitCode::from(u8::from(error.use_stderr()) * 2)
        }
    }
}
