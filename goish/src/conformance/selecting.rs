//! Select.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Waker};

use super::{Promise, wait_until};
use crate::engine::Engine;
use crate::prelude::*;
use crate::runtime::Gosched;
use crate::sync::WaitGroup;

pub(super) fn promises<E: Engine>() -> Vec<Promise<E>> {
    vec![
        promise(
            "select-ready",
            "A ready case fires, whatever the others do; a receive's value may be ignored.",
            ready::<E>,
        ),
        promise(
            "select-fairness",
            "Among ready cases the choice is uniformly random, with and without default.",
            fairness::<E>,
        ),
        promise(
            "select-send-fairness",
            "A select with two sends to one channel chooses both.",
            send_fairness::<E>,
        ),
        promise(
            "select-one-commit",
            "Exactly one case of a select ever commits.",
            one_commit::<E>,
        ),
        promise(
            "select-default-race",
            "Of two channels one of which is always ready, default is never taken.",
            default_race::<E>,
        ),
        promise(
            "select-self",
            "Two goroutines that each select send and receive on one channel never deadlock, and never receive what they sent.",
            self_select::<E>,
        ),
        promise(
            "select-stress",
            "Four channels, senders and receivers direct and through select: everything arrives once.",
            stress::<E>,
        ),
        promise(
            "select-duplicate-channel",
            "One channel in several cases of several goroutines corrupts nothing.",
            duplicates::<E>,
        ),
        promise(
            "select-leaves-nothing",
            "Waiters of finished selects are released: values that they held on to are dropped.",
            leaves_nothing::<E>,
        ),
        promise(
            "select-cancelled",
            "A select that is dropped while it waits loses no value.",
            cancelled::<E>,
        ),
        promise(
            "select-across-types",
            "A select mixes element types, capacities and directions.",
            across_types::<E>,
        ),
    ]
}

fn promise<E: Engine>(name: &'static str, statement: &'static str, check: fn()) -> Promise<E> {
    Promise::new(name, statement, check).requires(|capabilities| capabilities.select)
}

fn ready<E: Engine>() {
    let never: Chan<int, E> = Chan::new(0);
    for capacity in [0, 1] {
        // A blocked peer of each shape is served.
        let c: Chan<int, E> = Chan::new(capacity);
        let sender = c.clone();
        go! { sender.Send(1); };
        select! { recv(c) => {}, recv(never) => panic!("never is never ready") }
        let sender = c.clone();
        go! { select! { send(sender, 2) => {} } };
        select! { recv(c) |_| => {}, send(never, 1) => panic!("never is never ready") }
        let receiver = c.clone();
        let g = go! { select! { recv(receiver) |v, ok| => (v, ok) } };
        select! { send(c, 3) => {}, recv(never) => panic!("never is never ready") }
        assert_eq!(g.Wait().unwrap(), (3, true));
        // A loop of tries gets through to a parked peer.
        let sender = c.clone();
        go! { sender.Send(4); };
        loop {
            select! {
                recv(c) |v| => { assert_eq!(v, 4); break; },
                default => Gosched(),
            }
        }
    }
}

fn fairness<E: Engine>() {
    const ROUNDS: usize = 10_000;
    let (a, b): (Chan<int, E>, Chan<int, E>) = (Chan::new(1), Chan::new(1));
    a.Send(1);
    b.Send(1);
    let mut counts = [0_usize; 4];
    for _ in 0..ROUNDS {
        select! {
            recv(a) => { counts[0] += 1; a.Send(1); },
            recv(b) => { counts[1] += 1; b.Send(1); },
        }
        select! {
            recv(a) => { counts[2] += 1; a.Send(1); },
            recv(b) => { counts[3] += 1; b.Send(1); },
            default => panic!("both were ready"),
        }
    }
    // Ten standard deviations of a fair coin: a fair choice fails once in 10^22 runs.
    let margin = 10 * 50;
    for count in counts {
        assert!(
            count.abs_diff(ROUNDS / 2) < margin,
            "{counts:?} of {ROUNDS}"
        );
    }
}

fn send_fairness<E: Engine>() {
    for capacity in [0, 1] {
        let c: Chan<int, E> = Chan::new(capacity);
        let sender = c.clone();
        go! { loop { select! { send(sender, 0) => {}, send(sender, 1) => {} } } };
        let mut counts = [0, 0];
        for _ in 0..2_000 {
            counts[c.Recv().0 as usize] += 1;
        }
        assert!(counts.iter().all(|&count| count > 0), "{counts:?}");
    }
}

