//! `sync`, in the three places where code runs: in a goroutine's body, in a plain function that a
//! goroutine calls, and on a thread outside the runtime.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use goish::prelude::*;

mod common;
use common::on_one_and_two_workers;

const MANY: int = 100;

/// How often a race is given its chance.
const ROUNDS: usize = if cfg!(debug_assertions) {
    2_000
} else {
    200_000
};

fn plainly(f: impl FnOnce()) {
    f();
}

on_one_and_two_workers! {
    fn a_wait_group_waits_in_goroutines() {
        let wg = sync::WaitGroup::new();
        let (count, started) = (Arc::new(AtomicI64::new(0)), chan!(()));
        for _ in 0..MANY {
            wg.Add(1);
            let (wg, count, started) = (wg.clone(), count.clone(), started.clone());
            go! {
                started.Recv();
                count.fetch_add(1, Ordering::Relaxed);
                wg.Done();
            };
        }
        let (inside, theirs) = (wg.clone(), count.clone());
        let g = go! {
            inside.Wait();
            theirs.load(Ordering::Relaxed)
        };
        close!(started);
        assert_eq!(g.Wait(), Ok(MANY));
        assert_eq!(runtime::blocking_calls(), []);
        wg.Wait();
        let also = wg.clone();
        go! { plainly(|| also.Wait()) }.Wait().unwrap();
    }

    fn a_wait_group_starts_goroutines() {
        let wg = sync::WaitGroup::new();
        let (c, count) = (chan!(int), Arc::new(AtomicI64::new(0)));
        for _ in 0..8 {
            let (c, count) = (c.clone(), count.clone());
            wg.Go(move || {
                count.fetch_add(c.Recv().0, Ordering::Relaxed);
            });
        }
        for n in 0..8 {
            c.Send(n);
        }
        wg.Wait();
        assert_eq!(count.load(Ordering::Relaxed), 28);
    }

    fn a_negative_counter_panics() {
        let g = go! { sync::WaitGroup::new().Done() };
        assert_eq!(g.Wait().unwrap_err().message(), "sync: negative WaitGroup counter");
    }

    fn a_guard_is_kept_across_operations() {
        let total = Arc::new(sync::Mutex::new(0));
        let c = chan!(int);
        let goroutines: Vec<_> = (0..8).map(|_| {
            let (total, c) = (total.clone(), c.clone());
            go! {
                let mut total = total.Lock();
                let before = *total;
                *total = before + c.Recv().0;
            }
        }).collect();
        for n in 1..=8 {
            c.Send(n);
        }
        for g in goroutines {
            g.Wait().unwrap();
        }
        assert_eq!(*total.Lock(), 36);
        assert_eq!(runtime::blocking_calls(), []);
    }

    fn a_mutex_waits_everywhere() {
        let m = Arc::new(sync::Mutex::new(vec![0]));
        let held = m.Lock();
        let (inside, plain, outside) = (m.clone(), m.clone(), m.clone());
        let a = go! { inside.Lock().push(1); };
        let b = go! { plainly(|| plain.Lock().push(2)) };
        let c = std::thread::spawn(move || outside.Lock().push(3));
        assert!(m.TryLock().is_none());
        held.Unlock();
        a.Wait().unwrap();
        b.Wait().unwrap();
        c.join().unwrap();
        let mut all = m.TryLock().unwrap().clone();
        all.sort();
        assert_eq!(all, [0, 1, 2, 3]);
    }

    fn readers_share_and_writers_do_not() {
        let m = Arc::new(sync::RWMutex::new(1));
        let g = go! {
            let one = m.RLock();
            let two = m.RLock();
            assert!(m.TryLock().is_none());
            let sum = *one + *two;
            one.RUnlock();
            drop(two);
            let mut write = m.Lock();
            assert!(m.TryRLock().is_none());
            *write += sum;
            write.Unlock();
            let total = *m.RLock();
            let plain = || {
                let read = *m.RLock();
                read + *m.Lock()
            };
            total + plain()
        };
        assert_eq!(g.Wait(), Ok(9));
    }

    fn once_is_done_once_and_waited_for() {
        let once = Arc::new(sync::Once::new());
        let count = Arc::new(AtomicI64::new(0));
        let goroutines: Vec<_> = (0..MANY).map(|n| {
            let (once, count) = (once.clone(), count.clone());
            go! {
                if n % 2 == 0 {
                    once.Do(|| { count.fetch_add(1, Ordering::Relaxed); });
                } else {
                    plainly(|| once.Do(|| { count.fetch_add(1, Ordering::Relaxed); }));
                }
                count.load(Ordering::Relaxed)
            }
        }).collect();
        for g in goroutines {
            assert_eq!(g.Wait(), Ok(1));
        }
        once.Do(|| panic!("it is done"));
    }

    fn a_once_that_panics_is_done() {
        let once = Arc::new(sync::Once::new());
        let first = once.clone();
        let g = go! { first.Do(|| panic!("oh")) };
        assert_eq!(g.Wait().unwrap_err().message(), "oh");
        once.Do(|| panic!("it is done"));
    }

    // The late wake-up of one round must not end the next: the counter decides.
    fn a_wait_group_used_over_and_over_waits_for_every_round() {
        let threads: Vec<_> = (0..8).map(|_| std::thread::spawn(|| {
            let wg = sync::WaitGroup::new();
            for round in 0..ROUNDS {
                let done = Arc::new(AtomicBool::new(false));
                wg.Add(1);
                let (inside, theirs) = (wg.clone(), done.clone());
                go! {
                    theirs.store(true, Ordering::Relaxed);
                    inside.Done();
                };
                wg.Wait();
                assert!(done.load(Ordering::Relaxed), "round {round} ended early");
            }
        })).collect();
        for thread in threads {
            thread.join().unwrap();
        }
    }
}
