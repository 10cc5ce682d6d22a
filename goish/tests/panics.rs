//! What panics say, and who hears of them.

use std::error::Error;
use std::panic::{panic_any, set_hook, take_hook};
use std::sync::atomic::{AtomicUsize, Ordering};

use goish::prelude::*;

mod common;
use common::programs;

/// What a program writes on its standard error that ends with this code, on each scheduler.
fn ends(test: &str, code: i32, check: impl Fn(&str)) {
    for text in common::ends_on_each(test, "2", code) {
        check(&text);
    }
}

/// How often the hook below was called.
static REPORTED: AtomicUsize = AtomicUsize::new(0);

/// What crash reporters do.
fn report_crashes() {
    set_hook(Box::new(|info| {
        REPORTED.fetch_add(1, Ordering::SeqCst);
        let line = info.location().map_or(0, |at| at.line());
        eprintln!("reported: {:?} at line {line}", info.payload_as_str());
    }));
}

programs! {
    program_that_panics_with_a_number {
        go! { panic_any(42_i64) };
        select! {}
    }

    program_that_panics_with_a_fraction {
        go! { panic_any(1.5) };
        select! {}
    }

    program_that_panics_with_an_error {
        go! {
            let error = "x".parse::<int>().unwrap_err();
            let error: Box<dyn Error + Send + Sync> = error.into();
            panic_any(error)
        };
        select! {}
    }

    program_that_panics_with_its_own {
        struct Own;
        go! { panic_any(Own) };
        select! {}
    }

    program_that_passes_a_panic_on {
        go! {
            let panic = go! { panic!("the first") }.Wait().unwrap_err();
            panic_any(panic)
        };
        select! {}
    }

    program_that_reports_its_crash {
        report_crashes();
        go! { panic!("a crash") };
        select! {}
    }

    program_that_reports_what_it_hears {
        report_crashes();
        assert!(go! { panic!("heard") }.Wait().is_err());
        fn plain(c: Chan<int>) {
            c.Recv();
            panic!("in a plain function");
        }
        let c = chan!(int);
        let from = c.clone();
        let g = go! { plain(from) };
        c.Send(1);
        assert!(g.Wait().is_err());
        assert!(std::thread::spawn(|| panic!("of a thread")).join().is_err());
        assert_eq!(REPORTED.load(Ordering::SeqCst), 3);
        std::process::exit(0);
    }

    program_that_reports_through_a_channel {
        let reports = chan!(string, 4);
        let to = reports.clone();
        set_hook(Box::new(move |info| to.Send(info.to_string())));
        for n in 0..4 {
            let _ = go! { panic!("number {n}") }.Wait();
            assert!(reports.Recv().0.contains(&format!("number {n}")));
        }
        std::process::exit(0);
    }

    program_that_sets_its_hook_late {
        go! {}.Wait().unwrap();
        let before = take_hook();
        set_hook(Box::new(move |info| {
            eprintln!("reported late");
            before(info);
        }));
        go! { panic!("a crash") };
        select! {}
    }

    program_without_a_hook {
        assert!(go! { panic!("heard") }.Wait().is_err());
        let _ = take_hook();
        std::process::exit(0);
    }
}

#[test]
fn a_panic_says_what_it_was_made_with() {
    let said = [
        ("program_that_panics_with_a_number", "42"),
        ("program_that_panics_with_a_fraction", "+1.500000e+000"),
        (
            "program_that_panics_with_an_error",
            "invalid digit found in string",
        ),
        (
            "program_that_panics_with_its_own",
            "(a value that is not text)",
        ),
        (
            "program_that_passes_a_panic_on",
            "goroutine panicked: the first (",
        ),
    ];
    for (program, said) in said {
        ends(program, 2, |text| {
            assert!(text.starts_with(&format!("panic: {said}")), "{text}");
        });
    }
}

#[test]
fn a_hook_of_the_programs_hears_of_a_crash() {
    ends("program_that_reports_its_crash", 2, |text| {
        let (reported, died) = text.split_once("panic: a crash\n\ngoroutine ").expect(text);
        assert!(reported.starts_with("reported: Some(\"a crash\") at line "));
        assert_eq!(reported.lines().count(), 1, "{text}");
        assert!(died.contains("panics.rs:"), "{text}");
    });
    ends("program_that_sets_its_hook_late", 2, |text| {
        assert!(
            text.starts_with("reported late\npanic: a crash\n\n"),
            "{text}"
        );
        assert!(text.contains("panics.rs:"), "{text}");
    });
}

#[test]
fn a_hook_of_the_programs_hears_of_what_is_caught_too() {
    ends("program_that_reports_what_it_hears", 0, |text| {
        assert_eq!(text.matches("reported: ").count(), 3, "{text}");
    });
    ends("program_that_reports_through_a_channel", 0, |_| {});
}

#[test]
fn rusts_own_hook_does_not_say_it_twice() {
    ends("program_without_a_hook", 0, |text| assert_eq!(text, ""));
}
