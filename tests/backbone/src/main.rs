//! `./dev chaos events`; see the library.
#![expect(clippy::print_stdout, reason = "it is a program's work and this is how it speaks")]

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The event backbone under faults.
#[derive(Parser)]
#[command(name = "chaos_events")]
enum Program {
    /// Writes and strikes for a while, then compares what was committed with what came of it.
    Events(backbone::chaos::Options),
    #[command(flatten)]
    Inner(Inner),
}

#[derive(Subcommand)]
enum Inner {
    /// The process under trial.
    #[command(hide = true)]
    Subject(backbone::subject::Options),
}

#[tokio::main]
async fn main() -> ExitCode {
    match Program::parse() {
        Program::Events(options) => judge(&options).await,
        Program::Inner(Inner::Subject(options)) => match backbone::subject::run(options).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("subject: {error}");
                ExitCode::FAILURE
            }
        },
    }
}

/// The last line is the verdict.
async fn judge(options: &backbone::chaos::Options) -> ExitCode {
    let seed = options.seed();
    match Box::pin(backbone::chaos::run(options)).await {
        Ok(report) => {
            report.examples.iter().for_each(|example| println!("violation: {example}"));
            println!("{report} seed={seed}");
            // A trial in which nobody wrote anything proves nothing.
            if report.is_clean() && report.events > 0 {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        Err(error) => {
            println!("violation: no verdict: {error}");
            println!("lost=1 ghosts=0 inversions=0 doubles=0 events=0 seed={seed}");
            ExitCode::FAILURE
        }
    }
}
