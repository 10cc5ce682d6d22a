//! A million goroutines, all alive at once, all parked on one channel; then all at work.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use goish::prelude::*;

/// Spawning is mostly allocating. With `--features mimalloc` it is done by an allocator that is made
/// for many small pieces.
#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: goish::MiMalloc = goish::MiMalloc;

fn main() {
    const GOROUTINES: int = 1_000_000;
    let gate = chan!(());
    let count = Arc::new(AtomicI64::new(0));
    let wg = sync::WaitGroup::new();

    let start = time::Now();
    wg.Add(GOROUTINES);
    for _ in range!(GOROUTINES) {
        go! {
            gate.Recv();
            count.fetch_add(1, Ordering::Relaxed);
            wg.Done();
        };
    }
    assert!(runtime::NumGoroutine() > GOROUTINES);
    println!("{GOROUTINES} goroutines after {}", time::Since(start));

    close!(gate);
    wg.Wait();
    println!("all of them done after {}", time::Since(start));
    assert_eq!(count.load(Ordering::Relaxed), GOROUTINES);
}
