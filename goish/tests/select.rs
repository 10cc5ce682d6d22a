//! `select!`, in goroutines and outside them.

use std::sync::Arc;

use goish::engine::Engine;
use goish::prelude::*;

mod common;
use common::{for_each_engine, on_one_and_two_workers};

/// An element without a zero value.
#[derive(Debug, PartialEq)]
struct NoZero(int);

fn ready<E: Engine>(values: &[int]) -> Chan<int, E> {
    let c = Chan::new(values.len() as int);
    for value in values {
        c.Send(*value);
    }
    c
}

fn full<E: Engine>() -> Chan<int, E> {
    let c = Chan::new(1);
    c.Send(0);
    c
}

/// With both cases always ready, each is chosen about as often: five standard deviations around
/// the half leave one run in a million outside.
fn assert_even(first: int, of: int) {
    let deviation = ((of as float64) / 4.0).sqrt() * 5.0;
    let distance = (first as float64 - of as float64 / 2.0).abs();
    assert!(distance < deviation, "{first} of {of}");
}

const ROUNDS: int = 10_000;

fn even_with_default<E: Engine>() {
    let a: Chan<int, E> = Chan::unbounded();
    let b: Chan<int, E> = Chan::unbounded();
    for n in 0..ROUNDS {
        a.Send(n);
        b.Send(n);
    }
    let (c, d) = (a.clone(), b.clone());
    let mut outside = 0;
    for _ in 0..ROUNDS / 2 {
        select! {
            recv(a) => outside += 1,
            recv(b) => {}
            default => panic!("both were ready"),
        }
    }
    assert_even(outside, ROUNDS / 2);
    let inside = go! {
        let mut first = 0;
        for _ in 0..ROUNDS / 2 {
            select! {
                recv(c) => first += 1,
                recv(d) => {}
                default => panic!("both were ready"),
            }
        }
        first
    };
    assert_even(inside.Wait().unwrap(), ROUNDS / 2);
}

fn even_without_default<E: Engine>() {
    let a: Chan<int, E> = Chan::unbounded();
    let b: Chan<int, E> = Chan::unbounded();
    let g = go! {
        let mut sent = [0, 0, 0];
        for _ in 0..ROUNDS {
            select! {
                send(a, 1) => sent[0] += 1,
                send(b, 2) => sent[1] += 1,
                send(a, 3) => sent[2] += 1,
            }
        }
        sent
    };
    let sent = g.Wait().unwrap();
    assert_eq!(sent.iter().sum::<int>(), ROUNDS);
    for count in sent {
        assert!((3_000..3_700).contains(&count), "{sent:?}");
    }
}

fn a_losing_value_is_not_lost<E: Engine>() {
    for _ in 0..200 {
        let (a, b): (Chan<int, E>, Chan<int, E>) = (Chan::new(0), Chan::new(0));
        let (to, other) = (a.clone(), b.clone());
        let sender = go! {
            select! {
                send(to, 1) => 1,
                send(other, 2) => 2,
            }
        };
        let got = select! {
            recv(a) |v| => v,
            recv(b) |v| => v,
        };
        assert_eq!(sender.Wait(), Ok(got));
        assert_eq!((a.try_recv().ok(), b.try_recv().ok()), (None, None));
    }
}

