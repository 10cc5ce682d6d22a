//! The behaviours that Go's own tests of `context` ask for (context_test, x_test, afterfunc_test), and
//! what Rust adds: that contexts are dropped.

#![allow(non_upper_case_globals, reason = "Go's names")]

use std::panic::catch_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use context::{Background, CancelFunc, Canceled, Cause, Context, DeadlineExceeded, TODO};
use goish::prelude::*;

mod common;
use common::{BOTH, on};

const ErrParent: error = errors::New!("the parent's cause");
const ErrChild: error = errors::New!("the child's cause");
const ErrTooSlow: error = errors::New!("too slow");

/// Nobody waits so long.
const LONG: time::Duration = time::Hour;
const SHORT: time::Duration = time::Millisecond;

fn is_done(ctx: &Context) -> bool {
    let done = ctx.Done();
    select! {
        case <-done: true
        default: false
    }
}

/// Waits for its end.
fn end(ctx: &Context) -> error {
    ctx.Done().Recv();
    ctx.Err()
}

/// A number, from a seed that gives others each time.
fn random(below: u64) -> u64 {
    static SEED: AtomicU64 = AtomicU64::new(0x9E37_79B9_7F4A_7C15);
    let mut x = SEED.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (x ^ (x >> 31)) % below
}

#[derive(Clone, Copy, PartialEq)]
struct Key1(int);
#[derive(Clone, Copy, PartialEq)]
struct Key2(int);

// TestBackground, TestTODO
#[test]
fn what_all_come_from_never_ends() {
    for (ctx, text) in [
        (Background(), "context.Background"),
        (TODO(), "context.TODO"),
    ] {
        assert!(ctx.Done().IsNil() && !is_done(&ctx));
        assert!(ctx.Err() == nil && Cause(&ctx) == nil && !ctx.Deadline().1);
        assert_eq!(ctx.to_string(), text);
    }
    assert!(Background() != TODO() && Context::default() == Background());
}

// TestValues
#[test]
fn values_are_found_by_the_type_and_the_value_of_their_key() {
    let (k1, k2, k3) = (Key1(1), Key2(1), Key2(3));
    let check = |ctx: &Context, expected: [&str; 3]| {
        let values = [
            ctx.Value::<&str>(k1),
            ctx.Value::<&str>(k2),
            ctx.Value::<&str>(k3),
        ];
        assert_eq!(values.map(Option::unwrap_or_default), expected, "{ctx}");
    };
    check(&Background(), ["", "", ""]);
    let c1 = context::WithValue(Background(), k1, "c1k1");
    check(&c1, ["c1k1", "", ""]);
    let c2 = context::WithValue(&c1, k2, "c2k2");
    check(&c2, ["c1k1", "c2k2", ""]);
    let c3 = context::WithValue(&c2, k3, "c3k3");
    check(&c3, ["c1k1", "c2k2", "c3k3"]);
    let c4 = context::WithValue(&c3, k1, "another");
    check(&c4, ["another", "c2k2", "c3k3"]);
    check(&c3, ["c1k1", "c2k2", "c3k3"]);
    let (c5, _cancel) = context::WithCancel(context::WithoutCancel(&c4));
    check(&c5, ["another", "c2k2", "c3k3"]);
    assert!(c1.to_string().starts_with("context.Background.WithValue("));
}

#[test]
fn a_value_of_another_type_is_refused() {
    let ctx = context::WithValue(Background(), Key1(1), "text");
    let refused = catch_unwind(|| ctx.Value::<string>(Key1(1))).unwrap_err();
    let text = refused.downcast_ref::<String>().unwrap();
    assert!(text.contains("Key1") && text.contains("&str"), "{text}");
}

#[test]
fn its_text_says_how_it_came_about() {
    let (ctx, _cancel) = context::WithCancel(TODO());
    assert_eq!(ctx.to_string(), "context.TODO.WithCancel");
    let (ctx, _cancel) = context::WithTimeout(context::WithoutCancel(&ctx), LONG);
    let text = format!("{ctx:?}");
    let start = "context.TODO.WithCancel.WithoutCancel.WithDeadline([59m";
    assert!(text.starts_with(start), "{text}");
}

