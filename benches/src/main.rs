//! The `lab` command. What it does stands in the library.

use std::alloc::System;
use std::process::ExitCode;

use goish_lab::allocator::CountingAllocator;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator(System);

fn main() -> ExitCode {
    goish_lab::commands::main()
}
