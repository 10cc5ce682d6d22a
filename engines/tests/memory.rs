//! What the native engine asks of the heap, counted by an allocator of its own.
#![cfg(feature = "engine-native")]

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::pin::pin;
use std::task::Poll;

use common::*;
use goish_engines::{Case, Channel, Engine, Native, select};

thread_local! {
    /// Bytes asked for less bytes given back, and how often bytes were asked for, by this thread.
    static HEAP: Cell<(isize, usize)> = const { Cell::new((0, 0)) };
}

struct Counting;

// SAFETY: every call goes to `System` unchanged; the counters are plain cells, which neither
// allocate nor panic.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let (bytes, times) = HEAP.get();
        HEAP.set((bytes + layout.size() as isize, times + 1));
        // SAFETY: the caller's promise is `System`'s.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        let (bytes, times) = HEAP.get();
        HEAP.set((bytes - layout.size() as isize, times));
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// By how much the heap grew, and how often something was allocated, while `work` ran.
fn heap<R>(work: impl FnOnce() -> R) -> (isize, usize, R) {
    let before = HEAP.get();
    let result = work();
    let after = HEAP.get();
    (after.0 - before.0, after.1 - before.1, result)
}

type Chan<T> = <Native as Engine>::Channel<T>;

#[test]
fn an_empty_channel_is_one_allocation_of_at_most_96_bytes() {
    for make in [
        || Chan::<u64>::bounded(0),
        || Chan::bounded(1024),
        Chan::unbounded,
    ] {
        let (bytes, times, channel) = heap(make);
        assert!(bytes <= 96, "{bytes} bytes");
        assert_eq!(times, 1);
        let (bytes, ..) = heap(|| drop(channel));
        assert!(bytes >= -96);
    }
}

#[test]
fn an_unbounded_channel_gives_memory_back_after_a_burst() {
    let values = if cfg!(miri) { 10_000 } else { 1_000_000 };
    let channel = Chan::<u64>::unbounded();
    let (before, _) = HEAP.get();
    for burst in 0..3 {
        for value in 0..values {
            channel.try_send(value).unwrap();
        }
        let (full, _) = HEAP.get();
        assert!(full - before >= 8 * values as isize);
        while channel.try_recv().is_ok() {}
        let (drained, _) = HEAP.get();
        // A ring for some hundred values may stay.
        assert!(
            drained - before <= 8_192,
            "burst {burst} left {} bytes",
            drained - before
        );
    }
}

#[test]
fn nothing_is_allocated_to_wait() {
    let (left, right) = (Chan::<u64>::bounded(0), Chan::<u64>::bounded(0));
    let (_, times, ()) = heap(|| {
        for _ in 0..3 {
            let mut receive = pin!(left.recv());
            assert!(poll(receive.as_mut()).is_pending());
            left.try_send(1).unwrap();
            assert_eq!(poll(receive), Poll::Ready(Some(1)));
            let mut send = pin!(left.send(2));
            assert!(poll(send.as_mut()).is_pending());
            assert_eq!(left.try_recv(), Ok(2));
            assert!(poll(send).is_ready());
            let (mut a, mut b) = (pin!(left.recv_arm()), pin!(right.send_arm(3)));
            let cases: &mut [Case<'_>] = &mut [Some(a.as_mut()), Some(b.as_mut())];
            let mut selecting = pin!(select(cases));
            assert!(poll(selecting.as_mut()).is_pending());
            assert_eq!(right.try_recv(), Ok(3));
            assert_eq!(poll(selecting), Poll::Ready(1));
        }
    });
    assert_eq!(times, 0);
}
