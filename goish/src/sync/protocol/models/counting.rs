//! A group's counter.

use std::pin::pin;

use loom::future::block_on;

use super::*;
use crate::sync::protocol::count::Count;

/// Guards: who serves the line looks at the counter again, under the lock.
#[test]
fn a_late_wake_up_does_not_end_the_next_round() {
    explore(|| {
        let count = Arc::new(Count::new());
        count.add(1).unwrap();
        let mut leaves = Box::pin(count.wait());
        assert!(poll_once(leaves.as_mut(), Waker::noop()).is_pending());
        let done = {
            let count = count.clone();
            thread::spawn(move || count.add(-1).unwrap())
        };
        drop(leaves);
        block_on(count.wait());
        count.add(1).unwrap();
        let mut waits = pin!(count.wait());
        assert!(poll_once(waits.as_mut(), Waker::noop()).is_pending());
        done.join().unwrap();
        assert!(poll_once(waits.as_mut(), Waker::noop()).is_pending());
    });
}

/// Guards: state and wake-up are not trusted as two steps, the way this was once: register, look at
/// the counter, and go on at any wake-up.
#[test]
fn each_round_ends_when_it_is_done() {
    explore(|| {
        let count = Arc::new(Count::new());
        for _ in 0..2 {
            let done = Arc::new(AtomicUsize::new(0));
            count.add(1).unwrap();
            let (theirs, inside) = (count.clone(), done.clone());
            thread::spawn(move || {
                inside.store(1, Ordering::Relaxed);
                theirs.add(-1).unwrap();
            });
            block_on(count.wait());
            assert_eq!(
                done.load(Ordering::Relaxed),
                1,
                "it returned before it was done"
            );
        }
    });
}

/// Guards: whoever waits is seen by who brings the counter to zero.
#[test]
fn everybody_goes_on_at_zero() {
    explore(|| {
        let count = Arc::new(Count::new());
        count.add(2).unwrap();
        let threads = [(); 2].map(|()| {
            let count = count.clone();
            thread::spawn(move || {
                count.add(-1).unwrap();
                block_on(count.wait());
            })
        });
        block_on(count.wait());
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
    });
}

/// Guards: a zero that was seen by somebody lets everybody go who waited for it, though the counter
/// is raised before the one who brought it to zero gets to the line.
#[test]
fn the_next_round_leaves_nobody_behind() {
    explore(|| {
        let count = Arc::new(Count::new());
        count.add(1).unwrap();
        let (counter, waker) = counter();
        let mut waits = pin!(count.wait());
        assert!(poll_once(waits.as_mut(), &waker).is_pending());
        let done = {
            let count = count.clone();
            thread::spawn(move || count.add(-1).unwrap())
        };
        block_on(count.wait());
        count.add(1).unwrap();
        done.join().unwrap();
        assert!(poll_once(waits.as_mut(), &waker).is_ready());
        assert_eq!(counter.wakes(), 1);
    });
}

/// Guards: one who leaves is not waited on by anybody, and takes nobody with it.
#[test]
fn one_leaves_while_the_others_are_served() {
    explore(|| {
        let count = Arc::new(Count::new());
        count.add(1).unwrap();
        let (counter, waker) = counter();
        let mut stays = pin!(count.wait());
        assert!(poll_once(stays.as_mut(), &waker).is_pending());
        let done = {
            let count = count.clone();
            thread::spawn(move || count.add(-1).unwrap())
        };
        {
            let mut leaves = pin!(count.wait());
            let _ = poll_once(leaves.as_mut(), Waker::noop());
        }
        done.join().unwrap();
        assert_eq!(counter.wakes(), 1);
        assert!(poll_once(stays.as_mut(), &waker).is_ready());
        count.add(1).unwrap();
        assert!(poll_once(pin!(count.wait()), Waker::noop()).is_pending());
    });
}
