//! Goroutines, and plain functions called from them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::Promise;
use crate::engine::Engine;
use crate::prelude::*;

pub(super) fn promises<E: Engine>() -> Vec<Promise<E>> {
    vec![
        Promise::new(
            "plain-function",
            "Plain functions that do channel operations work as goroutines, more of them than workers.",
            plain_functions::<E>,
        ),
        Promise::new(
            "select-in-plain-function",
            "Select in a plain function works as well, more of them than workers.",
            plain_selects::<E>,
        ),
        Promise::new(
            "from-any-thread",
            "The same calls from a thread outside the runtime block that thread.",
            from_threads::<E>,
        ),
        Promise::new(
            "ready-goroutine-yields",
            "A goroutine whose operations are always ready lets its peers and the timers run.",
            ready_goroutine_yields::<E>,
        ),
        Promise::new(
            "ready-function-yields",
            "So does a plain function whose operations are always ready.",
            ready_function_yields::<E>,
        ),
        Promise::new(
            "panic-is-an-error",
            "A panic of a goroutine comes back as an error from Wait.",
            panics::<E>,
        ),
        Promise::new(
            "time-after",
            "A select with time::After ends when nothing else does.",
            time_after::<E>,
        ),
    ]
}

fn double<E: Engine>(jobs: Chan<int, E>, results: Chan<int, E>) {
    for job in range!(jobs) {
        results.Send(2 * job);
    }
}

fn plain_functions<E: Engine>() {
    for capacity in [0, 4] {
        let (jobs, results): (Chan<int, E>, Chan<int, E>) =
            (Chan::new(capacity), Chan::new(capacity));
        for _ in 0..8 {
            let (jobs, results) = (jobs.clone(), results.clone());
            go! { double(jobs, results) };
        }
        let feeder = jobs.clone();
        go! { for i in 0..1_000 { feeder.Send(i); } feeder.Close(); };
        let sum: int = (0..1_000).map(|_| results.Recv().0).sum();
        assert_eq!(sum, 999_000);
    }
}

fn merge<E: Engine>(a: Chan<int, E>, b: Chan<int, E>, out: Chan<int, E>) {
    for _ in 0..100 {
        let v = select! { recv(a) |v| => v, recv(b) |v| => v };
        out.Send(v);
    }
}

fn plain_selects<E: Engine>() {
    let (a, b, out): (Chan<int, E>, Chan<int, E>, Chan<int, E>) =
        (Chan::new(0), Chan::new(0), Chan::new(0));
    for _ in 0..8 {
        let (a, b, out) = (a.clone(), b.clone(), out.clone());
        go! { merge(a, b, out) };
    }
    for c in [a, b] {
        go! { for _ in 0..400 { c.Send(1); } };
    }
    let sum: int = (0..800).map(|_| out.Recv().0).sum();
    assert_eq!(sum, 800);
}

fn from_threads<E: Engine>() {
    let (questions, answers): (Chan<int, E>, Chan<int, E>) = (Chan::new(0), Chan::new(0));
    let (asked, answering) = (questions.clone(), answers.clone());
    let thread = std::thread::spawn(move || {
        for question in range!(asked) {
            select! { send(answering, question + 1) => {} }
        }
    });
    let g = go! {
        for i in 0..1_000 {
            questions.Send(i);
            assert_eq!(answers.Recv(), (i + 1, true));
        }
        questions.Close();
    };
    g.Wait().unwrap();
    thread.join().unwrap();
}

fn ready_goroutine_yields<E: Engine>() {
    let stop = Arc::new(AtomicBool::new(false));
    // More of them than workers, so that nobody else runs unless they yield.
    let spinners: Vec<_> = (0..8)
        .map(|_| {
            let (c, stopped): (Chan<int, E>, _) = (Chan::new(1), stop.clone());
            go! {
                while !stopped.load(Ordering::SeqCst) {
                    c.Send(1);
                    c.Recv();
                }
            }
        })
        .collect();
    let stopper = stop.clone();
    let g = go! { time::Sleep(time::Millisecond); stopper.store(true, Ordering::SeqCst); };
    g.Wait().unwrap();
    for spinner in spinners {
        spinner.Wait().unwrap();
    }
}

fn spin<E: Engine>(c: Chan<int, E>, stopped: Arc<AtomicBool>) {
    while !stopped.load(Ordering::SeqCst) {
        c.Send(1);
        c.Recv();
    }
}

fn ready_function_yields<E: Engine>() {
    let stop = Arc::new(AtomicBool::new(false));
    let spinners: Vec<_> = (0..4)
        .map(|_| {
            let (c, stopped): (Chan<int, E>, _) = (Chan::new(1), stop.clone());
            go! { spin(c, stopped) }
        })
        .collect();
    let stopper = stop.clone();
    let g = go! { time::Sleep(time::Millisecond); stopper.store(true, Ordering::SeqCst); };
    g.Wait().unwrap();
    for spinner in spinners {
        spinner.Wait().unwrap();
    }
}

fn panics<E: Engine>() {
    let c: Chan<int, E> = Chan::new(0);
    c.Close();
    let sender = c.clone();
    let g = go! { sender.Send(1); };
    let error = g.Wait().expect_err("it panicked");
    assert!(
        error.to_string().contains("send on closed channel"),
        "{error}"
    );
    // Seen from another goroutine, too.
    let count = Arc::new(AtomicUsize::new(0));
    let counter = count.clone();
    let g = go! {
        let g = go! { panic!("one") };
        if g.Wait().is_err() {
            counter.fetch_add(1, Ordering::SeqCst);
        }
    };
    g.Wait().unwrap();
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

fn time_after<E: Engine>() {
    let never: Chan<int, E> = Chan::new(0);
    let timed_out = select! {
        recv(never) => false,
        recv(time::After(time::Millisecond)) => true,
    };
    assert!(timed_out);
    let g = go! {
        select! {
            recv(never) => false,
            recv(time::After(time::Millisecond)) => true,
        }
    };
    assert!(g.Wait().unwrap());
}
