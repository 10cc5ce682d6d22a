//! Who holds a worker does not keep the others from theirs. None of these measures how long anything
//! took: what must come about comes about while the one who could prevent it still runs.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use goish::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

mod common;
use common::{BOTH, NATIVE, on};

/// For so long a goroutine holds its worker at most: somebody who waited for its end failed.
const END: Duration = Duration::from_secs(20);

/// How many goroutines hold all workers.
fn enough() -> usize {
    usize::try_from(runtime::GOMAXPROCS(0)).unwrap()
}

#[derive(Clone, Default)]
struct Flag(Arc<AtomicBool>);

impl Flag {
    fn set(&self) {
        self.0.store(true, SeqCst);
    }

    fn is_set(&self) -> bool {
        self.0.load(SeqCst)
    }

    /// Computes until it is set. False if that did not come.
    fn compute(&self) -> bool {
        let start = Instant::now();
        while !self.is_set() {
            if start.elapsed() > END {
                return false;
            }
            std::hint::spin_loop();
        }
        true
    }
}

/// A timer fires, a fresh goroutine runs and a message comes through while the others run.
fn others_get_on(stop: &Flag, all: Vec<Goroutine<()>>) {
    go! { time::Sleep(2 * time::Millisecond) }.Wait().unwrap();
    go! { go! {}.Wait().unwrap() }.Wait().unwrap();
    time::After(2 * time::Millisecond).Recv();
    go! { tokio::time::sleep(Duration::from_millis(2)).await }
        .Wait()
        .unwrap();
    let c = chan!(int);
    let to = c.clone();
    go! {
        for n in 0..100 {
            to.Send(n);
        }
        close!(to);
    };
    assert_eq!(range!(c).sum::<int>(), 4950);
    assert!(!stop.is_set());
    stop.set();
    for g in all {
        g.Wait().unwrap();
    }
}

/// What is done until the flag is set, by twice as many goroutines as there are workers.
fn many(stop: &Flag, one: impl Fn(Flag) -> Goroutine<()>) -> Vec<Goroutine<()>> {
    (0..2 * enough()).map(|_| one(stop.clone())).collect()
}

on! { BOTH
    fn receives_that_find_nothing() {
        let stop = Flag::default();
        let all = many(&stop, |stop| {
            let c = chan!(int, 1);
            go! {
                while !stop.is_set() {
                    assert_eq!(c.TryRecv(), (0, false));
                }
            }
        });
        others_get_on(&stop, all);
    }

    fn sleeps_of_no_time() {
        let stop = Flag::default();
        let all = many(&stop, |stop| go! {
            while !stop.is_set() {
                time::Sleep(time::Duration(0));
            }
        });
        others_get_on(&stop, all);
    }

    fn selects_with_a_default() {
        let stop = Flag::default();
        let all = many(&stop, |stop| {
            let (c, d) = (chan!(int), chan!(int));
            go! {
                while !stop.is_set() {
                    select! {
                        recv(c) => panic!("nobody sends"),
                        send(d, 1) => panic!("nobody receives"),
                        default => {}
                    }
                }
            }
        });
        others_get_on(&stop, all);
    }

    fn yields() {
        let stop = Flag::default();
        let all = many(&stop, |stop| go! {
            while !stop.is_set() {
                runtime::Gosched();
            }
        });
        others_get_on(&stop, all);
    }

    fn yields_of_tokios() {
        let stop = Flag::default();
        let all = many(&stop, |stop| go! {
            while !stop.is_set() {
                tokio::task::yield_now().await;
            }
        });
        others_get_on(&stop, all);
    }

    fn plain_functions_with_nothing_to_receive() {
        fn spin(c: &Chan<int>, stop: &Flag) {
            while !stop.is_set() {
                c.TryRecv();
            }
        }
        let stop = Flag::default();
        let all = many(&stop, |stop| {
            let c = chan!(int, 1);
            go! { spin(&c, &stop) }
        });
        others_get_on(&stop, all);
    }

    /// Those that hand a message to and fro keep each other ready.
    fn pairs() {
        let stop = Flag::default();
        let all = many(&stop, |stop| {
            let (a, b) = (chan!(int), chan!(int));
            let (from, to) = (a.clone(), b.clone());
            go! {
                for n in range!(from) {
                    to.Send(n);
                }
            };
            go! {
                while !stop.is_set() {
                    a.Send(1);
                    b.Recv();
                }
                close!(a);
            }
        });
        others_get_on(&stop, all);
    }

    /// A socket's readiness comes through a backlog of goroutines that are always ready.
    fn sockets_behind_a_backlog() {
        let stop = Flag::default();
        let backlog: Vec<_> = (0..1000).map(|_| {
            let stop = stop.clone();
            go! {
                while !stop.is_set() {
                    runtime::Gosched();
                }
            }
        }).collect();
        let address = chan!(Option<std::net::SocketAddr>, 1);
        let is_at = address.clone();
        go! {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            is_at.Send(Some(listener.local_addr().unwrap()));
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut bytes = [0; 1];
            while stream.read(&mut bytes).await.unwrap() > 0 {
                stream.write_all(&bytes).await.unwrap();
            }
        };
        let client = go! {
            let (address, _) = address.Recv();
            let mut stream = TcpStream::connect(address.unwrap()).await.unwrap();
            for n in 0..50 {
                stream.write_all(&[n]).await.unwrap();
                assert_eq!(stream.read_u8().await.unwrap(), n);
            }
        };
        client.Wait().unwrap();
        others_get_on(&stop, backlog);
    }
}

