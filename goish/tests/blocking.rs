//! `runtime::blocking`: a user's own call that blocks, in a goroutine and elsewhere.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;

use goish::prelude::*;

mod common;
use common::on_one_and_two_workers;

on_one_and_two_workers! {
    /// More that block than there are workers, until other goroutines have run.
    fn hands_the_worker_on() {
        let mut senders = vec![];
        let mut goroutines: Vec<Goroutine<int>> = vec![];
        for n in 0..8_i64 {
            let (to, from) = mpsc::channel::<int>();
            senders.push(to);
            goroutines.push(go! { runtime::blocking(|| from.recv().unwrap()) + n });
        }
        let others = go! {
            for to in senders {
                to.send(10).unwrap();
                runtime::Gosched();
            }
        };
        let sum: int = goroutines.into_iter().map(|g| g.Wait().unwrap()).sum();
        assert_eq!(sum, 80 + 28);
        others.Wait().unwrap();
    }

    /// In a plain function, and within another such call.
    fn works_in_plain_functions() {
        fn wait(from: mpsc::Receiver<int>) -> int {
            runtime::blocking(|| runtime::blocking(|| from.recv().unwrap()))
        }
        let (to, from) = mpsc::channel();
        let g = go! { wait(from) };
        go! { to.send(1).unwrap() }.Wait().unwrap();
        assert_eq!(g.Wait(), Ok(1));
    }

    /// What blocks may do operations of goish's, which do not need the worker.
    fn may_do_operations() {
        let (c, d) = (chan!(int), chan!(int));
        let (from, to) = (c.clone(), d.clone());
        let g = go! {
            let sum = runtime::blocking(|| {
                let sum = from.RecvOk().0 + from.RecvOk().0;
                to.Send(sum);
                sum
            });
            sum + from.RecvOk().0
        };
        go! { for n in 1..=2 { c.Send(n) } assert_eq!(d.RecvOk().0, 3); c.Send(3) };
        assert_eq!(g.Wait(), Ok(6));
    }

    /// A panic is the goroutine's. One that is caught leaves it as it was.
    fn its_panic_is_the_goroutines() {
        let g = go! { runtime::blocking(|| panic!("inside")) };
        assert_eq!(g.Wait().unwrap_err().message(), "inside");
        let c = chan!(int);
        let from = c.clone();
        let g = go! {
            let mut sum = 0;
            for _ in 0..100 {
                let caught = catch_unwind(AssertUnwindSafe(|| {
                    runtime::blocking(|| std::panic::resume_unwind(Box::new("caught")));
                }));
                assert!(caught.is_err());
                let receive = || from.RecvOk().0;
                sum += receive() + from.RecvOk().0;
            }
            sum
        };
        let feeder = go! { for n in 0..200 { c.Send(n) } };
        assert_eq!(g.Wait(), Ok(19_900));
        feeder.Wait().unwrap();
    }

    fn is_counted_where_it_is_called() {
        let line = line!() + 1;
        let g = go! { runtime::blocking(|| 1) };
        assert_eq!(g.Wait(), Ok(1));
        let calls = runtime::blocking_calls();
        assert_eq!(calls.len(), 1, "{calls:?}");
        assert!(calls[0].file.ends_with("blocking.rs"), "{calls:?}");
        assert_eq!((calls[0].line, calls[0].count), (line, 1), "{calls:?}");
    }

    /// Elsewhere there is no worker, and nothing to hand on.
    fn only_calls_elsewhere() {
        assert_eq!(runtime::blocking(|| 1), 1);
        assert_eq!(std::thread::spawn(|| runtime::blocking(|| 2)).join().unwrap(), 2);
        assert_eq!(runtime::blocking_calls(), []);
    }
}