fn one_commit<E: Engine>() {
    for capacity in [0, 1] {
        let (a, b): (Chan<int, E>, Chan<int, E>) = (Chan::new(capacity), Chan::new(capacity));
        let selectors: Vec<_> = (0..4)
            .map(|_| {
                let (a, b) = (a.clone(), b.clone());
                go! {
                    for i in 1..=1000 {
                        select! { send(a, i) => {}, send(b, i) => {} }
                    }
                }
            })
            .collect();
        let (c, d) = (a.clone(), b.clone());
        let receiver = go! {
            let (mut count, mut sum) = (0, 0);
            while count < 4_000 {
                let v = select! { recv(c) |v| => v, recv(d) |v| => v };
                count += 1;
                sum += v;
            }
            sum
        };
        for selector in selectors {
            selector.Wait().unwrap();
        }
        assert_eq!(receiver.Wait().unwrap(), 4 * 500_500);
        assert_eq!(
            (a.TryRecv(), b.TryRecv()),
            ((0, false), (0, false)),
            "nothing was sent twice"
        );
    }
}

fn default_race<E: Engine>() {
    for _ in 0..2_000 {
        let (a, b): (Chan<int, E>, Chan<int, E>) = (Chan::new(1), Chan::new(1));
        a.Send(1);
        let (c, d) = (a.clone(), b.clone());
        let g = go! {
            select! {
                recv(c) => true,
                recv(d) => true,
                default => false,
            }
        };
        b.Send(1);
        let _ = a.TryRecv();
        assert!(
            g.Wait().unwrap(),
            "default was taken while a case was ready"
        );
    }
}

fn self_select<E: Engine>() {
    for capacity in [0, 10] {
        let c: Chan<int, E> = Chan::new(capacity);
        let selectors: Vec<_> = (0..2)
            .map(|me| {
                let c = c.clone();
                go! {
                    for i in 0..1_000 {
                        if me == 0 || i % 2 == 0 {
                            select! {
                                send(c, me) => {},
                                recv(c) |v| => assert!(capacity > 0 || v != me, "received its own"),
                            }
                        } else {
                            select! {
                                recv(c) |v| => assert!(capacity > 0 || v != me, "received its own"),
                                send(c, me) => {},
                            }
                        }
                    }
                }
            })
            .collect();
        // The two do not end at once: whoever is left needs a peer.
        let finished = Arc::new(AtomicUsize::new(0));
        for selector in selectors {
            let finished = finished.clone();
            go! { selector.Wait().unwrap(); finished.fetch_add(1, Ordering::SeqCst); };
        }
        wait_until(|| {
            if finished.load(Ordering::SeqCst) == 1 {
                select! { recv(c) => {}, send(c, 2) => {}, default => {} }
            }
            finished.load(Ordering::SeqCst) == 2
        });
    }
}

fn stress<E: Engine>() {
    const ROUNDS: int = 1_000;
    let channels: [Chan<int, E>; 4] = [Chan::new(0), Chan::new(0), Chan::new(2), Chan::new(3)];
    let done = WaitGroup::new();
    for c in channels.clone() {
        let (sender, receiver) = (c.clone(), c);
        done.Add(2);
        let (sent, received) = (done.clone(), done.clone());
        go! { for _ in 0..ROUNDS { sender.Send(0); } sent.Done(); };
        go! { for _ in 0..ROUNDS { receiver.Recv(); } received.Done(); };
    }
    let senders = channels.clone();
    let sent = done.clone();
    done.Add(2);
    go! {
        let mut open = senders;
        let mut left = [ROUNDS; 4];
        while left.iter().any(|&left| left > 0) {
            let i = select! {
                send(open[0], 0) => 0, send(open[1], 0) => 1, send(open[2], 0) => 2, send(open[3], 0) => 3,
            };
            left[i] -= 1;
            if left[i] == 0 {
                open[i] = Chan::nil();
            }
        }
        sent.Done();
    };
    let receivers = channels.clone();
    let received = done.clone();
    go! {
        let mut open = receivers;
        let mut left = [ROUNDS; 4];
        while left.iter().any(|&left| left > 0) {
            let i = select! {
                recv(open[0]) => 0, recv(open[1]) => 1, recv(open[2]) => 2, recv(open[3]) => 3,
            };
            left[i] -= 1;
            if left[i] == 0 {
                open[i] = Chan::nil();
            }
        }
        received.Done();
    };
    done.Wait();
    for c in channels {
        assert_eq!(c.TryRecv(), (0, false));
    }
}