on! { NATIVE
    fn lengths_that_are_asked_for() {
        let stop = Flag::default();
        let all = many(&stop, |stop| {
            let c = chan!(int, 1);
            go! {
                while !stop.is_set() {
                    assert_eq!(c.Len(), 0);
                }
            }
        });
        others_get_on(&stop, all);
    }

    fn loops_without_an_operation() {
        let stop = Flag::default();
        let all = many(&stop, |stop| go! { assert!(stop.compute()) });
        others_get_on(&stop, all);
        let held = runtime::held_workers();
        let line = concat!(file!(), ":");
        assert!(held.iter().any(|held| held.what.starts_with(line)), "{held:?}");
    }

    /// Each of them waits, in the system, until all do.
    fn hidden_calls() {
        let barrier = Arc::new(Barrier::new(64));
        let all: Vec<_> = (0..64).map(|_| {
            let barrier = barrier.clone();
            go! { barrier.wait(); }
        }).collect();
        others_get_on(&Flag::default(), all);
    }

    fn hidden_sleeps() {
        let stop = Flag::default();
        let all: Vec<_> = (0..64).map(|_| {
            let stop = stop.clone();
            go! {
                while !stop.is_set() {
                    std::thread::sleep(Duration::from_millis(20));
                }
            }
        }).collect();
        others_get_on(&stop, all);
    }

    /// Whoever is woken by one that computes on does not wait for it.
    fn those_who_are_woken_by_one_that_computes_on() {
        for round in 0..20 {
            // By a send, a receive, a close, an unlock, a `Done`, and the end of another.
            let (c, d, e) = (chan!(int), chan!(int), chan!(int));
            let mutex = Arc::new(sync::Mutex::new(0));
            let wg = sync::WaitGroup::new();
            wg.Add(1);
            let flags: [Flag; 5] = Default::default();
            let parked = sync::WaitGroup::new();
            parked.Add(5);
            let locked = chan!(());
            let waker = {
                let (c, d, e, wg, mutex) = (c.clone(), d.clone(), e.clone(), wg.clone(), mutex.clone());
                let (flags, parked, locked) = (flags.clone(), parked.clone(), locked.clone());
                go! {
                    let guard = mutex.Lock();
                    close!(locked);
                    parked.Wait();
                    // They are about to park, or have.
                    time::Sleep(time::Millisecond);
                    match round % 5 {
                        0 => { c.Send(1); assert!(flags[0].compute(), "a send") }
                        1 => { d.Recv(); assert!(flags[1].compute(), "a receive") }
                        2 => { close!(e); assert!(flags[2].compute(), "a close") }
                        3 => { wg.Done(); assert!(flags[3].compute(), "a Done") }
                        _ => { drop(guard); assert!(flags[4].compute(), "an unlock") }
                    }
                }
            };
            locked.Recv();
            let all = {
                let [f0, f1, f2, f3, f4] = flags.clone();
                let (c, d, e, wg, mutex) = (c.clone(), d.clone(), e.clone(), wg.clone(), mutex.clone());
                let [p0, p1, p2, p3, p4] = std::array::from_fn(|_| parked.clone());
                [
                    go! { p0.Done(); c.Recv(); f0.set() },
                    go! { p1.Done(); d.Send(1); f1.set() },
                    go! { p2.Done(); e.Recv(); f2.set() },
                    go! { p3.Done(); wg.Wait(); f3.set() },
                    go! { p4.Done(); drop(mutex.Lock()); f4.set() },
                ]
            };
            waker.Wait().unwrap();
            // The others, now.
            if round % 5 != 0 { c.Send(1); }
            if round % 5 != 1 { d.Recv(); }
            if round % 5 != 2 { close!(e); }
            if round % 5 != 3 { wg.Done(); }
            for g in all {
                g.Wait().unwrap();
            }
        }
    }

    /// The same while every worker has one that computes.
    fn chains_of_those_that_compute_on() {
        let last = Flag::default();
        let mut next = chan!(());
        let first = next.clone();
        let mut all = Vec::new();
        for _ in 0..3 * enough() {
            let (from, to, last) = (next, chan!(()), last.clone());
            next = to.clone();
            all.push(go! {
                from.Recv();
                to.Send(());
                assert!(last.compute());
            });
        }
        let end = last.clone();
        go! { next.Recv(); end.set() };
        first.Send(());
        for g in all {
            g.Wait().unwrap();
        }
    }
}
