//! The search service alone, for its own image.

fn main() -> std::process::ExitCode {
    runtime::main::<search::App>()
}
