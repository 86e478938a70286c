//! The storefront alone, for its own image.

fn main() -> std::process::ExitCode {
    runtime::main::<storefront::App>()
}
