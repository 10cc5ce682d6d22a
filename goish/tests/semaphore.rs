//! The behaviours that the tests of `golang.org/x/sync/semaphore` ask for, and what a future adds to
//! them: that it may be dropped.

use std::future::Future;
use std::panic::catch_unwind;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::{Context, Poll, Waker};

use context::{Background, Canceled, DeadlineExceeded};
use goish::prelude::*;

mod common;
use common::{BOTH, on};

fn poll<F: Future>(future: &mut Pin<Box<F>>) -> Poll<F::Output> {
    future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
}

fn acquired(future: &mut Pin<Box<impl Future<Output = error>>>) -> bool {
    match poll(future) {
        Poll::Ready(err) => {
            assert!(err == nil);
            true
        }
        Poll::Pending => false,
    }
}

// TestWeightedPanic
#[test]
fn nobody_gives_back_what_nobody_has() {
    let sem = semaphore::NewWeighted(1);
    let text = catch_unwind(std::panic::AssertUnwindSafe(|| sem.Release(1))).unwrap_err();
    let text = text.downcast_ref::<&str>().unwrap();
    assert_eq!(*text, "semaphore: released more than held");
    assert!(sem.TryAcquire(1) && !sem.TryAcquire(1));
}

// TestWeightedTryAcquire
#[test]
fn try_acquire_takes_what_is_there() {
    let sem = semaphore::NewWeighted(2);
    let tries = [sem.TryAcquire(1), sem.TryAcquire(1), sem.TryAcquire(1)];
    sem.Release(2);
    let again = [sem.TryAcquire(2), sem.TryAcquire(1)];
    assert_eq!((tries, again), ([true, true, false], [true, false]));
    assert!(!semaphore::NewWeighted(2).TryAcquire(3));
}

// TestWeightedAcquire
#[test]
fn acquire_waits_for_what_is_not_there() {
    let sem = semaphore::NewWeighted(2);
    let ctx = Background();
    assert!(sem.Acquire(Background(), 1) == nil && sem.Acquire(&ctx, 1) == nil);
    let ctx = Background();
    let mut one = Box::pin(sem.acquire(&ctx, 1));
    assert!(!acquired(&mut one));
    sem.Release(1);
    assert!(acquired(&mut one) && !sem.TryAcquire(1));
}

// TestLargeAcquireDoesntStarve, in the order of arrival.
#[test]
fn little_does_not_overtake_much() {
    let ctx = Background();
    let sem = semaphore::NewWeighted(4);
    assert!(sem.TryAcquire(3));
    let mut much = Box::pin(sem.acquire(&ctx, 4));
    let mut little = Box::pin(sem.acquire(&ctx, 1));
    assert!(!acquired(&mut much) && !acquired(&mut little) && !sem.TryAcquire(1));
    sem.Release(3);
    assert!(acquired(&mut much) && !acquired(&mut little));
    sem.Release(4);
    assert!(acquired(&mut little));
}

// TestAllocCancelDoesntStarve: those behind one that goes need not wait for what it asked for.
#[test]
fn who_goes_lets_those_behind_through() {
    let (ctx, cancel) = context::WithCancel(Background());
    let ended = Background();
    for by_drop in [true, false] {
        let sem = semaphore::NewWeighted(10);
        assert!(sem.TryAcquire(1));
        let mut all = Box::pin(sem.acquire(if by_drop { &ended } else { &ctx }, 10));
        let mut little = Box::pin(sem.acquire(&ended, 1));
        assert!(!acquired(&mut all) && !acquired(&mut little));
        if by_drop {
            drop(all);
        } else {
            cancel();
            assert!(matches!(poll(&mut all), Poll::Ready(err) if err == Canceled));
        }
        assert!(acquired(&mut little));
        assert!(sem.TryAcquire(8) && !sem.TryAcquire(1));
    }
}

#[test]
fn what_was_given_and_is_dropped_goes_to_the_next() {
    let ctx = Background();
    let sem = semaphore::NewWeighted(1);
    assert!(sem.TryAcquire(1));
    let mut first = Box::pin(sem.acquire(&ctx, 1));
    let mut second = Box::pin(sem.acquire(&ctx, 1));
    assert!(!acquired(&mut first) && !acquired(&mut second));
    sem.Release(1);
    drop(first);
    assert!(acquired(&mut second));
    sem.Release(1);
    assert!(sem.TryAcquire(1));
}