fn bodies<E: Engine>() {
    fn early<E: Engine>(c: &Chan<int, E>) -> Option<int> {
        let found = select! {
            recv(c) |v, ok| => (ok && v > 1).then_some(v)?,
            default => return Some(-1),
        };
        Some(found)
    }
    let c = ready::<E>(&[1, 2]);
    assert_eq!(early(&c), None);
    assert_eq!(early(&c), Some(2));
    assert_eq!(early(&c), Some(-1));

    let g = go! {
        let c = ready::<E>(&[1, 2, 3, 4, 5, 6]);
        let mut kept = vec![];
        'outer: loop {
            for _ in 0..10 {
                let v = select! {
                    recv(c) |v, ok| => {
                        if !ok { break 'outer; }
                        if v == 2 { continue; }
                        if v == 4 { continue 'outer; }
                        async { v }.await
                    }
                    default => break 'outer
                };
                kept.push(v);
            }
        }
        kept
    };
    assert_eq!(g.Wait().unwrap(), [1, 3, 5, 6]);
}

fn nil_cases<E: Engine>() {
    let never: Chan<int, E> = Chan::nil();
    let c = ready::<E>(&[1, 2]);
    for expected in [1, 2] {
        let got = select! {
            recv(never) |v| => v,
            send(never, 3) => 0,
            recv(c) |v| => v,
        };
        assert_eq!(got, expected);
    }
    let got = select! {
        recv(never) => "nil",
        send(never, 1) => "nil",
        default => "default",
    };
    assert_eq!(got, "default");
}

fn closed_cases<E: Engine>() {
    let c = ready::<E>(&[1]);
    close!(c);
    let mut seen = vec![];
    for _ in 0..2 {
        select! { recv(c) |v, ok| => seen.push((v, ok)) }
    }
    assert_eq!(seen, [(1, true), (0, false)]);
    let g = go! {
        select! {
            send(c, 1) => {}
        }
    };
    let line = line!() - 3;
    let panic = g.Wait().unwrap_err();
    assert_eq!(panic.message(), "send on closed channel");
    let location = panic.location().unwrap();
    assert!(
        location.contains(&format!("select.rs:{line}:")),
        "{location}"
    );
}

on_one_and_two_workers! {
    fn is_even_with_default() {
        for_each_engine!(even_with_default);
    }

    fn is_even_without_default() {
        for_each_engine!(even_without_default);
    }

    fn commits_one_case() {
        for_each_engine!(a_losing_value_is_not_lost);
        assert_eq!(runtime::blocking_calls(), []);
    }

    fn has_ordinary_bodies() {
        for_each_engine!(bodies);
    }

    fn never_chooses_nil() {
        for_each_engine!(nil_cases);
    }

    fn sees_closed_channels() {
        for_each_engine!(closed_cases);
    }

    /// Each of these waits for the other with `select!`. On one worker they would not end if one
    /// of them kept the worker, and would be counted if it handed the worker on.
    fn suspends_in_goroutines() {
        let (a, b) = (chan!(int), chan!(int));
        let players = [(a.clone(), b.clone()), (b, a)].map(|(from, to)| {
            go! {
                let mut sum = 0;
                for turn in 0..100 {
                    println!("{}", select! {
                        recv(from) |v| => { sum += v; v }
                        send(to, turn) => turn,
                    });
                }
                sum
            }
        });
        let mut done = vec![];
        for player in players {
            done.push(player.Wait().unwrap());
        }
        assert!(done.iter().all(|sum| *sum >= 0));
        assert_eq!(runtime::blocking_calls(), []);
    }

    fn evaluates_operands_once_and_in_order() {
        let log = std::cell::RefCell::new(vec![]);
        let note = |what: &'static str| {
            log.borrow_mut().push(what);
        };
        let (a, b): (Chan<int>, Chan<int>) = (full(), Chan::new(1));
        for _ in 0..2 {
            select! {
                send({ note("channel a"); &a }, { note("value a"); 1 }) => {}
                recv({ note("channel c"); Chan::<int>::nil() }) => {}
                send({ note("channel b"); &b }, { note("value b"); 1 }) => note("body b"),
                default => note("default"),
            }
        }
        let operands = ["channel a", "value a", "channel c", "channel b", "value b"];
        let expected: Vec<_> =
            operands.iter().chain(&["body b"]).chain(&operands).chain(&["default"]).copied().collect();
        assert_eq!(log.into_inner(), expected);
    }

    fn needs_a_zero_value_only_for_what_is_looked_at() {
        let c: Chan<NoZero> = Chan::new(4);
        for n in 0..4 {
            c.Send(NoZero(n));
        }
        let copy = c.clone();
        let g = go! {
            let first = select! { recv(copy) |_, ok| => ok };
            let second = select! { recv(copy) => 2, default => 3 };
            let third = select! { recv(copy) |_| => 4 };
            (first, second, third)
        };
        assert_eq!(g.Wait(), Ok((true, 2, 4)));
        assert_eq!(c.try_recv(), Ok(NoZero(3)));
    }

    /// What an operand's expression made besides the channel is gone when the wait begins: a lock
    /// is not held across it, and its guard need not be `Send`.
    fn holds_no_temporaries_while_it_waits() {
        struct State {
            c: Chan<int>,
        }
        let state = Arc::new(std::sync::Mutex::new(State { c: chan!(int) }));
        let theirs = state.clone();
        let g = go! {
            select! {
                recv(theirs.lock().unwrap().c) |v| => v,
                recv(time::After(time::Hour)) => 0,
            }
        };
        let c = state.lock().unwrap().c.clone();
        c.Send(5);
        assert_eq!(g.Wait(), Ok(5));
    }

    fn takes_patterns() {
        let c = chan!((int, Option<string>), 3);
        c.Send((1, Some("one".into())));
        c.Send((2, None));
        let got = select! { recv(c) |(n, name), _ok| => (n, name) };
        assert_eq!(got, (1, Some("one".to_owned())));
        let got = select! { recv(&c) |mut pair| => { pair.0 += 1; pair } };
        assert_eq!(got, (3, None));
    }

    fn nests() {
        let (a, b) = (chan!(int, 1), chan!(int, 1));
        a.Send(1);
        b.Send(2);
        let g = go! {
            select! {
                recv(a) |x| => select! {
                    recv(b) |y| => x + y,
                    recv(a) |z| => z,
                },
                recv(time::After(time::Hour)) => 0,
            }
        };
        assert_eq!(g.Wait(), Ok(3));
    }

    fn polling_with_default_lets_others_run() {
        let (c, other) = (chan!(int, 1), chan!(int, 1));
        let to = c.clone();
        let poller = go! {
            loop {
                select! {
                    recv(c) |v| => break v,
                    default => {}
                }
            }
        };
        let also = other.clone();
        let tries = go! {
            while !also.TryRecv().1 {}
        };
        let g = go! {
            to.Send(3);
            other.Send(4);
        };
        assert_eq!(poller.Wait(), Ok(3));
        assert_eq!(tries.Wait(), Ok(()));
        g.Wait().unwrap();
    }

    fn of_nothing_blocks_for_ever() {
        let c = chan!(int, 1);
        let to = c.clone();
        go! {
            to.Send(1);
            select! {}
        };
        assert_eq!(c.Recv(), (1, true));
        let outside = std::thread::spawn(|| { if c_is_never() { return; } select! {} });
        assert!(!outside.is_finished());
    }
}

