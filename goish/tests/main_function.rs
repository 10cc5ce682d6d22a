//! `#[goish::main]` and `defer!`: how a program begins, and what is done at the end of a block.

use std::process::{ExitCode, Output, Termination};
use std::sync::Arc;

use goish::prelude::*;

mod common;
use common::{ends_on_each, on_one_and_two_workers, rerun};

fn nothing_blocked() {
    assert_eq!(runtime::blocking_calls(), []);
}

/// What a program gave, on each scheduler.
fn on_each_scheduler(test: &str, check: impl Fn(Output)) {
    for scheduler in runtime::schedulers() {
        check(rerun(test, scheduler, "1"));
    }
}

#[go_fn]
fn double(c: Chan<int>) -> int {
    2 * c.Recv().0
}

#[goish::main]
fn suspends() {
    let c = chan!(int);
    assert_eq!(runtime::NumGoroutine(), 1);
    go! { c.Send(21) };
    assert_eq!(double(c), 42);
    time::Sleep(time::Microsecond);
    nothing_blocked();
}

#[goish::main]
async fn fails() -> Result<(), Box<dyn std::error::Error>> {
    let c = chan!(string, 1);
    c.Send("not a number".into());
    let _: int = c.Recv().0.parse()?;
    Ok(())
}

#[goish::main]
fn gives_a_code() -> ExitCode {
    let c = chan!(int);
    go! { c.Send(7) };
    ExitCode::from(double(c) as u8)
}

#[goish::main]
fn panics() {
    let c = chan!(int, 1);
    close!(c);
    c.Send(1);
}

#[goish::main]
fn serves() -> ! {
    time::Sleep(time::Microsecond);
    std::process::exit(5)
}

macro_rules! programs {
    ($($name:ident $main:ident)*) => {$(
        #[test]
        #[ignore = "a program that the other tests run"]
        fn $name() -> ExitCode {
            $main().report()
        }
    )*};
}

programs! {
    program_that_suspends suspends
    program_that_fails fails
    program_that_gives_a_code gives_a_code
    program_that_panics panics
    program_that_serves serves
}

#[test]
fn main_suspends_as_any_goroutine() {
    on_each_scheduler("program_that_suspends", |output| {
        assert!(output.status.success(), "{output:?}");
    });
}

#[test]
fn main_may_fail_as_it_may_in_rust() {
    on_each_scheduler("program_that_fails", |output| {
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{output:?}");
        assert!(text.contains("Error: ParseIntError"), "{text}");
    });
    on_each_scheduler("program_that_gives_a_code", |output| {
        assert!(!output.status.success(), "{output:?}");
    });
}

#[test]
fn a_panic_of_main_ends_the_program_in_gos_words() {
    for text in ends_on_each("program_that_panics", "1", 2) {
        let start = "panic: send on closed channel\n\ngoroutine ";
        assert!(text.starts_with(start), "{text}");
        assert!(text.contains("tests/main_function.rs:"), "{text}");
    }
}

#[test]
fn main_may_never_return() {
    ends_on_each("program_that_serves", "1", 5);
}

/// What was sent so far.
fn all(c: &Chan<string>) -> Vec<string> {
    let mut all = vec![];
    while let (text, true) = c.TryRecv() {
        all.push(text);
    }
    all
}

on_one_and_two_workers! {
    fn deferred_in_reverse_on_each_way_out() {
        let c = chan!(string, 16);
        for way in 0..4 {
            let g = go! {
                defer! { c.Send("1".into()); }
                for round in 0..3 {
                    defer! { c.Send(format!("round {round}")); }
                    match way {
                        0 => {}
                        1 => break,
                        2 => return None,
                        _ => None?,
                    }
                }
                defer! { c.Send("2".into()) }
                Some(way)
            };
            let value = g.Wait().unwrap();
            match way {
                0 => assert_eq!(all(&c), ["round 0", "round 1", "round 2", "2", "1"]),
                1 => assert_eq!(all(&c), ["round 0", "2", "1"]),
                _ => assert_eq!(all(&c), ["round 0", "1"]),
            }
            assert_eq!(value, (way < 2).then_some(way));
        }
    }

    fn deferred_when_a_goroutine_panics() {
        let c = chan!(string);
        let g = go! {
            defer! { c.Send("first".into()); }
            defer! { c.Send("second".into()); }
            panic!("between");
        };
        assert_eq!((c.Recv().0, c.Recv().0), ("second".into(), "first".into()));
        assert_eq!(g.Wait().unwrap_err().message(), "between");
    }

    fn deferred_operations_block_and_calls_are_waited_for() {
        #[go_fn]
        fn finish(c: &Chan<string>) -> int {
            c.Send("finished".into());
            1
        }
        #[go_fn]
        fn work(c: Chan<string>) -> int {
            defer! {
                finish(&c);
                select! {
                    send(c, "selected".into()) => {}
                }
                finish(&c)
            }
            c.Len() as int
        }
        let c = chan!(string);
        let g = go! { work(c) };
        let got = [(); 3].map(|()| c.Recv().0);
        assert_eq!(got, ["finished", "selected", "finished"]);
        assert_eq!(g.Wait(), Ok(0));
    }

    fn deferred_sees_what_changes_later() {
        let seen = Arc::new(sync::Mutex::new(vec![]));
        let g = go! {
            let list = sync::Mutex::new(vec![1]);
            defer! { seen.Lock().extend(list.Lock().iter().copied()); }
            list.Lock().push(2);
        };
        g.Wait().unwrap();
        assert_eq!(*seen.Lock(), [1, 2]);
    }
}

#[test]
fn deferred_outside_of_goroutines() {
    fn plain(c: &Chan<string>) -> Option<()> {
        defer! { c.Send("out".into()); }
        c.Send("in".into());
        None?;
        Some(())
    }
    let c = chan!(string, 2);
    assert_eq!(plain(&c), None);
    assert_eq!(all(&c), ["in", "out"]);
}