fn duplicates<E: Engine>() {
    let (c, d, e): (Chan<int, E>, Chan<int, E>, Chan<int, E>) =
        (Chan::new(0), Chan::new(0), Chan::new(0));
    let stop: Chan<int, E> = Chan::new(0);
    for _ in 0..2 {
        let (c, d, e, stop) = (c.clone(), d.clone(), e.clone(), stop.clone());
        go! {
            loop {
                select! {
                    recv(c) => {}, recv(d) => {}, recv(c) => {}, recv(e) => {}, recv(c) => {},
                    recv(stop) |_, _| => break,
                }
            }
        };
    }
    for i in 0..3_000 {
        match i % 3 {
            0 => c.Send(1),
            1 => d.Send(1),
            _ => select! { send(e, 1) => {}, send(c, 1) => {}, send(e, 1) => {} },
        }
    }
    stop.Close();
    assert_eq!(
        (c.TryRecv(), d.TryRecv(), e.TryRecv()),
        ((0, false), (0, false), (0, false))
    );
}

fn leaves_nothing<E: Engine>() {
    // Each losing send holds a reference; none may be left when its select has ended.
    let token = Arc::new(());
    let never: Chan<Option<Arc<()>>, E> = Chan::new(0);
    let ready: Chan<int, E> = Chan::new(1);
    for _ in 0..100_000 {
        ready.Send(1);
        select! {
            send(never, Some(token.clone())) => panic!("nobody receives"),
            recv(ready) => {},
        }
    }
    assert_eq!(Arc::strong_count(&token), 1);
    // And so with selects that parked first.
    let (asker, answer): (Chan<int, E>, Chan<int, E>) = (Chan::new(0), Chan::new(0));
    let (asks, answers) = (asker.clone(), answer.clone());
    go! { for _ in range!(asks) { answers.Send(1); } };
    for _ in 0..1_000 {
        asker.Send(1);
        select! {
            send(never, Some(token.clone())) => panic!("nobody receives"),
            recv(answer) => {},
        }
    }
    asker.Close();
    assert_eq!(Arc::strong_count(&token), 1);
    // No waiter of theirs is left either: a send finds nobody.
    assert!(!answer.TrySend(1));
}

#[go_fn]
async fn either<E: Engine>(a: Chan<int, E>, b: Chan<int, E>) -> int {
    select! { recv(a) |v| => v, recv(b) |v| => v }
}

fn cancelled<E: Engine>() {
    let (a, b): (Chan<int, E>, Chan<int, E>) = (Chan::new(0), Chan::new(0));
    for i in 0..100 {
        let (c, d) = (a.clone(), b.clone());
        let mut waiting = Box::pin(either(c, d));
        assert!(
            waiting
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
                .is_pending()
        );
        assert!(b.TrySend(i), "a select waits");
        drop(waiting);
        assert_eq!(b.TryRecv(), (i, true));
        assert!(!a.TrySend(i), "no waiter is left behind");
    }
    let mut receive = pin!(a.recv());
    assert!(
        receive
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_pending()
    );
}

fn across_types<E: Engine>() {
    let texts: Chan<String, E> = Chan::new(0);
    let numbers: Chan<int, E> = Chan::new(3);
    let units: Chan<(), E> = Chan::unbounded();
    let (t, n, u) = (texts.clone(), numbers.clone(), units.clone());
    go! { for i in 0..100 { t.Send(i.to_string()); } t.Close(); };
    go! { for i in 0..100 { n.Send(i); } n.Close(); };
    go! { for _ in 0..100 { u.Send(()); } u.Close(); };
    let (mut texts, mut numbers, mut units) = (texts, numbers, units);
    let mut seen = (0, 0, 0);
    while !(texts.IsNil() && numbers.IsNil() && units.IsNil()) {
        select! {
            recv(texts) |text, ok| => if ok {
                assert_eq!(text, seen.0.to_string());
                seen.0 += 1;
            } else { texts = Chan::nil(); },
            recv(numbers) |number, ok| => if ok {
                assert_eq!(number, seen.1);
                seen.1 += 1;
            } else { numbers = Chan::nil(); },
            recv(units) |(), ok| => if ok { seen.2 += 1 } else { units = Chan::nil(); },
        }
    }
    assert_eq!(seen, (100, 100, 100));
}
