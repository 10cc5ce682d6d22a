//! The behaviours that the tests of `golang.org/x/sync/errgroup` ask for, and that who waits is
//! suspended.

#![allow(non_upper_case_globals, reason = "Go's names")]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use goish::prelude::*;

mod common;
use common::{BOTH, on};

const ErrFirst: error = errors::New!("the first");
const ErrSecond: error = errors::New!("the second");

on! { BOTH
    // TestZeroGroup
    fn the_first_error_is_the_groups() {
        let cases: [(&[error], error); 4] = [
            (&[], nil),
            (&[nil], nil),
            (&[ErrFirst], ErrFirst),
            (&[ErrFirst, nil, ErrSecond], ErrFirst),
        ];
        for (errs, expected) in cases {
            let g = errgroup::Group::new();
            let mut first = nil;
            for (n, err) in errs.iter().enumerate() {
                let err = err.clone();
                g.Go(move || err);
                if first == nil {
                    first = errs[n].clone();
                }
                // One after the other, so that it is known which comes first.
                assert!(g.Wait() == first);
            }
            assert!(g.Wait() == expected);
        }
    }

    fn a_function_may_have_question_marks() {
        let g = errgroup::Group::new();
        g.Go(|| {
            "12".parse::<int>()?;
            Ok(())
        });
        assert!(g.Wait() == nil);
        g.Go(|| {
            "twelve".parse::<int>()?;
            Ok(())
        });
        assert!(errors::As::<std::num::ParseIntError>(&g.Wait()).is_some());
    }

    // TestWithContext, TestCancelCause
    fn the_first_error_cancels_the_context() {
        for (errs, expected) in [
            (vec![], nil),
            (vec![nil], nil),
            (vec![ErrFirst, nil], ErrFirst),
            (vec![ErrSecond], ErrSecond),
        ] {
            let (g, ctx) = errgroup::WithContext(context::Background());
            for err in errs {
                g.Go(move || err);
            }
            let ended = ctx.clone();
            if expected != nil {
                // It ends while the group still goes on.
                g.Go(move || {
                    ended.Done().Recv();
                    nil
                });
            }
            assert!(g.Wait() == expected);
            assert!(ctx.Err() == context::Canceled);
            let cause = if expected == nil { context::Canceled } else { expected };
            assert!(context::Cause(&ctx) == cause);
        }
    }

    fn the_parents_end_is_the_contexts() {
        let (parent, cancel) = context::WithCancelCause(context::Background());
        let (g, ctx) = errgroup::WithContext(&parent);
        for _ in 0..10 {
            let ctx = ctx.clone();
            g.Go(move || {
                ctx.Done().Recv();
                context::Cause(&ctx)
            });
        }
        cancel(ErrSecond);
        assert!(g.Wait() == ErrSecond);
    }

    // TestTryGo
    fn try_go_starts_nothing_beyond_the_limit() {
        let g = errgroup::Group::new();
        let n = 42;
        g.SetLimit(n);
        let c = chan!(int);
        let receive = |c: &Chan<int>| {
            let c = c.clone();
            move || {
                c.Recv();
                nil
            }
        };
        for _ in 0..n {
            assert!(g.TryGo(receive(&c)));
        }
        assert!(!g.TryGo(receive(&c)));
        // As many again, while the first go.
        let more = go! {
            for _ in 0..n {
                let c = c.clone();
                g.Go(move || {
                    c.Recv();
                    nil
                });
            }
        };
        for _ in 0..2 * n {
            c.Send(1);
        }
        more.Wait().unwrap();
        assert!(g.Wait() == nil);
        close!(c);
        assert!(g.TryGo(receive(&c)));
        assert!(g.Wait() == nil);

        // With 0, nothing is ever started, and with less everything.
        g.SetLimit(0);
        assert!(!g.TryGo(receive(&c)));
        g.SetLimit(-1);
        for _ in 0..2 * n {
            assert!(g.TryGo(receive(&c)));
        }
        assert!(g.Wait() == nil);
    }

    // TestGoLimit
    fn no_more_than_the_limit_are_active() {
        const LIMIT: int = 10;
        let (g, ctx) = errgroup::WithContext(context::Background());
        g.SetLimit(LIMIT);
        let active = Arc::new(AtomicI64::new(0));
        for _ in 0..1_000 {
            let active = active.clone();
            g.Go(move || {
                let n = active.fetch_add(1, Ordering::SeqCst) + 1;
                if n > LIMIT {
                    return errors::New(format!("{n} are active, and {LIMIT} may be"));
                }
                runtime::Gosched();
                active.fetch_sub(1, Ordering::SeqCst);
                nil
            });
        }
        assert!(g.Wait() == nil && context::Cause(&ctx) == context::Canceled);
        assert_eq!(active.load(Ordering::SeqCst), 0);
    }

    fn a_limit_cannot_be_changed_under_those_who_are_active() {
        let g = errgroup::Group::new();
        g.SetLimit(2);
        let c = chan!(int);
        let receive = c.clone();
        g.Go(move || {
            receive.Recv();
            nil
        });
        let theirs = g.clone();
        let panicked = go! { theirs.SetLimit(3) }.Wait().unwrap_err();
        let expected = "errgroup: modify limit while 1 goroutines in the group are still active";
        assert!(panicked.message().starts_with(expected), "{panicked}");
        close!(c);
        assert!(g.Wait() == nil);
        g.SetLimit(3);
    }

    // Those who wait for a place, and for the end, hold no thread.
    fn who_waits_is_suspended() {
        let (start, end) = (chan!(int), chan!(int));
        let g = errgroup::Group::new();
        g.SetLimit(1);
        let first = end.clone();
        g.go_blocking(async move {
            first.recv().await;
            nil
        });
        let mut all = Vec::new();
        for n in 0..500 {
            all.push(go! {
                start.Send(n);
                if n % 2 == 0 {
                    g.Go(|| nil);
                } else {
                    let done = g.Wait();
                    assert!(done == nil);
                }
            });
        }
        for _ in 0..500 {
            start.Recv();
        }
        close!(end);
        for goroutine in all {
            goroutine.Wait().unwrap();
        }
        assert!(g.Wait() == nil);
        assert!(runtime::blocking_calls().is_empty(), "{:?}", runtime::blocking_calls());
    }
}

/// Starts what suspends, from outside.
trait GoBlocking {
    fn go_blocking(&self, future: impl Future<Output = error> + Send + 'static);
}

impl GoBlocking for errgroup::Group {
    fn go_blocking(&self, future: impl Future<Output = error> + Send + 'static) {
        runtime::handle().block_on(self.go(future));
    }
}

/// A panic in a goroutine of the group is not the group's: it ends the program, as in Go.
#[test]
fn a_panic_ends_the_program() {
    for text in common::ends_on_each("a_group_that_panics", "2", 2) {
        assert!(text.starts_with("panic: oh no\n"), "{text}");
    }
}

#[test]
#[ignore = "run by the test beside it"]
fn a_group_that_panics() {
    let g = errgroup::Group::new();
    g.Go(|| -> error { panic!("oh no") });
    let never = chan!(int);
    assert!(g.Wait() == nil);
    never.Recv();
}
