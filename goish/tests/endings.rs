//! How goroutines, and programs, end; and what the runtime says of itself.

use std::process::Output;

use goish::prelude::*;

mod common;
use common::{on_one_and_two_workers, rerun};

/// What a program writes that ends with Go's words and Go's exit code, on each scheduler.
fn dies(test: &str, check: impl Fn(&str)) {
    for scheduler in runtime::schedulers() {
        let text = ends(rerun(test, scheduler, "2"), 2);
        check(&text);
    }
}

/// What a program that ends with this code says on its standard error.
fn ends(output: Output, code: i32) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(
        output.status.code(),
        Some(code),
        "{}: {text}",
        output.status
    );
    text
}

macro_rules! programs {
    ($($name:ident $body:block)*) => {$(
        #[test]
        #[ignore = "a program that the other tests run"]
        fn $name() $body
    )*};
}

fn main_goes_on() -> ! {
    select! {}
}

programs! {
    program_with_a_forgotten_panic {
        go! { panic!("at the {}", "disco") };
        main_goes_on();
    }

    program_whose_panic_sets_main_free {
        struct Deferred(sync::WaitGroup);
        impl Drop for Deferred {
            fn drop(&mut self) {
                self.0.Done();
            }
        }
        let wg = sync::WaitGroup::new();
        wg.Add(1);
        let done = Deferred(wg.clone());
        go! {
            let _done = done;
            panic!("alas");
        };
        wg.Wait();
        std::process::exit(0);
    }

    program_that_drops_the_handle_afterwards {
        let (started, handle) = (chan!(()), chan!(Option<Goroutine<()>>, 1));
        let start = started.clone();
        let g = go! {
            start.Recv();
            panic!("too late");
        };
        handle.Send(Some(g));
        started.Send(());
        while runtime::NumGoroutine() > 1 {
            runtime::Gosched();
        }
        eprintln!("the panic is over");
        drop(handle);
        main_goes_on();
    }

    program_with_a_send_on_a_closed_channel {
        let c = chan!(int);
        close!(c);
        go! { c.Send(1) };
        main_goes_on();
    }

    program_with_a_panic_in_a_plain_function {
        fn f(c: Chan<int>) {
            c.Close();
            c.Close();
        }
        let c = chan!(int);
        go! { f(c) };
        main_goes_on();
    }

    program_that_changes_its_workers_too_late {
        go! {}.Wait().unwrap();
        assert_eq!(runtime::GOMAXPROCS(0), 2);
        assert_eq!(runtime::GOMAXPROCS(2), 2);
        runtime::GOMAXPROCS(3);
    }

    program_that_starts {
        go! {}.Wait().unwrap();
        let asked = std::env::var("GOISH_SCHEDULER").unwrap_or_default();
        let expected = if asked.is_empty() { runtime::schedulers()[0] } else { &asked };
        assert_eq!(runtime::scheduler(), expected);
    }

    program_with_its_own_number_of_workers {
        assert_eq!(runtime::GOMAXPROCS(3), 2);
        assert_eq!(runtime::GOMAXPROCS(-1), 3);
        go! {}.Wait().unwrap();
        assert_eq!(runtime::GOMAXPROCS(0), 3);
    }

    program_whose_panics_are_waited_for {
        let g = go! { panic!("heard") };
        let panic = g.Wait().unwrap_err();
        assert_eq!(panic.message(), "heard");
        assert!(panic.to_string().starts_with("goroutine panicked: heard ("));
        let inner = go! { go! { panic!("heard") }.Wait().is_err() };
        assert_eq!(inner.Wait(), Ok(true));
        let caught = go! { std::panic::catch_unwind(|| panic!("caught")).is_err() };
        assert_eq!(caught.Wait(), Ok(true));
    }
}

#[test]
fn a_panic_that_nobody_hears_ends_the_program() {
    dies("program_with_a_forgotten_panic", |text| {
        assert!(text.contains("panic: at the disco\n\ngoroutine "), "{text}");
        assert!(
            text.contains(" [running]:\n\t") && text.contains("endings.rs:"),
            "{text}"
        );
        assert!(!text.contains("panicked at"), "said twice: {text}");
    });
}

#[test]
fn a_handle_that_is_dropped_afterwards_ends_it_too() {
    dies("program_that_drops_the_handle_afterwards", |text| {
        let (before, after) = text.split_once("the panic is over").expect(text);
        assert!(
            !before.contains("panic: ") && after.contains("panic: too late\n\n"),
            "{text}"
        );
    });
}

