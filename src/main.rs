//! The exit code and the signals; nothing else.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Reports that go to files are written beside and renamed, so ending at once leaves nothing half-written.
    // When the handler cannot be set the default one ends the program as well.
    let _ = ctrlc::set_handler(|| std::process::exit(ssot_guard::code_when_stopped().into()));
    ExitCode::from(ssot_guard::run())
}