on! { BOTH
    // TestWithCancel, XTestChildFinishesFirst
    fn a_child_ends_with_its_parent_and_not_the_other_way_round() {
        let (c1, cancel1) = context::WithCancel(Background());
        let (c2, cancel2) = context::WithCancel(&c1);
        let c3 = context::WithValue(&c2, Key1(1), 1);
        let (c4, _cancel4) = context::WithTimeout(&c1, LONG);
        let all = [&c1, &c2, &c3, &c4];
        for ctx in all {
            assert!(!ctx.Done().IsNil() && !is_done(ctx) && ctx.Err() == nil);
            assert!(ctx.Done() == ctx.Done());
        }
        cancel2();
        assert_eq!(all.map(is_done), [false, true, true, false]);
        cancel1();
        for ctx in all {
            assert!(is_done(ctx) && ctx.Err() == Canceled && Cause(ctx) == Canceled);
        }
        cancel1();
        cancel2();
    }

    // TestDeadline, TestTimeout
    fn a_deadline_ends_it() {
        let deadline = time::Now().Add(SHORT);
        let (ctx, _cancel) = context::WithDeadline(Background(), deadline);
        assert_eq!(ctx.Deadline(), (deadline, true));
        assert!(end(&ctx) == DeadlineExceeded && !time::Now().Before(deadline));

        let (parent, _cancel) = context::WithTimeout(Background(), SHORT);
        let (ctx, _cancel) = context::WithTimeout(&parent, LONG);
        assert_eq!(ctx.Deadline(), parent.Deadline());
        assert!(end(&ctx) == DeadlineExceeded && parent.Err() == DeadlineExceeded);

        let (parent, _cancel) = context::WithTimeout(Background(), LONG);
        let (ctx, _cancel) = context::WithTimeout(&parent, SHORT);
        assert!(end(&ctx) == DeadlineExceeded && parent.Err() == nil);

        let past = time::Now().Add(-SHORT);
        for deadline in [past, time::Now()] {
            let (ctx, _cancel) = context::WithDeadline(Background(), deadline);
            assert!(is_done(&ctx) && ctx.Err() == DeadlineExceeded);
        }
        let (ctx, _cancel) = context::WithTimeout(Background(), time::Duration(int::MAX));
        assert!(!is_done(&ctx));
    }

    // TestCanceledTimeout
    fn what_is_cancelled_before_its_deadline_is_cancelled() {
        let (ctx, cancel) = context::WithTimeout(Background(), LONG);
        cancel();
        assert!(is_done(&ctx) && ctx.Err() == Canceled);
        let (parent, cancel) = context::WithCancel(Background());
        let (ctx, _cancel) = context::WithTimeout(&parent, LONG);
        cancel();
        assert!(is_done(&ctx) && ctx.Err() == Canceled);
    }

    // TestSimultaneousCancels
    fn a_tree_is_cancelled_everywhere_at_once() {
        let (root, cancel) = context::WithCancel(Background());
        let mut all = vec![(root, cancel)];
        for parent in 0..25 {
            for _ in 0..4 {
                all.push(context::WithCancel(&all[parent].0));
            }
        }
        let wg = sync::WaitGroup::new();
        wg.Add(all.len() as int);
        let cancels: Vec<CancelFunc> = all.iter().map(|(_, cancel)| cancel.clone()).collect();
        for cancel in cancels.into_iter().rev() {
            go! {
                cancel();
                wg.Done();
            };
        }
        for (ctx, _) in &all {
            assert!(end(ctx) == Canceled);
        }
        wg.Wait();
    }

    // TestInterlockedCancels
    fn a_parent_and_its_child_cancel_each_other() {
        for _ in 0..100 {
            let (parent, cancel_parent) = context::WithCancel(Background());
            let (child, cancel_child) = context::WithCancel(&parent);
            go! {
                parent.Done().Recv();
                cancel_child();
            };
            cancel_parent();
            assert!(end(&child) == Canceled);
        }
    }

    // TestLayersCancel, TestLayersTimeout
    fn layers_end_together_and_keep_their_values() {
        for timeout in [LONG, SHORT] {
            let mut ctx = Background();
            let (mut values, mut cancels) = (Vec::new(), Vec::new());
            for layer in 0..30 {
                match if layer < 3 { layer } else { random(3) } {
                    0 => {
                        let value = Arc::new(layer);
                        ctx = context::WithValue(&ctx, layer, value.clone());
                        values.push(value);
                    }
                    kind => {
                        let (layer, cancel) = if kind == 1 {
                            context::WithCancel(&ctx)
                        } else {
                            context::WithTimeout(&ctx, timeout)
                        };
                        ctx = layer;
                        cancels.push(cancel);
                    }
                }
            }
            let check = || for value in &values {
                let found = ctx.Value::<Arc<u64>>(**value).unwrap();
                assert!(Arc::ptr_eq(&found, value));
            };
            check();
            if timeout == LONG {
                assert!(!is_done(&ctx));
                cancels[random(cancels.len() as u64) as usize]();
                assert!(is_done(&ctx) && ctx.Err() == Canceled);
            } else {
                assert!(end(&ctx) == DeadlineExceeded);
            }
            check();
        }
    }

    // TestWithCancelCanceledParent, TestWithCancelSimultaneouslyCanceledParent
    fn a_child_of_one_that_ends_ends_at_once() {
        let (parent, cancel) = context::WithCancelCause(Background());
        cancel(ErrParent);
        let (child, _cancel) = context::WithCancel(&parent);
        assert!(is_done(&child) && child.Err() == Canceled && Cause(&child) == ErrParent);
        for _ in 0..100 {
            let (parent, cancel) = context::WithCancelCause(Background());
            go! { cancel(ErrParent) };
            let (child, _cancel) = context::WithCancel(&parent);
            assert!(end(&child) == Canceled && Cause(&child) == ErrParent);
            // What is above has ended when what is below has.
            assert!(is_done(&parent) && parent.Err() == Canceled);
        }
    }

    // TestCause
    fn the_first_cause_is_the_cause() {
        let check = |ctx: &Context, err: error, cause: error| {
            assert!(ctx.Err() == err && Cause(ctx) == cause, "{ctx}: {} {}", ctx.Err(), Cause(ctx));
        };
        let (ctx, cancel) = context::WithCancelCause(Background());
        check(&ctx, nil, nil);
        cancel(ErrParent);
        cancel(ErrChild);
        check(&ctx, Canceled, ErrParent);
        check(&context::WithoutCancel(&ctx), nil, nil);
        check(&context::WithValue(&ctx, 1, 1), Canceled, ErrParent);
        let (below, _cancel) = context::WithCancel(context::WithoutCancel(&ctx));
        check(&below, nil, nil);

        let (ctx, cancel) = context::WithCancelCause(Background());
        cancel(nil);
        check(&ctx, Canceled, Canceled);

        let (parent, cancel_parent) = context::WithCancelCause(Background());
        let (child, cancel_child) = context::WithCancelCause(&parent);
        cancel_child(ErrChild);
        cancel_parent(ErrParent);
        check(&child, Canceled, ErrChild);
        check(&parent, Canceled, ErrParent);

        let (parent, cancel_parent) = context::WithCancelCause(Background());
        let (child, cancel_child) = context::WithCancel(&parent);
        cancel_parent(ErrParent);
        cancel_child();
        check(&child, Canceled, ErrParent);

        let (ctx, cancel) = context::WithTimeoutCause(Background(), time::Duration(0), ErrTooSlow);
        cancel();
        check(&ctx, DeadlineExceeded, ErrTooSlow);
        let (ctx, cancel) = context::WithTimeoutCause(Background(), LONG, ErrTooSlow);
        cancel();
        check(&ctx, Canceled, Canceled);
        let (ctx, _cancel) = context::WithTimeoutCause(Background(), SHORT, ErrTooSlow);
        ctx.Done().Recv();
        check(&ctx, DeadlineExceeded, ErrTooSlow);

        let (parent, cancel) = context::WithCancelCause(Background());
        let (ctx, _cancel) = context::WithTimeoutCause(&parent, LONG, ErrTooSlow);
        cancel(ErrParent);
        check(&ctx, Canceled, ErrParent);
    }

    // TestAfterFuncCalledAfterCancel, TestAfterFuncCalledAfterTimeout, TestAfterFuncCalledImmediately
    fn a_function_is_called_at_the_end() {
        let (cancelled, cancel) = context::WithCancel(Background());
        let (timed, _cancel) = context::WithTimeout(Background(), SHORT);
        let calls = chan!(string, 3);
        let call = |ctx: &Context, what: &str| {
            let (calls, what) = (calls.clone(), what.to_string());
            context::AfterFunc(ctx, move || calls.Send(what))
        };
        call(&timed, "timed");
        assert_eq!(calls.Recv().0, "timed");
        let stop = call(&cancelled, "cancelled");
        assert_eq!(calls.Len(), 0);
        cancel();
        assert_eq!(calls.Recv().0, "cancelled");
        assert!(!stop());
        let stop = call(&cancelled, "at once");
        assert_eq!(calls.Recv().0, "at once");
        assert!(!stop());
    }

    // TestAfterFuncNotCalledAfterStop
    fn a_function_that_is_stopped_is_not_called() {
        let (ctx, cancel) = context::WithCancel(Background());
        let stop = context::AfterFunc(&ctx, || panic!("it was stopped"));
        assert!(stop() && !stop());
        cancel();
        assert!(!stop());
        let stop = context::AfterFunc(Background(), || panic!("it never ends"));
        assert!(stop() && !stop());
    }

    // Either it is stopped or it is called, and never both.
    fn a_function_is_stopped_or_called() {
        let called = Arc::new(AtomicU64::new(0));
        let mut stopped = 0;
        for _ in 0..1_000 {
            let (ctx, cancel) = context::WithCancel(Background());
            let over = chan!((), 1);
            let (count, is_over) = (called.clone(), over.clone());
            let stop = context::AfterFunc(&ctx, move || {
                count.fetch_add(1, Ordering::Relaxed);
                is_over.Send(());
            });
            go! { cancel() };
            if stop() {
                stopped += 1;
            } else {
                over.Recv();
            }
            ctx.Done().Recv();
        }
        assert_eq!(stopped + called.load(Ordering::Relaxed), 1_000);
    }

    // TestAfterFuncCalledAsynchronously
    fn cancelling_waits_for_no_function() {
        let (ctx, cancel) = context::WithCancel(Background());
        let c = chan!(());
        let called = c.clone();
        context::AfterFunc(&ctx, move || called.Send(()));
        cancel();
        c.Recv();
    }

    // TestContextErrDoneRace
    fn who_sees_the_error_sees_the_channel_closed() {
        for _ in 0..100 {
            let (ctx, cancel) = context::WithCancel(Background());
            let (child, _cancel) = context::WithCancel(&ctx);
            let done = ctx.Done();
            go! { cancel() };
            while child.Err() == nil {}
            assert_eq!(done.try_recv(), Err(goish::engine::TryRecvError::Closed));
            assert!(ctx.Err() == Canceled && is_done(&ctx) && is_done(&child));
        }
    }

    // Those that wait for the end of a context hold no thread.
    fn who_waits_for_the_end_is_suspended() {
        let (ctx, cancel) = context::WithCancel(Background());
        let never = chan!(int);
        let all: Vec<_> = (0..1_000).map(|n| go! {
            let (child, _cancel) = context::WithTimeout(&ctx, LONG);
            if n % 2 == 0 {
                child.Done().Recv();
            }
            select! {
                case <-child.Done():
                    child.Err()
                case <-never:
                    nil
            }
        }).collect();
        cancel();
        for g in all {
            assert!(g.Wait().unwrap() == Canceled);
        }
        assert!(runtime::blocking_calls().is_empty());
    }

    // The channel of a context that nobody has any more is closed when it would have ended.
    fn a_channel_outlives_its_context() {
        let (parent, cancel) = context::WithCancel(Background());
        let done = {
            let (middle, _cancel) = context::WithCancel(&parent);
            let (child, _cancel) = context::WithCancel(context::WithValue(&middle, 1, 1));
            child.Done()
        };
        assert_eq!(done.try_recv(), Err(goish::engine::TryRecvError::Empty));
        cancel();
        assert_eq!(done.try_recv(), Err(goish::engine::TryRecvError::Closed));

        let (timed, _) = context::WithTimeout(Background(), SHORT);
        let done = timed.Done();
        drop(timed);
        done.Recv();
    }

    fn a_function_outlives_its_context() {
        let (parent, cancel) = context::WithCancel(Background());
        let c = chan!((), 1);
        {
            let (child, _cancel) = context::WithCancel(&parent);
            let called = c.clone();
            context::AfterFunc(&child, move || called.Send(()));
        }
        assert_eq!(c.Len(), 0);
        cancel();
        c.Recv();
    }

    // As deep as one likes: neither its end nor its drop takes the stack of a call per layer.
    fn a_chain_may_be_long() {
        let (root, cancel) = context::WithCancel(Background());
        let mut ctx = root.clone();
        let mut cancels = Vec::new();
        for n in 0..50_000 {
            let (child, cancel) = context::WithCancel(context::WithValue(&ctx, n, n));
            ctx = child;
            cancels.push(cancel);
        }
        cancel();
        assert!(is_done(&ctx) && ctx.Value::<i32>(0) == Some(0));
        drop(ctx);
        drop(cancels);

        let mut ctx = root;
        let mut cancels = Vec::new();
        for _ in 0..50_000 {
            let (child, cancel) = context::WithCancel(&ctx);
            ctx = child;
            cancels.push(cancel);
        }
        drop(ctx);
        cancels.drain(..).for_each(drop);
    }
}
