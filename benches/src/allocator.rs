//! A global allocator that can count, for the cases about memory.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

static COUNTING: AtomicBool = AtomicBool::new(false);
static BYTES: AtomicI64 = AtomicI64::new(0);
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

/// An allocator, the system's unless another is named, with a count of the bytes asked for.
///
/// Counting is off until [`count`] turns it on: what the timed cases pay is one relaxed load of a
/// flag that nobody writes.
#[derive(Debug)]
pub struct CountingAllocator<A = System>(pub A);

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

// SAFETY: every call goes to the inner allocator with the caller's own arguments, and what that
// returns is returned unchanged. The counters neither allocate nor panic.
unsafe impl<A: GlobalAlloc> GlobalAlloc for CountingAllocator<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(layout.size());
        // SAFETY: the caller keeps `GlobalAlloc::alloc`'s contract, which is the inner one's.
        unsafe { self.0.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        add(layout.size());
        // SAFETY: as for `alloc`.
        unsafe { self.0.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        subtract(layout.size());
        // SAFETY: the pointer came from the inner allocator with this layout, since every pointer we give out did.
        unsafe { self.0.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        add(size);
        subtract(layout.size());
        // SAFETY: as for `dealloc`, and the caller keeps `realloc`'s contract about `size`.
        unsafe { self.0.realloc(pointer, layout, size) }
    }
}
