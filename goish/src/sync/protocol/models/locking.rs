//! Mutual exclusion.

use std::pin::pin;

use loom::cell::UnsafeCell;
use loom::future::block_on;

use super::*;
use crate::sync::protocol::exclusion::Exclusion;
use crate::sync::protocol::primitives::EVERYBODY_IS_IMPATIENT;

/// What is guarded, in loom's cell, which fails the model when two reach it at once.
struct Guarded {
    lock: Exclusion,
    value: UnsafeCell<usize>,
}

impl Guarded {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            lock: Exclusion::new(),
            value: UnsafeCell::new(0),
        })
    }

    fn add_one(&self) {
        // SAFETY: the caller has locked it; whether that is enough is what the model asks.
        self.value.with_mut(|value| unsafe { *value += 1 });
    }

    fn lock_and_add_one(&self) {
        let owned = block_on(self.lock.lock());
        self.add_one();
        drop(owned);
    }

    fn value(&self) -> usize {
        // SAFETY: as above.
        self.value.with(|value| unsafe { *value })
    }
}

fn three_lock_in_turn() {
    let guarded = Guarded::new();
    let threads = [(); 2].map(|()| {
        let guarded = guarded.clone();
        thread::spawn(move || guarded.lock_and_add_one())
    });
    guarded.lock_and_add_one();
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
    assert_eq!(guarded.value(), 3);
    assert!(guarded.lock.try_lock().is_some());
}

/// Guards: whoever stands in line is seen by the owner, and the owner wakes somebody.
#[test]
fn everybody_gets_it_and_one_at_a_time() {
    explore(three_lock_in_turn);
}

/// Guards: the hand-over, when everybody has waited long.
#[test]
fn the_impatient_get_it_handed_over() {
    explore(|| {
        EVERYBODY_IS_IMPATIENT.set(true);
        three_lock_in_turn();
    });
}

/// One unlocks while the first in line leaves, and the second must get it.
fn the_first_in_line_leaves() {
    let guarded = Guarded::new();
    let owner = {
        let guarded = guarded.clone();
        thread::spawn(move || guarded.lock_and_add_one())
    };
    let (counter, waker) = counter();
    {
        let mut leaves = pin!(guarded.lock.lock());
        if poll_once(leaves.as_mut(), Waker::noop()).is_ready() {
            owner.join().unwrap();
            return;
        }
        let mut stays = pin!(guarded.lock.lock());
        if poll_once(stays.as_mut(), &waker).is_ready() {
            owner.join().unwrap();
            return;
        }
        // It may have been woken, or handed the lock, and has not looked.
        drop(std::mem::replace(&mut *leaves, guarded.lock.lock()));
        owner.join().unwrap();
        assert_eq!(counter.wakes(), 1);
        assert!(poll_once(stays.as_mut(), &waker).is_ready());
    }
    assert!(guarded.lock.try_lock().is_some());
}

/// Guards: who was woken and leaves without a look has the next one look.
#[test]
fn one_who_leaves_passes_the_wake_up_on() {
    explore(the_first_in_line_leaves);
}

/// Guards: who was handed the lock and leaves without a look unlocks it.
#[test]
fn one_who_leaves_passes_the_lock_on() {
    explore(|| {
        EVERYBODY_IS_IMPATIENT.set(true);
        let guarded = Guarded::new();
        let held = guarded.lock.try_lock().unwrap();
        let mut first = Box::pin(guarded.lock.lock());
        assert!(poll_once(first.as_mut(), Waker::noop()).is_pending());
        let (counter, waker) = counter();
        let mut second = pin!(guarded.lock.lock());
        assert!(poll_once(second.as_mut(), &waker).is_pending());
        // Woken, passed by a newcomer, and impatient.
        drop(held);
        let passed_by = guarded.lock.try_lock().unwrap();
        assert!(poll_once(first.as_mut(), Waker::noop()).is_pending());
        drop(passed_by);
        assert!(guarded.lock.try_lock().is_none(), "it was handed over");
        drop(first);
        assert_eq!(counter.wakes(), 1);
        assert!(poll_once(second.as_mut(), &waker).is_ready());
    });
}

/// Guards: nobody comes between the unlocking of a lock that somebody starves for and its handing
/// over.
#[test]
fn nobody_passes_the_starving() {
    explore(|| {
        EVERYBODY_IS_IMPATIENT.set(true);
        let guarded = Guarded::new();
        let held = guarded.lock.try_lock().unwrap();
        let mut starves = pin!(guarded.lock.lock());
        assert!(poll_once(starves.as_mut(), Waker::noop()).is_pending());
        drop(held);
        let passed_by = guarded.lock.try_lock().unwrap();
        assert!(poll_once(starves.as_mut(), Waker::noop()).is_pending());
        let newcomer = {
            let guarded = guarded.clone();
            thread::spawn(move || assert!(guarded.lock.try_lock().is_none(), "it passed by"))
        };
        drop(passed_by);
        newcomer.join().unwrap();
        assert!(poll_once(starves.as_mut(), Waker::noop()).is_ready());
    });
}
