//! The service on its own, for its own image.

fn main() -> std::process::ExitCode {
    runtime::main::<orders::App>()
}
