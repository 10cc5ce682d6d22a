//! Turns: what a goroutine that stands aside in a plain function waits for. A turn is queued behind
//! everything that waits and does nothing; it is no goroutine, so nobody counts it.

use std::alloc::Layout;
use std::future::ready;
use std::ptr::NonNull;

use super::cell::{self, Join, Schedule, Task};
use super::state::{Cells, Native};
use super::worker::Worker;
use crate::scheduler::Unknown;

/// Queues a turn. This thread holds the worker, and is not in the driver.
pub(super) fn queue(native: &'static Native, worker: &'static Worker) -> Join<()> {
    let (task, join) = cell::new::<Turns, _>(ready(()));
    // SAFETY: this thread holds the worker (W1).
    unsafe { worker.push(task, &native.inject) };
    native.notify();
    join
}

/// What a goroutine's cell asks for.
type Goroutines = Cells<Unknown>;

/// The same but for the counting.
struct Turns;

impl Schedule for Turns {
    fn ready(task: Task) {
        Goroutines::ready(task);
    }

    fn allocate(layout: Layout) -> (NonNull<u8>, bool) {
        Goroutines::allocate(layout)
    }

    unsafe fn free(memory: NonNull<u8>, layout: Layout, system: bool) {
        // SAFETY: the caller's promise.
        unsafe { Goroutines::free(memory, layout, system) };
    }

    fn ended() {}
}
