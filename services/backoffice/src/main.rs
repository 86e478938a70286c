//! The back office alone, for its own image.

fn main() -> std::process::ExitCode {
    runtime::main::<backoffice::App>()
}
