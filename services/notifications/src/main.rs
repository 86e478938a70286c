//! The notifications service alone, for its own image.

fn main() -> std::process::ExitCode {
    runtime::main::<notifications::App>()
}
