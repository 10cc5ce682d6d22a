//! What `go!` makes of a body: operations suspend wherever they stand, and whatever is not
//! goish's stays as it was. On one worker an operation that blocked it would never end, unless it
//! handed the worker on, and that would be counted: these tests see to it that nothing was.

#![allow(
    non_snake_case,
    clippy::dbg_macro,
    clippy::type_complexity,
    reason = "user types with goish's names, and every macro that takes expressions"
)]

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::{Arc, LazyLock};

use goish::prelude::*;

mod common;
use common::on_one_and_two_workers;

/// Two goroutines and no helper: every receive has to wait for its send, and the other way round.
fn feed(values: &[int]) -> Chan<int> {
    let c = chan!(int);
    let (sender, values) = (c.clone(), values.to_vec());
    go! {
        for value in values {
            sender.Send(value);
        }
        close!(sender);
    };
    c
}

fn nothing_blocked() {
    assert_eq!(runtime::blocking_calls(), []);
}

struct Holder {
    chan: Chan<int>,
    nested: (Chan<int>, [Chan<int>; 2]),
}

fn maybe(value: int) -> Option<int> {
    (value > 0).then_some(value)
}

static GLOBAL: LazyLock<Chan<int>> = LazyLock::new(|| chan!(int));

/// A type of the user's with goish's names, as strict as a type can be about how it is used.
#[derive(Debug, Default)]
struct Own {
    sent: RefCell<Vec<String>>,
    count: int,
}

#[derive(Debug, PartialEq)]
struct Ticket(int);

impl Own {
    fn Send(&self, text: &str) -> Result<usize, String> {
        self.sent.borrow_mut().push(text.to_owned());
        Ok(text.len())
    }
    fn Recv(&mut self) -> &mut int {
        self.count += 1;
        &mut self.count
    }
    fn Lock(&self) -> std::cell::RefMut<'_, Vec<String>> {
        self.sent.borrow_mut()
    }
    fn RLock(&self) -> std::cell::Ref<'_, Vec<String>> {
        self.sent.borrow()
    }
    fn Do<R>(&self, f: impl Fn(&str) -> R) -> R {
        f("done")
    }
    fn Wait(self) -> Ticket {
        Ticket(self.count)
    }
}

trait Mailbox {
    fn Send(&self, value: Option<Box<dyn Fn(int) -> int>>) -> int;
    fn Recv(&self) -> Rc<int>;
}

struct Box2;

impl Mailbox for Box2 {
    fn Send(&self, value: Option<Box<dyn Fn(int) -> int>>) -> int {
        value.map_or(0, |f| f(20))
    }
    fn Recv(&self) -> Rc<int> {
        Rc::new(7)
    }
}

fn generic<M: Mailbox>(mailbox: &M) -> int {
    mailbox.Send(None)
}

mod other {
    pub(crate) fn Sleep<T: std::fmt::Debug>(what: T) -> String {
        format!("{what:?}")
    }
    pub(crate) fn Gosched() -> i32 {
        5
    }
    pub(crate) mod same {
        use goish::time::Duration;
        pub(crate) fn Sleep(how_long: Duration) -> Duration {
            how_long
        }
    }
}