#[test]
fn a_misused_channel_ends_it_with_gos_words() {
    dies("program_with_a_send_on_a_closed_channel", |text| {
        assert!(
            text.contains("panic: send on closed channel\n\ngoroutine "),
            "{text}"
        );
    });
    dies("program_with_a_panic_in_a_plain_function", |text| {
        assert!(
            text.contains("panic: close of closed channel\n\ngoroutine "),
            "{text}"
        );
    });
}

#[test]
fn a_panic_that_is_waited_for_is_not_printed() {
    for scheduler in runtime::schedulers() {
        let text = ends(
            rerun("program_whose_panics_are_waited_for", scheduler, "2"),
            0,
        );
        assert!(
            !text.contains("heard") && !text.contains("caught"),
            "{text}"
        );
    }
}

#[test]
fn workers_are_set_before_the_first_goroutine() {
    for scheduler in runtime::schedulers() {
        ends(
            rerun("program_with_its_own_number_of_workers", scheduler, "2"),
            0,
        );
    }
    let text = ends(
        rerun("program_that_changes_its_workers_too_late", "tokio", "2"),
        101,
    );
    let expected = "GOMAXPROCS(3) came too late: the runtime runs with 2 workers already";
    assert!(text.contains(expected), "{text}");
}

#[test]
fn a_bad_number_of_workers_is_named() {
    for value in ["none", "0", "-2", "1.5", "1000000", "99999999999999999999"] {
        let text = ends(rerun("program_that_starts", "", value), 2);
        let expected = format!("and the environment has {value:?}: set it to a number");
        assert!(
            text.starts_with("goish: GOMAXPROCS is a number of workers, 1 to 10000,")
                && text.contains(&expected),
            "{text}"
        );
        assert_eq!(text.lines().count(), 1, "{text}");
    }
    for value in ["", " 3 "] {
        ends(rerun("program_that_starts", "", value), 0);
    }
}

#[test]
fn a_bad_scheduler_is_named() {
    let built = runtime::schedulers();
    for value in ["nonsense", "TOKIO", " tokio"] {
        let text = ends(rerun("program_that_starts", value, "2"), 2);
        let expected = format!(
            "goish: GOISH_SCHEDULER is the name of a scheduler of this build ({}), and the \
             environment has {value:?}\n",
            built.join(", ")
        );
        assert_eq!(text, expected);
    }
    // Nothing means the first.
    ends(rerun("program_that_starts", "", "2"), 0);
    for name in &built {
        ends(rerun("program_that_starts", name, "2"), 0);
    }
}

on_one_and_two_workers! {
    fn values_come_back() {
        let g = go! { "value".to_owned() };
        let h = go! {
            let value = g.Wait().unwrap();
            g_len(&value) + go! { 2 }.Wait().unwrap()
        };
        assert_eq!(h.Wait(), Ok(7));
        let many: Vec<_> = (0..100).map(|n| go! { n }).collect();
        let g = go! {
            let mut sum = 0;
            for g in many {
                sum += g.wait().await.unwrap();
            }
            sum
        };
        assert_eq!(g.Wait(), Ok(4950));
        assert_eq!(runtime::blocking_calls(), []);
    }

    fn goroutines_are_counted() {
        assert_eq!(runtime::NumGoroutine(), 1);
        let gate = chan!(());
        let all: Vec<_> = (0..10).map(|_| { let gate = gate.clone(); go! { gate.Recv(); } }).collect();
        assert_eq!(runtime::NumGoroutine(), 11);
        close!(gate);
        for g in all {
            g.Wait().unwrap();
        }
        while runtime::NumGoroutine() > 1 {
            runtime::Gosched();
        }
        assert!(runtime::NumCPU() >= 1);
    }

    fn gosched_lets_others_run() {
        let flag = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let theirs = flag.clone();
        let waiting = go! {
            while !theirs.load(std::sync::atomic::Ordering::Relaxed) {
                runtime::Gosched();
            }
        };
        let theirs = flag.clone();
        let plain = go! {
            let spin = || while !theirs.load(std::sync::atomic::Ordering::Relaxed) {
                runtime::Gosched();
            };
            spin();
        };
        go! { flag.store(true, std::sync::atomic::Ordering::Relaxed); };
        waiting.Wait().unwrap();
        plain.Wait().unwrap();
    }
}

fn g_len(text: &str) -> int {
    text.len() as int
}

#[test]
fn a_panic_ends_the_program_before_what_it_sets_free_can() {
    for _ in 0..20 {
        dies("program_whose_panic_sets_main_free", |text| {
            assert!(text.contains("panic: alas"), "{text}");
        });
    }
}
