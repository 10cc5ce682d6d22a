//! Signals.

use std::pin::pin;

use loom::future::block_on;

use super::*;
use crate::sync::protocol::exclusion::Exclusion;
use crate::sync::protocol::signals::Signals;

/// Guards: who waits stands in line before it unlocks.
#[test]
fn a_signal_after_the_unlocking_is_not_missed() {
    explore(|| {
        let shared = Arc::new((Exclusion::new(), AtomicUsize::new(0), Signals::new()));
        let theirs = shared.clone();
        let signals = thread::spawn(move || {
            let (lock, condition, signals) = &*theirs;
            let owned = block_on(lock.lock());
            condition.store(1, Ordering::Relaxed);
            drop(owned);
            signals.one();
        });
        let (lock, condition, signals_of) = &*shared;
        let mut owned = block_on(lock.lock());
        while condition.load(Ordering::Relaxed) == 0 {
            let signal = signals_of.wait();
            drop(owned);
            block_on(signal);
            owned = block_on(lock.lock());
        }
        drop(owned);
        signals.join().unwrap();
    });
}

/// Guards: one who was given a signal and leaves gives it to the next.
#[test]
fn one_who_leaves_passes_the_signal_on() {
    explore(|| {
        let signals = Arc::new(Signals::new());
        let leaves = signals.wait();
        let mut stays = pin!(signals.wait());
        let (counter, waker) = counter();
        assert!(poll_once(stays.as_mut(), &waker).is_pending());
        let gives = {
            let signals = signals.clone();
            thread::spawn(move || signals.one())
        };
        drop(leaves);
        gives.join().unwrap();
        assert_eq!(counter.wakes(), 1);
        assert!(poll_once(stays.as_mut(), &waker).is_ready());
    });
}
