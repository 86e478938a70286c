//! The shipping service by itself, for its own image.

fn main() -> std::process::ExitCode {
    runtime::main::<shipping::App>()
}
