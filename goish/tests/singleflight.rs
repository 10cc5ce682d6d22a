//! The behaviours that the tests of `golang.org/x/sync/singleflight` ask for.

#![allow(non_upper_case_globals, reason = "Go's names")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use goish::prelude::*;

mod common;
use common::{BOTH, on};

type Group = singleflight::Group<string>;

const ErrSome: error = errors::New!("some error");

// TestDo, TestDoErr
#[test]
fn do_gives_what_the_function_gives() {
    let g = Group::new();
    let (v, shared) = g.Do("key", || Ok("bar".into()));
    assert_eq!((v.unwrap().as_str(), shared), ("bar", false));
    let (v, shared) = g.Do("key", || Err(ErrSome));
    assert!(v.unwrap_err() == ErrSome && !shared);
}

#[test]
fn keys_may_be_of_any_type() {
    let g = singleflight::Group::<int, (int, int)>::new();
    let (v, _) = g.Do((1, 2), || Ok(3));
    assert_eq!(v.unwrap(), 3);
    g.Forget(&(1, 2));
}

on! { BOTH
    // TestDoDupSuppress: of those who come while one works all have what it gives.
    fn one_works_and_all_have_the_result() {
        const N: int = 100;
        let g = Group::new();
        let calls = Arc::new(AtomicI64::new(0));
        let (entered, release) = (chan!(int), chan!(string));
        let first = {
            let (entered, release) = (entered.clone(), release.clone());
            go! {
                let (v, shared) = g.Do("key", || {
                    calls.fetch_add(1, Ordering::SeqCst);
                    entered.Send(1);
                    Ok(range!(release).next().unwrap_or_default())
                });
                (v.unwrap(), shared)
            }
        };
        entered.Recv();
        let mut others = Vec::new();
        for _ in 0..N {
                others.push(go! {
                let (v, shared) = g.Do("key", || {
                    calls.fetch_add(1, Ordering::SeqCst);
                    Ok("another".into())
                });
                (v.unwrap(), shared)
            });
        }
        // What comes on a channel tells that it takes part.
        let shared = g.DoChan("key", || Ok("another".into()));
        while joined(&g) < 1 + N {
            runtime::Gosched();
        }
        release.Send("bar".into());
        assert_eq!(first.Wait().unwrap(), ("bar".into(), true));
        for other in others {
            assert_eq!(other.Wait().unwrap(), ("bar".into(), true));
        }
        let result = range!(shared).next().unwrap();
        assert_eq!((result.Val.as_deref(), result.Shared), (Some("bar"), true));
        assert_eq!(calls.load(Ordering::SeqCst), 1);
        // Only the function of the first blocked its thread.
        let blocked = runtime::blocking_calls();
        assert!(blocked.iter().map(|call| call.count).sum::<u64>() <= 2, "{blocked:?}");
    }

    // TestForget
    fn what_is_forgotten_is_called_anew() {
        let g = Group::new();
        let (entered, release) = (chan!(int), chan!(int));
        let held = |value: &'static str| {
            let (g, entered, release) = (g.clone(), entered.clone(), release.clone());
            go! {
                let (v, _) = g.Do("key", || {
                    entered.Send(1);
                    release.Recv();
                    Ok(value.into())
                });
                v.unwrap()
            }
        };
        let first = held("first");
        entered.Recv();
        g.Forget("key");
        let (v, shared) = g.Do("key", || Ok("second".into()));
        assert_eq!((v.unwrap().as_str(), shared), ("second", false));

        // A third that begins before the first ends is not forgotten with it.
        let third = held("third");
        entered.Recv();
        release.Send(1);
        let one = release.clone();
        go! { one.Send(1) };
        assert_eq!(first.Wait().unwrap(), "first");
        assert_eq!(third.Wait().unwrap(), "third");
    }

    // TestDoChan
    fn a_channel_has_the_result() {
        let g = Group::new();
        let c = g.DoChan("key", || Ok("bar".into()));
        let result = range!(c).next().unwrap();
        assert_eq!((result.Val.as_deref(), result.Shared), (Some("bar"), false));
        assert!(result.Err == nil);
        let c = g.DoChan("key", || Err(ErrSome));
        let result = range!(c).next().unwrap();
        assert!(result.Val.is_none() && result.Err == ErrSome);
    }

    // TestPanicDo
    fn a_panic_goes_to_all() {
        const N: int = 20;
        let g = Group::new();
        let (entered, release) = (chan!(int), chan!(int));
        let first = {
            let (entered, release) = (entered.clone(), release.clone());
            go! {
                let (v, _) = g.Do("key", || {
                    entered.Send(1);
                    release.Recv();
                    panic!("invalid memory address")
                });
                v.is_ok()
            }
        };
        entered.Recv();
        let mut all = Vec::new();
        for _ in 0..N {
            all.push(go! {
                let (v, _) = g.Do("key", || Ok("another".into()));
                v.is_ok()
            });
        }
        while joined(&g) < N {
            runtime::Gosched();
        }
        release.Send(1);
        for g in all.into_iter().chain([first]) {
            let panicked = g.Wait().unwrap_err();
            assert_eq!(panicked.message(), "invalid memory address");
            assert!(panicked.location().unwrap().contains("tests/singleflight.rs"), "{panicked}");
        }
        // And the key is free again.
        let (v, shared) = g.Do("key", || Ok("anew".into()));
        assert_eq!((v.unwrap().as_str(), shared), ("anew", false));
    }

    fn a_panic_is_caught_by_whoever_catches() {
        let g = Group::new();
        let call = || g.Do("key", || panic!("oh no"));
        let text = catch_unwind(AssertUnwindSafe(call)).unwrap_err();
        assert_eq!(text.downcast_ref::<&str>(), Some(&"oh no"));
        assert!(g.Do("key", || Ok("fine".into())).0.is_ok());
    }

    fn keys_do_not_wait_for_each_other() {
        let g = Group::new();
        let (v, _) = g.Do("outer", || {
            let (v, shared) = g.Do("inner", || Ok("inner".into()));
            assert!(!shared);
            v
        });
        assert_eq!(v.unwrap(), "inner");
    }
}

/// How many take part in the one call that there is, beside the first.
fn joined(g: &Group) -> int {
    let text = format!("{g:?}");
    let digits = text.split("others: ").nth(1).unwrap_or("0");
    let digits: string = digits.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap()
}

// TestPanicDoChan, TestPanicDoSharedByDoChan: on a channel nobody would hear of it, so it ends the
// program, whoever catches what.
#[test]
fn a_panic_beside_a_channel_ends_the_program() {
    for test in ["a_channel_alone", "a_channel_beside_one_who_catches"] {
        for text in common::ends_on_each(test, "2", 2) {
            assert!(text.contains("panic: oh no\n"), "{text}");
        }
    }
}

#[test]
#[ignore = "run by the test beside it"]
fn a_channel_alone() {
    let g = Group::new();
    let c = g.DoChan("key", || panic!("oh no"));
    c.Recv();
    unreachable!("the program has ended");
}

#[test]
#[ignore = "run by the test beside it"]
fn a_channel_beside_one_who_catches() {
    let g = Group::new();
    let c = chan!(singleflight::Outcome<string>);
    let call = || {
        let (v, _) = g.Do("key", || {
            let theirs = g.DoChan("key", || Ok("another".into()));
            let c = c.clone();
            go! { c.Send(theirs.Recv().0) };
            panic!("oh no")
        });
        v.is_ok()
    };
    assert!(catch_unwind(AssertUnwindSafe(call)).is_err());
    c.Recv();
    unreachable!("the program has ended");
}
