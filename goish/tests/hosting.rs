//! tokio's own ways to block, to spawn and to yield, inside of goroutines; and goroutines inside of
//! runtimes of the user's own.

use std::time::Duration;

use goish::prelude::*;
use tokio::runtime::{Builder, Handle, Runtime};

mod common;
use common::on_one_and_two_workers;

const SHORT: Duration = Duration::from_millis(1);

fn single() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn several() -> Runtime {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().build().unwrap()
}

/// A goroutine on the scheduler `tokio` stands in tokio's runtime already, which refuses another; and
/// one that waits in the system keeps its worker.
fn is_native() -> bool {
    runtime::scheduler() == "native"
}

/// Operations of a plain function that are always ready, for longer than a slice.
fn busily(c: &Chan<int>) -> int {
    let start = std::time::Instant::now();
    let mut rounds = 0;
    while start.elapsed() < 5 * SHORT {
        c.Send(1);
        rounds += c.Recv().0;
    }
    runtime::Gosched();
    rounds
}

on_one_and_two_workers! {
    fn a_runtime_made_and_dropped_in_a_goroutine() {
        fn inside() -> int {
            let own = single();
            let sum = own.block_on(async {
                tokio::time::sleep(SHORT).await;
                own.spawn(async { 1 }).await.unwrap() + tokio::spawn(async { 2 }).await.unwrap()
            });
            drop(own);
            let own = several();
            let more = own.block_on(async {
                tokio::time::sleep(SHORT).await;
                tokio::spawn(async { 4 }).await.unwrap()
            });
            own.shutdown_timeout(Duration::from_secs(10));
            sum + more
        }
        let number = if is_native() { 8 } else { 0 };
        let all: Vec<_> = (0..number).map(|_| go! { inside() }).collect();
        for g in all {
            assert_eq!(g.Wait(), Ok(7));
        }
    }

    /// A plain function that runs in a user's runtime, in a goroutine: its operations stand aside there.
    fn operations_in_a_runtime_in_a_goroutine() {
        fn inside(own: Runtime) -> bool {
            let c = chan!(int, 1);
            own.block_on(async {
                let alone = busily(&c);
                tokio::time::sleep(SHORT).await;
                let from = c.clone();
                go! { time::Sleep(time::Millisecond); from.Send(1) };
                c.Recv();
                let g = go! { 1 };
                g.Wait().unwrap();
                time::Sleep(time::Millisecond);
                alone > 0
            })
        }
        if !is_native() {
            return;
        }
        let others: Vec<_> = (0..3).map(|_| go! { time::Sleep(time::Millisecond) }).collect();
        let (first, second) = (go! { inside(single()) }, go! { inside(several()) });
        assert_eq!((first.Wait(), second.Wait()), (Ok(true), Ok(true)));
        for g in others {
            g.Wait().unwrap();
        }
        // And the worker is as good as before.
        let after: Vec<_> = (0..100).map(|n| go! { time::Sleep(time::Millisecond); n }).collect();
        assert_eq!(after.into_iter().map(|g| g.Wait().unwrap()).sum::<i32>(), 4950);
    }

    fn the_handle_that_goroutines_find() {
        fn inside() -> int {
            let handle = Handle::current();
            let first = std::thread::spawn(move || handle.block_on(async {
                tokio::time::sleep(SHORT).await;
                tokio::spawn(async { 1 }).await.unwrap()
            }));
            first.join().unwrap()
        }
        let number = if is_native() { 8 } else { 0 };
        let all: Vec<_> = (0..number).map(|_| go! { inside() }).collect();
        for g in all {
            assert_eq!(g.Wait(), Ok(1));
        }
    }

    fn blocking_threads_and_places() {
        let all: Vec<_> = (0..8).map(|n| go! {
            let thread = tokio::task::spawn_blocking(move || {
                std::thread::sleep(SHORT);
                go! { n }.Wait().unwrap()
            });
            let place = tokio::task::block_in_place(|| {
                std::thread::sleep(SHORT);
                1
            });
            tokio::task::yield_now().await;
            thread.await.unwrap() + place
        }).collect();
        assert_eq!(all.into_iter().map(|g| g.Wait().unwrap()).sum::<int>(), 36);
    }

    fn yielding_and_selecting_and_joining() {
        let c = chan!(int);
        let to = c.clone();
        let g = go! {
            let mut sum = 0;
            for _ in 0..200 {
                tokio::task::yield_now().await;
                sum += tokio::select! {
                    value = c.recv() => value.unwrap(),
                    () = tokio::time::sleep(Duration::from_secs(3600)) => 0,
                };
            }
            let (one, other) = tokio::join!(async { 1 }, tokio::time::timeout(SHORT, c.recv()));
            sum + one + int::from(other.is_err())
        };
        go! {
            for _ in 0..200 {
                to.Send(1);
                tokio::task::yield_now().await;
            }
        };
        assert_eq!(g.Wait(), Ok(202));
    }

    fn a_local_set() {
        fn inside() -> int {
            let local = tokio::task::LocalSet::new();
            let shared = std::rc::Rc::new(std::cell::Cell::new(0));
            let theirs = shared.clone();
            let own = single();
            local.block_on(&own, async move {
                let mut all = Vec::new();
                for n in 0..10 {
                    let theirs = theirs.clone();
                    all.push(tokio::task::spawn_local(async move {
                        tokio::time::sleep(SHORT).await;
                        let g = go! { n };
                        let n = g.wait().await.unwrap();
                        theirs.set(theirs.get() + n);
                    }));
                }
                for one in all {
                    one.await.unwrap();
                }
            });
            shared.get()
        }
        if is_native() {
            assert_eq!(go! { inside() }.Wait(), Ok(45));
        }
        assert_eq!(inside(), 45);
    }

    fn goroutines_of_runtimes_that_are_gone() {
        for own in [single(), several()] {
            let c = chan!(int);
            let to = c.clone();
            let all = own.block_on(async {
                tokio::spawn(async move {
                    (0..10).map(|n| { let to = to.clone(); go! { time::Sleep(time::Millisecond); to.Send(n) } })
                        .collect::<Vec<_>>()
                }).await.unwrap()
            });
            drop(own);
            assert_eq!((0..10).map(|_| c.Recv().0).sum::<int>(), 45);
            for g in all {
                g.Wait().unwrap();
            }
        }
    }

    /// What a runtime that is dropped still held: a goroutine's handle, and a waker of one.
    fn tasks_that_a_runtime_drops() {
        let own = several();
        let c = chan!(int);
        let from = c.clone();
        let g = go! { from.Recv().0 };
        let never = own.spawn(async move { g.wait().await });
        own.spawn(async { std::future::pending::<()>().await });
        own.shutdown_background();
        drop(never);
        c.Send(1);
        assert_eq!(go! { 1 }.Wait(), Ok(1));
    }
}
