//! The auth service alone, for its own image.

fn main() -> std::process::ExitCode {
    runtime::main::<auth::App>()
}
