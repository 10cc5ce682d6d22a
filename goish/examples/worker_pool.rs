//! A bounded pool of workers. `worker` is a plain function: it reads as it would in Go, and hands
//! its thread on while it waits.

use goish::prelude::*;

#[derive(Default)]
struct Job {
    id: int,
    number: int,
}

#[derive(Default)]
struct Outcome {
    job: int,
    square: int,
}

fn worker(jobs: Chan<Job>, outcomes: Chan<Outcome>, wg: sync::WaitGroup) {
    for job in range!(jobs) {
        time::Sleep(time::Millisecond);
        outcomes.Send(Outcome {
            job: job.id,
            square: job.number * job.number,
        });
    }
    wg.Done();
}

fn main() {
    const JOBS: int = 40;
    let jobs = chan!(Job, 4);
    let outcomes = chan!(Outcome, 4);

    let wg = sync::WaitGroup::new();
    for _ in 0..8 {
        wg.Add(1);
        go! { worker(jobs, outcomes, wg) };
    }
    go! {
        wg.Wait();
        close!(outcomes);
    };
    go! {
        for id in range!(JOBS) {
            jobs.Send(Job { id, number: id + 1 });
        }
        close!(jobs);
    };

    let mut squares = vec![0; JOBS as usize];
    for outcome in range!(outcomes) {
        squares[outcome.job as usize] = outcome.square;
    }
    println!("squares: {squares:?}");
    for (id, square) in range!(squares) {
        assert_eq!(*square, (id as int + 1) * (id as int + 1));
    }
}