on_one_and_two_workers! {
    fn in_arguments_of_macros() {
        // Many times: whether an operation has to wait depends on who is faster.
        for _ in 0..50 {
            let c = feed(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
            let g = go! {
                use std::fmt::Write as _;
                println!("{} {last}", c.Recv().0, last = c.Recv().0);
                assert_eq!(c.Recv(), (3, true), "after {}", 2);
                assert!(matches!(c.Recv(), (4, _) if true));
                let list = vec![c.Recv().0, c.Recv().0];
                let same = vec![c.Recv().0; 2];
                let mut text = format!("{:>3}", c.Recv().0);
                write!(text, "{}", c.Recv().0).unwrap();
                debug_assert_ne!(c.Recv().0, 0);
                let chosen = dbg!(c.Recv().0);
                eprintln!("{}", [c.Recv().0][0]);
                (list, same, text, chosen)
            };
            assert_eq!(g.Wait(), Ok((vec![5, 6], vec![7, 7], "  89".to_owned(), 11)));
            nothing_blocked();
        }
    }

    fn in_every_kind_of_expression() {
        // Many times: whether an operation has to wait depends on who is faster.
        for _ in 0..50 {
            let c = feed(&(1..=30).collect::<Vec<_>>());
            let holder = Holder {
                chan: c.clone(),
                nested: (c.clone(), [c.clone(), c.clone()]),
            };
            let g = go! {
                let mut got = Vec::new();
                if c.Recv().1 && c.Recv().0 == 2 {
                    got.push(c.Recv().0);
                }
                match c.Recv() {
                    (v, true) if v == c.Recv().0 - 1 => got.push(v),
                    (v, _) => got.push(-v),
                }
                let (Some(v), 7) = (maybe(c.Recv().0), c.Recv().0) else { panic!() };
                got.push(v);
                let inner = async { c.Recv().0 + { std::convert::identity(c.Recv().0) } };
                got.push(inner.await);
                got.push([c.Recv().0, c.Recv().0][1]);
                got.push((c.Recv().0, 0).0);
                got.push(holder.chan.Recv().0);
                got.push(holder.nested.0.Recv().0);
                let i = 1;
                got.push(holder.nested.1[i].Recv().0 + holder.nested.1[i - 1].Recv().0);
                got.push((&c).Recv().0);
                got.push((*&&c).Recv().0);
                let boxed = Box::new(Arc::new(&c));
                got.push(boxed.Recv().0);
                'outer: loop {
                    while let (v, true) = c.Recv() {
                        if v % 2 == 0 { continue; }
                        if v < 25 { continue 'outer; }
                        got.push(v);
                        break 'outer;
                    }
                }
                got.push(-c.Recv().0 as i32 as int);
                got
            };
            assert_eq!(
                g.Wait().unwrap(),
                [3, 4, 6, 17, 11, 12, 13, 14, 31, 17, 18, 19, 25, -26]
            );
            nothing_blocked();
        }
    }

    fn in_question_marks_and_returns() {
        let c = feed(&[1, 0]);
        let g = go! {
            let first = maybe(c.Recv().0)?;
            let second = maybe(c.Recv().0)?;
            Some(first + second)
        };
        assert_eq!(g.Wait(), Ok(None));
        let c = feed(&[4]);
        let g = go! {
            if c.Recv().0 == 4 { return "four"; }
            "other"
        };
        assert_eq!(g.Wait(), Ok("four"));
        nothing_blocked();
    }

    fn through_static_and_boxed_channels() {
        let g = go! { GLOBAL.Recv().0 };
        let h = go! { GLOBAL.Send(3) };
        assert_eq!((g.Wait(), h.Wait()), (Ok(3), Ok(())));
        nothing_blocked();
    }

    fn arguments_that_leave_loops_or_hold_locks() {
        let c = chan!(int);
        let out = c.clone();
        let lock = Arc::new(std::sync::Mutex::new(5));
        let g = go! {
            for value in [Some(1), Some(2), None, Some(3)] {
                out.Send(match value { Some(v) => v, None => break });
            }
            // The lock's guard is not kept while the send waits, or this would not compile.
            out.Send(*lock.lock().unwrap());
            out.Send({ let n: int = "6".parse().unwrap(); n });
            close!(out);
        };
        let g = (g, go! {
            let mut got = vec![];
            for v in range!(c) { got.push(v); }
            got
        });
        assert_eq!(g.1.Wait().unwrap(), [1, 2, 5, 6]);
        g.0.Wait().unwrap();
        nothing_blocked();
    }

    fn nested_operations() {
        let a = feed(&[1, 2, 3]);
        let b = chan!((int, bool));
        let sender = b.clone();
        let g = go! {
            sender.Send(a.Recv());
            sender.Send((a.Recv().0 * 10 + a.Recv().0, false));
        };
        let h = go! { [b.Recv().0, b.Recv().0] };
        assert_eq!(h.Wait(), Ok([(1, true), (23, false)]));
        g.Wait().unwrap();
        nothing_blocked();
    }

    fn an_argument_keeps_its_expected_type() {
        let c: Chan<(int, Option<Box<dyn Fn(&str) -> usize + Send>>)> = Chan::new(0);
        let sender = c.clone();
        go! {
            sender.Send((1, Some(Box::new(|text| text.len()))));
            sender.Send((2, None));
        };
        let g = go! {
            let (n, f) = c.Recv().0;
            (n, f.unwrap()("four"), c.Recv().0.1.is_none())
        };
        assert_eq!(g.Wait(), Ok((1, 4, true)));
        nothing_blocked();
    }

    fn types_of_the_users_own() {
        let g = go! {
            let mut own = Own::default();
            assert_eq!(own.Send(&format!("{}", 12)), Ok(2));
            let text = String::from("text");
            assert_eq!(own.Send(&text), Ok(4));
            assert_eq!(own.Send(text.as_str().trim()).unwrap(), 4);
            *own.Recv() += 1;
            // A guard that must not cross a suspension: there is none.
            let mut guard = own.Lock();
            guard.push("more".into());
            drop(guard);
            assert_eq!(own.RLock().len(), 4);
            assert_eq!(own.Do(|text| text.len()), 4);
            let mailbox = Box2;
            assert_eq!(mailbox.Send(Some(Box::new(|x| x + 1))), 21);
            let shared: &dyn Mailbox = &mailbox;
            assert_eq!(*shared.Recv() + generic(&mailbox), 7);
            own.Wait()
        };
        assert_eq!(g.Wait(), Ok(Ticket(2)));
        nothing_blocked();
    }

    fn functions_of_the_users_own() {
        let g = go! {
            let same = other::same::Sleep(time::Hour);
            (other::Sleep([1, 2].as_slice()), other::Gosched(), same)
        };
        assert_eq!(g.Wait(), Ok(("[1, 2]".into(), 5, time::Hour)));
    }

    fn variables_with_our_names() {
        let c = feed(&[1, 2]);
        let d = chan!(int, 9);
        let copy = d.clone();
        let g = go! {
            let (operation, argument, marker, pending, part0) = (1, 2, 3, 4, 5);
            let (case0, channel0, made, index, outcome, iterator, item) = (6, 7, 8, 9, 10, 11, 12);
            d.Send(operation + argument + marker + pending + part0 + c.Recv().0);
            let function = |n: int| n;
            time::Sleep(time::Nanosecond * function(1));
            select! {
                send(d, case0 + channel0 + made + index + outcome) => d.Send(iterator + item),
                default => {}
            }
        };
        g.Wait().unwrap();
        let mut all = vec![];
        while let (v, true) = copy.TryRecv() { all.push(v); }
        assert_eq!(all, [16, 40, 23]);
        nothing_blocked();
    }

    fn ranges() {
        let c = feed(&[1, 2, 3, 4, 5]);
        let map = HashMap::from([("k", 1)]);
        let g = go! {
            let mut sum = 0;
            'all: for v in range!(c) {
                if v == 2 { continue; }
                for i in range!(3) {
                    if v == 4 { break 'all; }
                    sum += i;
                }
                sum += 100 * v;
            }
            let words = vec!["a", "bc"];
            for (i, word) in range!(words) { sum += i as int + word.len() as int; }
            for (key, value) in range!(&map) { sum += key.len() as int + value; }
            for (at, rune) in range!("hé!") { if rune == '!' { sum += 1000 * at as int; } }
            let local = vec![Rc::new(1), Rc::new(2)];
            for (_, rc) in range!(local) { sum += **rc; }
            sum
        };
        assert_eq!(g.Wait(), Ok(3415));
        nothing_blocked();
    }

    fn attributes_stay() {
        let c = feed(&[1, 2]);
        let g = go! {
            let mut got = vec![];
            #[cfg(any())]
            c.Recv();
            #[cfg(any())]
            select! { recv(c) => {} }
            #[cfg(any())]
            time::Sleep(time::Hour);
            #[cfg(any())]
            for _ in range!(c) {}
            #[cfg(all())]
            got.push(c.Recv().0);
            #[allow(unused_must_use)]
            c.Recv();
            got
        };
        assert_eq!(g.Wait().unwrap(), [1]);
        nothing_blocked();
    }

    fn closures_and_functions_inside_a_body() {
        let c = feed(&[1, 2, 3]);
        let g = go! {
            fn take(c: &Chan<int>) -> int { c.Recv().0 }
            let twice = || c.Recv().0 * 2;
            let ufcs = Chan::Recv(&c).0;
            (ufcs, twice(), take(&c))
        };
        assert_eq!(g.Wait(), Ok((1, 4, 3)));
    }

    fn async_functions_read_like_goroutines() {
        #[go_fn]
        async fn sum(c: &Chan<int>, extra: int) -> Result<int, String> {
            let mut sum = extra;
            for v in range!(c) {
                sum += v;
            }
            Err::<(), _>(format!("{sum}")).map_err(|text| text + "!")?;
            Ok(sum)
        }
        let c = feed(&[1, 2, 3]);
        let g = go! { sum(&c, 4).await };
        assert_eq!(g.Wait(), Ok(Err("10!".to_owned())));
        nothing_blocked();
    }
}
