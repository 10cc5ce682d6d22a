//! How goroutines, and programs, end; and what the runtime says of itself.

use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use goish::prelude::*;

mod common;
use common::{ends, ends_on_each, on_one_and_two_workers, programs, rerun, rerun_limited};

/// What a program writes that ends with Go's words and Go's exit code, on each scheduler.
fn dies(test: &str, check: impl Fn(&str)) {
    for text in ends_on_each(test, "2", 2) {
        check(&text);
    }
}

fn main_goes_on() -> ! {
    select! {}
}

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("the bomb");
    }
}

/// Goes on when somebody has blocked in a plain function.
fn somebody_blocks() {
    while runtime::blocking_calls().is_empty() {
        std::thread::yield_now();
    }
}

/// What a goroutine panics with whose handle was kept.
fn hears(g: Goroutine<impl std::fmt::Debug + Send>, message: &str) {
    assert_eq!(g.Wait().unwrap_err().message(), message);
}

programs! {
    program_that_blocks_in_thousands {
        fn blocks(c: Chan<int>) {
            c.Recv();
        }
        let c = chan!(int);
        for _ in 0..3_000 {
            let c = c.clone();
            go! { blocks(c) };
        }
        main_goes_on();
    }

    program_with_panics_after_blocking {
        fn sleeps() {
            time::Sleep(time::Millisecond);
            panic!("after a sleep");
        }
        fn receives(c: Chan<int>) {
            c.Recv();
            panic!("after a receive");
        }
        fn sends(c: Chan<int>) {
            c.Send(1);
        }
        hears(go! { sleeps() }, "after a sleep");
        let c = chan!(int);
        let from = c.clone();
        let g = go! { receives(from) };
        c.Send(1);
        hears(g, "after a receive");
        let wg = sync::WaitGroup::new();
        let from = c.clone();
        let g = wg.Go(move || receives(from));
        c.Send(1);
        hears(g, "after a receive");
        wg.Wait();
        let senders: Vec<_> = (0..20).map(|_| { let c = c.clone(); go! { sends(c) } }).collect();
        somebody_blocks();
        time::Sleep(time::Millisecond);
        c.Close();
        for g in senders {
            hears(g, "send on closed channel");
        }
        // The thread that each of them ended on has handed its worker on.
        hears(go! { sleeps() }, "after a sleep");
        std::process::exit(0);
    }

    program_that_catches_its_own_panic {
        fn recovers(from: Chan<int>, to: Chan<int>) {
            let (n, _) = from.Recv();
            assert!(std::panic::catch_unwind(|| panic!("its own")).is_err());
            to.Send(n);
        }
        let (c, d) = (chan!(int), chan!(int));
        let (from, to) = (c.clone(), d.clone());
        let g = go! { recovers(from, to) };
        c.Send(1);
        assert_eq!(d.Recv(), (1, true));
        g.Wait().unwrap();
        let busy = chan!(());
        let is_busy = busy.clone();
        go! {
            assert!(std::panic::catch_unwind(|| panic!("its own")).is_err());
            is_busy.Send(());
            loop {
                std::hint::spin_loop();
            }
        };
        busy.Recv();
        std::process::exit(0);
    }

    program_whose_standard_streams_are_locked {
        print!("a line that was begun, ");
        let _streams = (std::io::stderr().lock(), std::io::stdout().lock());
        go! { panic!("past the locks") };
        main_goes_on();
    }

    program_whose_line_was_begun {
        print!("a line that was begun, ");
        go! { panic!("in the middle") };
        main_goes_on();
    }

    program_with_bombs_that_are_heard {
        hears(go! { let _bomb = Bomb; }, "the bomb");
        let bomb = Bomb;
        hears(go! { let _kept = &bomb; 5 }, "the bomb");
        fn f(_: Bomb) {
            time::Sleep(time::Millisecond);
        }
        let bomb = Bomb;
        hears(go! { f(bomb) }, "the bomb");
        hears(go! { std::panic::panic_any(Bomb) }, "(a value that is not text)");
        hears(
            go! { std::panic::resume_unwind(Box::new("past the hook")) },
            "past the hook",
        );
        std::process::exit(0);
    }

    program_with_a_bomb_as_a_value {
        go! { Bomb };
        main_goes_on();
    }

    program_with_a_bomb_in_a_handle {
        let g = go! { Bomb };
        while runtime::NumGoroutine() > 1 {
            runtime::Gosched();
        }
        drop(g);
        main_goes_on();
    }

    program_with_a_bomb_in_a_future {
        struct Kept(Bomb);
        impl Future for Kept {
            type Output = ();
            fn poll(
                self: std::pin::Pin<&mut Self>,
                _: &mut std::task::Context<'_>,
            ) -> std::task::Poll<()> {
                let _bomb = &self.0;
                std::task::Poll::Ready(())
            }
        }
        let _g = runtime::spawn(Kept(Bomb));
        main_goes_on();
    }

    program_with_a_bomb_that_unwinds {
        go! {
            let _bomb = Bomb;
            panic!("before the bomb");
        };
        main_goes_on();
    }

    program_with_a_bomb_of_its_thread {
        thread_local! {
            static BOMB: Bomb = const { Bomb };
        }
        go! {}.Wait().unwrap();
        std::thread::spawn(|| BOMB.with(|_| {})).join().unwrap();
        main_goes_on();
    }

    program_whose_panic_never_ends {
        struct Deferred(Chan<()>);
        impl Drop for Deferred {
            fn drop(&mut self) {
                self.0.Send(());
                loop {
                    std::thread::park();
                }
            }
        }
        let c = chan!(());
        let deferred = Deferred(c.clone());
        go! {
            let _deferred = deferred;
            panic!("alas");
        };
        c.Recv();
        std::process::exit(0);
    }

    program_that_exits_while_it_unwinds {
        struct Exit;
        impl Drop for Exit {
            fn drop(&mut self) {
                std::process::exit(3);
            }
        }
        go! {
            let _exit = Exit;
            panic!("alas");
        };
        main_goes_on();
    }

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

    program_with_the_workers_of_the_machine {
        assert_eq!(runtime::GOMAXPROCS(0), runtime::NumCPU());
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
fn what_panics_after_it_has_blocked_is_heard_of() {
    for scheduler in runtime::schedulers() {
        for workers in ["1", "2"] {
            let output = rerun("program_with_panics_after_blocking", scheduler, workers);
            assert!(!ends(output, 0).contains("panic"));
        }
    }
}

#[test]
fn a_panic_that_the_program_catches_itself_holds_nobody_up() {
    for scheduler in runtime::schedulers() {
        ends(
            rerun("program_that_catches_its_own_panic", scheduler, "2"),
            0,
        );
    }
}

#[test]
fn locked_streams_do_not_hold_the_end_up() {
    dies("program_whose_standard_streams_are_locked", |text| {
        assert!(
            text.contains("panic: past the locks\n\ngoroutine "),
            "{text}"
        );
    });
    for scheduler in runtime::schedulers() {
        let output = rerun("program_whose_line_was_begun", scheduler, "2");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains("a line that was begun, "), "{text}");
        ends(output, 2);
    }
}

#[test]
fn what_panics_when_it_is_dropped_is_heard_of_or_ends_the_program() {
    for scheduler in runtime::schedulers() {
        let text = ends(
            rerun("program_with_bombs_that_are_heard", scheduler, "2"),
            0,
        );
        // A payload that panics when it is dropped has come too late to be an outcome.
        assert_eq!(text.matches("the bomb").count(), 1, "{text}");
    }
    for program in [
        "program_with_a_bomb_as_a_value",
        "program_with_a_bomb_in_a_handle",
        "program_with_a_bomb_in_a_future",
    ] {
        dies(program, |text| {
            assert!(text.contains("panic: the bomb\n\ngoroutine "), "{text}");
            assert!(!text.contains("panicked at"), "said twice: {text}");
        });
    }
}

/// Rust ends a program that panics while it unwinds, or while a thread's own values are dropped.
#[cfg(unix)]
#[test]
fn what_rust_does_not_let_go_on_is_aborted() {
    use std::os::unix::process::ExitStatusExt as _;
    for scheduler in runtime::schedulers() {
        for program in [
            "program_with_a_bomb_that_unwinds",
            "program_with_a_bomb_of_its_thread",
        ] {
            let Output { status, stderr, .. } = rerun(program, scheduler, "2");
            let text = String::from_utf8_lossy(&stderr);
            assert!(status.signal().is_some(), "{status}: {text}");
            assert!(text.contains("the bomb"), "{text}");
        }
    }
}

#[test]
fn the_end_of_the_program_does_not_wait_for_ever() {
    for scheduler in runtime::schedulers() {
        ends(rerun("program_whose_panic_never_ends", scheduler, "2"), 0);
        ends(
            rerun("program_that_exits_while_it_unwinds", scheduler, "2"),
            3,
        );
    }
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
    for value in ["none", "1.5", "1000000", "99999999999999999999"] {
        let text = ends(rerun("program_that_starts", "", value), 2);
        let expected = format!("and the environment has {value:?}: set it to a number");
        assert!(
            text.starts_with("goish: GOMAXPROCS is a number of workers, 1 to 10000,")
                && text.contains(&expected),
            "{text}"
        );
        assert_eq!(text.lines().count(), 1, "{text}");
    }
    // As in Go, what is no positive number is as good as nothing.
    for value in ["", " 3 ", "0", "-2", "-99999999999999999999"] {
        ends(rerun("program_that_starts", "", value), 0);
    }
    for value in ["", "0", "-1"] {
        ends(
            rerun("program_with_the_workers_of_the_machine", "", value),
            0,
        );
    }
}

/// On the way to a thousand workers, and while goroutines block in plain functions.
#[cfg(target_os = "linux")]
#[test]
fn a_system_that_gives_no_threads_is_named() {
    let programs = [
        ("program_that_starts", "1000"),
        ("program_that_blocks_in_thousands", "2"),
    ];
    for (program, workers) in programs {
        let text = ends(rerun_limited("-v 600000", program, "tokio", workers), 2);
        let expected = "and the lowest limit is ulimit -v of 600000";
        assert!(
            text.starts_with("goish: ") && text.contains(expected) && text.lines().count() == 1,
            "{text}"
        );
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

    /// Neither tasks that are spawned on tokio nor what a plain function waits for that stands aside.
    fn nothing_else_is_counted() {
        let task = runtime::handle().spawn(std::future::pending::<()>());
        let blocking = runtime::handle().spawn_blocking(|| {});
        assert_eq!(runtime::NumGoroutine(), 1);
        let stop = Arc::new(AtomicBool::new(false));
        let stands_aside = || {
            let stop = stop.clone();
            let plain = move || while !stop.load(Ordering::Relaxed) {
                runtime::Gosched();
            };
            go! { plain() }
        };
        let goroutines = [stands_aside(), stands_aside(), stands_aside()];
        for _ in 0..20_000 {
            assert_eq!(runtime::NumGoroutine(), 4);
        }
        stop.store(true, Ordering::Relaxed);
        for g in goroutines {
            g.Wait().unwrap();
        }
        let inner = go! { tokio::spawn(async { runtime::NumGoroutine() }).await.unwrap() };
        assert_eq!(inner.Wait(), Ok(2));
        runtime::handle().block_on(blocking).unwrap();
        task.abort();
        while runtime::NumGoroutine() > 1 {
            runtime::Gosched();
        }
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
