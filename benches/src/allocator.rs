//! A global allocator that can count, for the cases about memory.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

static COUNTING: AtomicBool = AtomicBool::new(false);
static BYTES: AtomicI64 = AtomicI64::new(0);
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

/// The system's allocator, with a count of the bytes asked for.
///
/// Counting is off until [`count`] turns it on: what the timed cases pay is one relaxed load of a
/// flag that nobody writes.
#[derive(Debug)]
pub struct CountingAllocator;

/// Starts counting. Memory that is freed later counts negative, whenever it was allocated, so that
/// the difference of two [`bytes`] is what the heap grew by.
pub fn count() {
    COUNTING.store(true, Ordering::Relaxed);
}

/// Bytes asked for less bytes given back since [`count`], without the allocator's own overhead.
/// Zero for ever in a program whose global allocator is another.
pub fn bytes() -> i64 {
    BYTES.load(Ordering::Relaxed)
}

/// Allocations since [`count`], each growth of one counted as another.
pub fn allocations() -> u64 {
    ALLOCATIONS.load(Ordering::Relaxed)
}

#[inline]
fn add(bytes: usize) {
    if COUNTING.load(Ordering::Relaxed) {
        BYTES.fetch_add(bytes as i64, Ordering::Relaxed);
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
    }
}

#[inline]
fn subtract(bytes: usize) {
    if COUNTING.load(Ordering::Relaxed) {
        BYTES.fetch_sub(bytes as i64, Ordering::Relaxed);
    }
}

// SAFETY: every call goes to `System` with the caller's own arguments, and what `System` returns is
// returned unchanged. The counters neither allocate nor panic.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(layout.size());
        // SAFETY: the caller keeps `GlobalAlloc::alloc`'s contract, which is `System`'s.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        add(layout.size());
        // SAFETY: as for `alloc`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        subtract(layout.size());
        // SAFETY: the pointer came from `System` with this layout, since every pointer we give out did.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        add(size);
        subtract(layout.size());
        // SAFETY: as for `dealloc`, and the caller keeps `realloc`'s contract about `size`.
        unsafe { System.realloc(pointer, layout, size) }
    }
}
