//! The payments service by itself, for its own image.

fn main() -> std::process::ExitCode {
    runtime::main::<payments::App>()
}