fn c_is_never() -> bool {
    false
}

/// Arms as Go writes them.
mod go_form {
    use super::*;

    #[test]
    fn receives_and_sends() {
        let (numbers, out, quit) = (chan!(int, 1), chan!(int, 1), chan!(()));
        numbers.Send(7);
        let got = select! {
        case n := <-numbers:
            n * 2
        case <-quit:
            0
        };
        assert_eq!(got, 14);
        select! {
        case out <- got + 1:
        case <-quit:
            unreachable!();
        }
        assert_eq!(out.Recv(), (15, true));
    }

    #[test]
    fn tells_whether_a_channel_was_open() {
        let c = chan!(int);
        close!(c);
        let mut told = Vec::new();
        select! {
        case v, ok := <-c:
            told.push((v, ok));
        }
        select! {
        case _, ok := <-c:
            told.push((1, ok));
        }
        assert_eq!(told, [(0, false), (1, false)]);
    }

    #[test]
    fn assigns_to_what_is_there() {
        struct Seen {
            value: int,
        }
        let (c, mut seen, mut ok) = (chan!(int, 2), Seen { value: 0 }, false);
        c.Send(3);
        c.Send(4);
        assert!(!ok);
        select! {
        case seen.value, ok = <-c:
        }
        assert_eq!((seen.value, ok), (3, true));
        select! {
        case seen.value = <-c:
            seen.value += 1;
        }
        assert_eq!(seen.value, 5);
        close!(c);
        select! {
        case _, ok = <-c:
        }
        assert!(!ok);
    }

    #[test]
    fn has_a_default_and_bodies_of_several_statements() {
        let c = chan!(int, 1);
        let mut steps = Vec::new();
        'outer: for turn in 0.. {
            select! {
            case n := <-c:
                let twice = n * 2;
                steps.push(twice);
                if turn > 2 {
                    break 'outer;
                }
            default:
                steps.push(-1);
                c.Send(turn);
            }
        }
        assert_eq!(steps, [-1, 0, -1, 4]);
    }

    #[test]
    fn suspends_in_goroutines() {
        let (c, d) = (chan!(int), chan!(int));
        let g = {
            let (c, d) = (c.clone(), d.clone());
            go! {
                let mut sum = 0;
                loop {
                    select! {
                    case n, ok := <-c:
                        if !ok {
                            return sum;
                        }
                        d.Send(n);
                        sum += n;
                    case d <- i64::from(2):
                        sum += 10;
                    }
                }
            }
        };
        assert_eq!(d.Recv().0, 2);
        c.Send(5);
        let mut last = 0;
        while last != 5 {
            last = d.Recv().0;
        }
        close!(c);
        while let (n, true) = select! { recv(d) |n, ok| => (n, ok), default => (0, false) } {
            assert_eq!(n, 2);
        }
        assert!(g.Wait().unwrap() >= 15);
    }

    #[test]
    fn mixes_with_rusts_form() {
        let (c, d) = (chan!(int, 1), chan!(int, 1));
        c.Send(1);
        let got = select! {
            recv(d) |n| => n,
            case n := <-c: n + 1
        };
        assert_eq!(got, 2);
    }
}
