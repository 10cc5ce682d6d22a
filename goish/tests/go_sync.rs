//! The behaviours that Go's own tests of `sync` ask for (mutex_test, rwmutex_test, once_test,
//! waitgroup_test, cond_test), and what a future adds to them: that it may be dropped.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::task::{Context, Waker};

use goish::prelude::*;

mod common;
use common::on_one_and_two_workers;

/// How often each goroutine comes.
const TIMES: int = 1_000;

fn is_pending(future: impl Future) -> bool {
    let mut context = Context::from_waker(Waker::noop());
    pin!(future).poll(&mut context).is_pending()
}

on_one_and_two_workers! {
    // TestMutex: ten goroutines lock it, and look in passing whether it is free.
    fn many_hammer_a_mutex() {
        let m = Arc::new(sync::Mutex::new(0));
        let held = m.TryLock().unwrap();
        assert!(m.TryLock().is_none());
        held.Unlock();
        let c = chan!(bool);
        for _ in 0..10 {
            let (m, c) = (m.clone(), c.clone());
            go! {
                for n in 0..TIMES {
                    if n % 3 == 0 {
                        drop(m.TryLock());
                    }
                    *m.Lock() += 1;
                }
                c.Send(true);
            };
        }
        for _ in 0..10 {
            c.Recv();
        }
        assert_eq!(*m.Lock(), 10 * TIMES);
    }

    // TestMutexFairness: one that always locks it again at once does not keep another out.
    fn nobody_keeps_a_mutex_to_itself() {
        let m = Arc::new(sync::Mutex::new(()));
        let stop = Arc::new(AtomicBool::new(false));
        let greedy = {
            let (m, stop) = (m.clone(), stop.clone());
            go! {
                while !stop.load(Ordering::Relaxed) {
                    let guard = m.Lock();
                    time::Sleep(100 * time::Microsecond);
                    guard.Unlock();
                }
            }
        };
        let modest = {
            let m = m.clone();
            go! {
                for _ in 0..10 {
                    time::Sleep(100 * time::Microsecond);
                    m.Lock().Unlock();
                }
            }
        };
        modest.Wait().unwrap();
        stop.store(true, Ordering::Relaxed);
        greedy.Wait().unwrap();
    }

    fn a_panic_unlocks_a_mutex() {
        let m = Arc::new(sync::Mutex::new(0));
        let theirs = m.clone();
        let g = go! {
            let _guard = theirs.Lock();
            panic!("oh");
        };
        assert!(g.Wait().is_err());
        *m.TryLock().unwrap() += 1;
    }

    // TestRWMutex, HammerRWMutex: writers are alone, readers are together, and add up right.
    fn many_hammer_a_rw_mutex() {
        for readers in [1, 3, 10] {
            let m = Arc::new(sync::RWMutex::new(()));
            let activity = Arc::new(AtomicI64::new(0));
            let c = chan!(bool);
            for writer in 0..2 + readers {
                let (m, activity, c) = (m.clone(), activity.clone(), c.clone());
                go! {
                    for _ in 0..TIMES / 4 {
                        if writer < 2 {
                            let guard = m.Lock();
                            assert_eq!(activity.fetch_add(10_000, Ordering::Relaxed), 0);
                            for _ in 0..10 { std::hint::spin_loop(); }
                            activity.fetch_sub(10_000, Ordering::Relaxed);
                            guard.Unlock();
                        } else {
                            let guard = m.RLock();
                            let before = activity.fetch_add(1, Ordering::Relaxed);
                            assert!((0..10_000).contains(&before));
                            activity.fetch_sub(1, Ordering::Relaxed);
                            guard.RUnlock();
                        }
                    }
                    c.Send(true);
                };
            }
            for _ in 0..2 + readers {
                c.Recv();
            }
        }
    }

    // TestParallelReaders: all of them are in at the same time.
    fn readers_are_in_together() {
        let m = Arc::new(sync::RWMutex::new(()));
        let (locked, unlock, done) = (chan!(bool), chan!(bool), chan!(bool));
        for _ in 0..4 {
            let (m, locked, unlock, done) = (m.clone(), locked.clone(), unlock.clone(), done.clone());
            go! {
                let guard = m.RLock();
                locked.Send(true);
                unlock.Recv();
                guard.RUnlock();
                done.Send(true);
            };
        }
        for _ in 0..4 { locked.Recv(); }
        for _ in 0..4 { unlock.Send(true); }
        for _ in 0..4 { done.Recv(); }
    }

    fn a_writer_that_waits_lets_no_reader_in() {
        let m = Arc::new(sync::RWMutex::new(0));
        let reading = m.RLock();
        let mut write = Box::pin(m.lock());
        let mut context = Context::from_waker(Waker::noop());
        assert!(write.as_mut().poll(&mut context).is_pending());
        assert!(m.TryRLock().is_none());
        assert!(is_pending(m.read()));
        // It gives up, and readers come in again.
        drop(write);
        assert_eq!(*m.TryRLock().unwrap(), 0);
        reading.RUnlock();
        assert!(m.TryLock().is_some());
    }

    // TestOnce, TestOncePanic.
    fn a_once_runs_once() {
        let once = Arc::new(sync::Once::new());
        let (count, c) = (Arc::new(AtomicI64::new(0)), chan!(bool));
        for _ in 0..10 {
            let (once, count, c) = (once.clone(), count.clone(), c.clone());
            go! {
                once.Do(|| { count.fetch_add(1, Ordering::Relaxed); });
                assert_eq!(count.load(Ordering::Relaxed), 1);
                c.Send(true);
            };
        }
        for _ in 0..10 { c.Recv(); }
        let once = sync::Once::new();
        assert!(catch_unwind(AssertUnwindSafe(|| once.Do(|| panic!("failed")))).is_err());
        once.Do(|| panic!("Once.Do called twice"));
    }

    // TestWaitGroup: two groups wait for one another, eight times.
    fn two_wait_groups_wait_for_one_another() {
        let (wg1, wg2) = (sync::WaitGroup::new(), sync::WaitGroup::new());
        for _ in 0..8 {
            let n = 16;
            wg1.Add(n);
            wg2.Add(n);
            let exited = chan!(bool, 16);
            for _ in 0..n {
                let (wg1, wg2, exited) = (wg1.clone(), wg2.clone(), exited.clone());
                go! {
                    wg1.Done();
                    wg2.Wait();
                    exited.Send(true);
                };
            }
            wg1.Wait();
            for _ in 0..n {
                assert!(exited.Len() == 0, "a group let go too early");
                wg2.Done();
            }
            for _ in 0..n { exited.Recv(); }
        }
    }

    // TestWaitGroupMisuse, and that it can be used on.
    fn a_wait_group_refuses_to_go_below_zero() {
        let wg = sync::WaitGroup::new();
        wg.Add(1);
        wg.Done();
        let panic = catch_unwind(AssertUnwindSafe(|| wg.Done())).unwrap_err();
        assert_eq!(*panic.downcast::<&str>().unwrap(), "sync: negative WaitGroup counter");
        wg.Add(1);
        wg.Wait();
    }

    // TestWaitGroupRace: what was done before `Done` is seen after `Wait`.
    fn a_wait_group_shows_what_was_done() {
        for _ in 0..TIMES {
            let wg = sync::WaitGroup::new();
            let n = Arc::new(AtomicI64::new(0));
            for _ in 0..2 {
                wg.Add(1);
                let (wg, n) = (wg.clone(), n.clone());
                go! {
                    n.fetch_add(1, Ordering::Relaxed);
                    wg.Done();
                };
            }
            wg.Wait();
            assert_eq!(n.load(Ordering::Relaxed), 2);
        }
    }

    fn a_wait_that_is_dropped_leaves_nothing_behind() {
        let wg = sync::WaitGroup::new();
        wg.Add(1);
        assert!(is_pending(wg.wait()));
        wg.Done();
        wg.Add(1);
        assert!(is_pending(wg.wait()));
        wg.Done();
        wg.Wait();
    }

    // TestCondSignal: one goes on for each signal.
    fn a_signal_lets_one_go_on() {
        let m = Arc::new(sync::Mutex::new(()));
        let cond = Arc::new(sync::Cond::new());
        let n = 2;
        let (running, awake) = (chan!(bool, 2), chan!(bool, 2));
        for _ in 0..n {
            let (m, cond, running, awake) = (m.clone(), cond.clone(), running.clone(), awake.clone());
            go! {
                let guard = m.Lock();
                running.Send(true);
                let guard = cond.Wait(guard);
                awake.Send(true);
                guard.Unlock();
            };
        }
        for _ in 0..n { running.Recv(); }
        for left in (0..n).rev() {
            assert!(awake.Len() == 0, "one goes on without a signal");
            let guard = m.Lock();
            cond.Signal();
            guard.Unlock();
            awake.Recv();
            assert!(awake.Len() == 0, "too many go on: {left} should wait");
        }
        cond.Signal();
        assert_eq!(runtime::blocking_calls(), []);
    }

    // TestCondSignalGenerations: in the order in which they came.
    fn signals_are_given_in_order() {
        let m = Arc::new(sync::Mutex::new(()));
        let cond = Arc::new(sync::Cond::new());
        let n = 100;
        let (running, awake) = (chan!(bool, 100), chan!(int, 100));
        for i in 0..n {
            let (theirs, cond_, running_, awake_) = (m.clone(), cond.clone(), running.clone(), awake.clone());
            go! {
                let guard = theirs.Lock();
                running_.Send(true);
                let guard = cond_.Wait(guard);
                awake_.Send(i);
                guard.Unlock();
            };
            if i > 0 {
                assert_eq!(awake.Recv().0, i - 1);
            }
            running.Recv();
            let guard = m.Lock();
            cond.Signal();
            guard.Unlock();
        }
    }

    // TestCondBroadcast: all go on, each time.
    fn a_broadcast_lets_all_go_on() {
        let m = Arc::new(sync::Mutex::new(false));
        let cond = Arc::new(sync::Cond::new());
        let n = 20;
        let (running, awake) = (chan!(int, 20), chan!(int, 20));
        for g in 0..n {
            let (m, cond, running, awake) = (m.clone(), cond.clone(), running.clone(), awake.clone());
            go! {
                let mut exit = m.Lock();
                while !*exit {
                    running.Send(g);
                    exit = cond.Wait(exit);
                    awake.Send(g);
                }
                exit.Unlock();
            };
        }
        for round in 0..10 {
            for _ in 0..n { running.Recv(); }
            assert!(awake.Len() == 0, "one goes on without a signal");
            let mut exit = m.Lock();
            *exit = round == 9;
            cond.Broadcast();
            exit.Unlock();
            let mut seen = [false; 20];
            for _ in 0..n {
                let (g, _) = awake.Recv();
                assert!(!std::mem::replace(&mut seen[g as usize], true), "{g} goes on twice");
            }
        }
        cond.Broadcast();
    }

    fn a_cond_waits_in_plain_functions_too() {
        let shared = Arc::new((sync::Mutex::new(0), sync::Cond::new()));
        let theirs = shared.clone();
        let g = go! {
            let plain = || {
                let mut n = theirs.0.Lock();
                while *n < 3 {
                    n = theirs.1.Wait(n);
                }
                *n
            };
            plain()
        };
        for _ in 0..3 {
            *shared.0.Lock() += 1;
            shared.1.Signal();
        }
        assert_eq!(g.Wait(), Ok(3));
    }

    fn a_signalled_wait_that_is_dropped_passes_it_on() {
        let (m, cond) = (sync::Mutex::new(()), sync::Cond::new());
        let mut context = Context::from_waker(Waker::noop());
        let mut first = Box::pin(cond.wait(m.TryLock().unwrap()));
        assert!(first.as_mut().poll(&mut context).is_pending());
        let mut second = Box::pin(cond.wait(m.TryLock().unwrap()));
        assert!(second.as_mut().poll(&mut context).is_pending());
        cond.Signal();
        drop(first);
        assert!(second.as_mut().poll(&mut context).is_ready());
        assert!(m.TryLock().is_some());
    }

    fn a_lock_that_was_given_and_is_dropped_passes_on() {
        let m = sync::Mutex::new(0);
        let mut context = Context::from_waker(Waker::noop());
        let held = m.TryLock().unwrap();
        let mut first = Box::pin(m.lock());
        assert!(first.as_mut().poll(&mut context).is_pending());
        let second = std::thread::scope(|threads| {
            let waits = threads.spawn(|| *m.Lock());
            held.Unlock();
            drop(first);
            waits.join()
        });
        assert_eq!(second.unwrap(), 0);
    }
}