// TestWeightedAcquireCanceled, and that what came too late is given back.
#[test]
fn who_has_ended_acquires_nothing() {
    let (ctx, cancel) = context::WithCancel(Background());
    let sem = semaphore::NewWeighted(1);
    assert!(sem.TryAcquire(1));
    let mut late = Box::pin(sem.acquire(&ctx, 1));
    assert!(!acquired(&mut late));
    sem.Release(1);
    cancel();
    assert!(matches!(poll(&mut late), Poll::Ready(err) if err == Canceled));
    assert!(sem.Acquire(&ctx, 1) == Canceled && sem.Acquire(&ctx, 0) == Canceled);
    assert!(sem.TryAcquire(1));
}

on! { BOTH
    // TestWeighted: as many as there are processors and more take and give back; nobody ever has
    // more than there is.
    fn many_hammer_it() {
        const SIZE: int = 7;
        let sem = semaphore::NewWeighted(SIZE);
        let held = Arc::new(AtomicI64::new(0));
        let mut all = Vec::new();
        for n in 0..16 {
            all.push(go! {
                let want = 1 + n % SIZE;
                for turn in 0..500 {
                    let got = turn % 5 == 0 && sem.TryAcquire(want);
                    if !got {
                        let err = sem.Acquire(context::Background(), want);
                        assert!(err == nil);
                    }
                    assert!(held.fetch_add(want, Ordering::SeqCst) + want <= SIZE);
                    if turn % 3 == 0 {
                        runtime::Gosched();
                    }
                    held.fetch_sub(want, Ordering::SeqCst);
                    sem.Release(want);
                }
            });
        }
        for g in all {
            g.Wait().unwrap();
        }
        assert!(sem.TryAcquire(SIZE));
    }

    // The same, with some who give up in the middle of it.
    fn nothing_is_lost_by_those_who_give_up() {
        const SIZE: int = 3;
        let sem = semaphore::NewWeighted(SIZE);
        let mut all = Vec::new();
        for n in 0..16 {
            all.push(go! {
                for turn in 0..200 {
                    let (ctx, cancel) = context::WithCancel(context::Background());
                    if (n + turn) % 2 == 0 {
                        go! { cancel() };
                    }
                    let want = 1 + (n + turn) % SIZE;
                    if sem.Acquire(&ctx, want) == nil {
                        runtime::Gosched();
                        sem.Release(want);
                    }
                }
            });
        }
        for g in all {
            g.Wait().unwrap();
        }
        assert!(sem.TryAcquire(SIZE));
    }

    // TestWeightedDoesntBlockIfTooBig
    fn who_asks_for_too_much_holds_nobody_up() {
        let sem = semaphore::NewWeighted(2);
        let (ctx, cancel) = context::WithCancel(Background());
        let too_much = go! { sem.Acquire(&ctx, 3) };
        for _ in 0..10 {
            let (ctx, _cancel) = context::WithCancel(Background());
            assert!(go! { sem.Acquire(ctx, 1) }.Wait().unwrap() == nil);
            sem.Release(1);
        }
        cancel();
        assert!(too_much.Wait().unwrap() == Canceled);
    }

    fn a_deadline_ends_the_waiting() {
        let sem = semaphore::NewWeighted(1);
        assert!(sem.TryAcquire(1));
        let (ctx, _cancel) = context::WithTimeout(Background(), time::Millisecond);
        assert!(sem.Acquire(&ctx, 1) == DeadlineExceeded);
        sem.Release(1);
        assert!(sem.TryAcquire(1));
    }

    fn who_waits_is_suspended() {
        let sem = semaphore::NewWeighted(1);
        assert!(sem.TryAcquire(1));
        let arrived = chan!(int);
        let mut all = Vec::new();
        for n in 0..500 {
            all.push(go! {
                arrived.Send(n);
                let err = sem.Acquire(context::Background(), 1);
                sem.Release(1);
                err
            });
        }
        for _ in 0..500 {
            arrived.Recv();
        }
        sem.Release(1);
        for g in all {
            assert!(g.Wait().unwrap() == nil);
        }
        assert!(runtime::blocking_calls().is_empty(), "{:?}", runtime::blocking_calls());
    }

    fn a_plain_function_blocks() {
        fn take(sem: &semaphore::Weighted) -> error {
            sem.Acquire(context::Background(), 2)
        }
        let sem = semaphore::NewWeighted(2);
        assert!(sem.TryAcquire(2));
        let mut all = Vec::new();
        for _ in 0..4 {
            all.push(go! {
                let err = take(&sem);
                sem.Release(2);
                err
            });
        }
        sem.Release(2);
        for g in all {
            assert!(g.Wait().unwrap() == nil);
        }
    }
}
