//! The binary: hands over to [`latchkey::cli`].

use std::process::ExitCode;

/// Small, short-lived allocations dominate a request; mimalloc serves them with less CPU than the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    latchkey::cli::run()
}
