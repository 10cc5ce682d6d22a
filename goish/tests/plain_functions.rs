//! Plain functions and closures that do channel operations, in goroutines and outside.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use goish::engine::Engine;
use goish::prelude::*;

mod common;
use common::{for_each_engine, on_one_and_two_workers};

fn worker<E: Engine>(jobs: Chan<int, E>, out: Chan<int, E>) {
    while let (job, true) = jobs.Recv() {
        out.Send(job * 2);
    }
}

fn eight_workers<E: Engine>() {
    let (jobs, out): (Chan<int, E>, Chan<int, E>) = (Chan::new(0), Chan::new(0));
    for _ in 0..8 {
        let (jobs, out) = (jobs.clone(), out.clone());
        go! { worker(jobs, out) };
    }
    let sender = jobs.clone();
    go! {
        for n in 0..1000 {
            sender.Send(n);
        }
        close!(sender);
    };
    let sum: int = (0..1000).map(|_| out.Recv().0).sum();
    assert_eq!(sum, 999_000);
}

/// Two goroutines that talk to each other through plain functions only.
fn parked_both_ways<E: Engine>() {
    let (a, b): (Chan<int, E>, Chan<int, E>) = (Chan::new(0), Chan::new(0));
    let (to, from) = (a.clone(), b.clone());
    let echo = go! { worker(a, b) };
    let asking = move || {
        let mut last = 0;
        for n in 0..100 {
            select! {
                send(to, n) => {}
            }
            last = from.Recv().0;
        }
        close!(to);
        last
    };
    let asked = go! { asking() };
    assert_eq!(asked.Wait(), Ok(198));
    echo.Wait().unwrap();
}

on_one_and_two_workers! {
    fn more_of_them_than_workers() {
        for_each_engine!(eight_workers);
        for_each_engine!(parked_both_ways);
    }

    fn are_counted_where_they_block() {
        let c = chan!(int);
        let from = c.clone();
        let waiting = chan!((), 1);
        let is_waiting = waiting.clone();
        let line = line!() + 3;
        let g = go! {
            let receive = || { is_waiting.TrySend(());
                from.Recv().0
            };
            receive() + from.Recv().0
        };
        waiting.Recv();
        // The closure has not come back before this: it waits, or is about to.
        while runtime::blocking_calls().is_empty() {
            std::thread::yield_now();
        }
        c.Send(1);
        c.Send(2);
        assert_eq!(g.Wait(), Ok(3));
        let calls = runtime::blocking_calls();
        assert_eq!(calls.len(), 1, "{calls:?}");
        assert!(calls[0].file.ends_with("plain_functions.rs"), "{calls:?}");
        assert_eq!((calls[0].line, calls[0].count), (line, 1), "{calls:?}");
    }

    /// A plain function whose operations are always ready stands aside now and then.
    fn do_not_starve_others() {
        fn spin(c: &Chan<int>, stop: &AtomicBool) -> int {
            let mut rounds = 0;
            while !stop.load(Ordering::Relaxed) {
                c.Send(1);
                c.Recv();
                rounds += 1;
            }
            rounds
        }
        let stop = Arc::new(AtomicBool::new(false));
        let spinners = [(); 3].map(|()| {
            let (c, stop) = (chan!(int, 1), stop.clone());
            go! { spin(&c, &stop) }
        });
        let stopper = go! {
            time::Sleep(time::Millisecond);
            stop.store(true, Ordering::Relaxed);
        };
        stopper.Wait().unwrap();
        for spinner in spinners {
            spinner.Wait().unwrap();
        }
    }

    /// Pairs that wait for each other leave their workers and take them back, while goroutines and
    /// timers come and go: nobody is left asleep.
    fn leave_their_workers_and_take_them_back() {
        fn echo(from: Chan<int>, to: Chan<int>) {
            for n in range!(from) {
                to.Send(n);
            }
        }
        fn play(to: Chan<int>, from: Chan<int>, done: Chan<()>) {
            for n in 0..50 {
                to.Send(n);
                assert_eq!(from.Recv(), (n, true));
            }
            close!(to);
            done.Send(());
        }
        for round in 0..300 {
            if runtime::scheduler() == "native" {
                runtime::GOMAXPROCS(1 + round % 6);
            }
            let done = chan!((), 8);
            for _ in 0..4 {
                let (a, b) = (chan!(int), chan!(int));
                let (from, to) = (a.clone(), b.clone());
                go! { echo(from, to) };
                let done = done.clone();
                go! { play(a, b, done) };
            }
            for _ in 0..4 {
                done.Recv();
                time::Sleep(time::Microsecond * (round % 7));
            }
        }
    }

    fn block_the_thread_that_is_none_of_ours() {
        let c = chan!(int);
        let from = c.clone();
        let thread = std::thread::spawn(move || {
            let (v, ok) = from.Recv();
            (v, ok, range!(from).sum::<int>())
        });
        for n in 1..=3 {
            c.Send(n);
        }
        close!(c);
        assert_eq!(thread.join().unwrap(), (1, true, 5));
        assert_eq!(runtime::blocking_calls(), []);
    }

    fn work_on_runtimes_of_the_users_own() {
        let c = chan!(int);
        let to = c.clone();
        let sender = go! {
            for n in 0..10 {
                to.Send(n);
            }
        };
        let single = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let first = single.block_on(async { c.Recv().0 + c.recv().await.unwrap() });
        let several = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let from = c.clone();
        let second = several.block_on(several.spawn(async move {
            let blocking = from.Recv().0;
            time::sleep(time::Millisecond).await;
            time::Sleep(time::Millisecond);
            blocking + from.recv().await.unwrap()
        }));
        let third: int = range!(c).take(6).sum();
        assert_eq!((first, second.unwrap(), third), (1, 5, 39));
        sender.Wait().unwrap();
    }

    fn by_path_and_through_references() {
        let c = chan!(int, 8);
        let g = go! {
            Chan::Send(&c, 1);
            let send = Chan::Send;
            send(&c, 2);
            [3, 4].into_iter().for_each(|n| c.Send(n));
            (0..4).map(|_| c.Recv().0).collect::<Vec<_>>()
        };
        assert_eq!(g.Wait().unwrap(), [1, 2, 3, 4]);
    }
}
