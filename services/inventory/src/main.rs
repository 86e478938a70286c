//! The inventory service by itself, for its own image.

fn main() -> std::process::ExitCode {
    runtime::main::<inventory::App>()
}
