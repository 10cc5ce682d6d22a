//! The behaviours that Go's own tests of `errors` ask for (errors_test, wrap_test, join_test), and
//! what Rust adds: its own errors, and `?`. Nothing here waits, so it needs no goroutine.

#![allow(non_upper_case_globals, reason = "Go's names")]

use std::fmt;
use std::io;
use std::num::ParseIntError;
use std::sync::LazyLock;

use goish::prelude::*;

const ErrFirst: error = errors::New!("one text");
const ErrSecond: error = errors::New!("one text");
static ErrStatic: error = errors::New!("of a static");
static ErrLazy: LazyLock<error> = LazyLock::new(|| errors::New("made when it is needed"));

/// One of the user's, which may wrap another.
#[derive(Debug)]
struct Typed {
    name: &'static str,
    err: error,
}

impl fmt::Display for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "typed {}", self.name)
    }
}

impl std::error::Error for Typed {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.err.as_std()
    }
}

fn typed(name: &'static str, err: error) -> error {
    Typed { name, err }.into()
}

/// Of Rust's alone, three deep.
#[derive(Debug)]
struct Nested(Option<Box<Nested>>);

impl fmt::Display for Nested {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "outer" } else { "inner" })
    }
}

impl std::error::Error for Nested {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.as_deref().map(|nested| nested as _)
    }
}

fn invalid() -> ParseIntError {
    "one".parse::<int>().unwrap_err()
}

// TestNewEqual
#[test]
fn only_clones_are_equal() {
    let err = errors::New("abc");
    assert!(err != errors::New("abc") && err != errors::New("xyz"));
    assert!(err == err.clone());
    assert!(ErrFirst == ErrFirst && ErrFirst != ErrSecond);
    assert!(ErrStatic == ErrStatic.clone() && *ErrLazy == ErrLazy.clone());
    assert!(error::from(invalid()) != error::from(invalid()));
}

// TestErrorMethod
#[test]
fn its_text_is_what_it_was_made_of() {
    assert_eq!(errors::New("abc").Error(), "abc");
    assert_eq!(errors::New(format!("{}", 5)).to_string(), "5");
    assert_eq!(ErrFirst.Error(), "one text");
    assert_eq!(error::from(invalid()).Error(), invalid().to_string());
    assert_eq!(format!("{:?}", errors::New("abc")), "abc");
}

#[test]
fn its_text_is_as_wide_as_it_was_asked_for() {
    for err in [errors::New("abc"), errors::New!("abc")] {
        assert_eq!(format!("[{err:>5}]"), "[  abc]");
        assert_eq!(format!("[{err:-<5}]"), "[abc--]");
    }
    assert_eq!(format!("[{nil:^7}]"), "[ <nil> ]");
}

#[test]
fn nil_is_nothing() {
    assert!(nil == nil && nil.IsNil() && error::default() == nil);
    assert!(errors::New("") != nil);
    assert_eq!(nil.to_string(), "<nil>");
    assert!(nil.as_std().is_none());
    let text = std::panic::catch_unwind(|| nil.Error()).unwrap_err();
    let text = text.downcast_ref::<&str>().unwrap();
    assert!(text.contains("nil pointer dereference"), "{text}");
}

#[test]
fn a_closed_channel_of_errors_gives_nil() {
    let c = chan!(error, 1);
    c.Send(ErrFirst);
    close!(c);
    assert!(c.try_recv().unwrap() == ErrFirst);
    assert!(c.TryRecv().0 == nil);
}

// TestIs
#[test]
fn is_finds_what_is_wrapped() {
    let err = errors::New("1");
    let wrapped = errors::Wrap(&err, "wrap 2");
    let twice = typed("3", wrapped.clone());
    let other = errors::New("3");
    let several = errors::Join([other.clone(), twice.clone()]);
    for (err, target, expected) in [
        (&nil, &nil, true),
        (&nil, &err, false),
        (&err, &nil, false),
        (&err, &err, true),
        (&wrapped, &err, true),
        (&twice, &err, true),
        (&twice, &wrapped, true),
        (&wrapped, &twice, false),
        (&err, &other, false),
        (&twice, &other, false),
        (&several, &several, true),
        (&several, &other, true),
        (&several, &twice, true),
        (&several, &wrapped, true),
        (&several, &err, true),
        (&several, &errors::New("1"), false),
        (&several, &nil, false),
        (&errors::Wrap(&several, "around"), &err, true),
    ] {
        assert_eq!(errors::Is(err, target), expected, "Is({err}, {target})");
    }
}

#[test]
fn is_takes_whatever_refers_to_an_error() {
    let mut err = errors::Wrap(ErrLazy.clone(), "lazy");
    assert!(errors::Is(&err, &*ErrLazy) && errors::Is(&err, &ErrLazy));
    assert!(errors::Is(&mut err, &ErrLazy) && errors::Is(Box::new(err), &ErrLazy));
    assert!(errors::Is(ErrStatic.clone(), &ErrStatic));
    assert!(errors::Is(ErrFirst, ErrFirst) && !errors::Is(ErrFirst, ErrSecond));
}

// TestAs, TestAsType
#[test]
fn as_finds_the_first_of_a_type() {
    let name = |err: &error| errors::As::<Typed>(err).map(|typed| typed.name);
    assert_eq!(name(&nil), None);
    assert_eq!(name(&errors::New("err")), None);
    assert_eq!(name(&ErrFirst), None);
    assert_eq!(name(&typed("T", nil)), Some("T"));
    assert_eq!(name(&errors::Wrap(typed("T", nil), "wrapped")), Some("T"));
    assert_eq!(name(&typed("a", typed("b", nil))), Some("a"));
    let join = |errs: [error; 2]| errors::Join(errs);
    assert_eq!(name(&join([errors::New("a"), typed("T", nil)])), Some("T"));
    assert_eq!(name(&join([typed("a", nil), typed("b", nil)])), Some("a"));
    let deep = join([errors::New("a"), typed("a", nil)]);
    assert_eq!(name(&join([deep, typed("b", nil)])), Some("a"));
    let err = errors::Wrap(error::from(invalid()), "parse");
    assert_eq!(errors::As::<ParseIntError>(&err), Some(&invalid()));
    assert!(errors::As::<fmt::Error>(&err).is_none());
}

// TestUnwrap, and that what was joined is unwrapped by nobody.
#[test]
fn unwrap_takes_off_one_layer() {
    let err = errors::New("1");
    let wrapped = errors::Wrap(&err, "wrap 2");
    assert!(errors::Unwrap(nil) == nil && errors::Unwrap(&err) == nil);
    assert!(errors::Unwrap(ErrFirst) == nil);
    assert!(errors::Unwrap(&wrapped) == err);
    assert!(errors::Unwrap(typed("3", wrapped.clone())) == wrapped);
    assert!(errors::Unwrap(typed("3", nil)) == nil);
    assert!(errors::Unwrap(errors::Join([err.clone(), err.clone()])) == nil);
    assert!(errors::Unwrap(errors::Join([err])) == nil);
}

#[test]
fn unwrap_walks_along_an_error_of_rusts() {
    let three = Nested(Some(Box::new(Nested(Some(Box::new(Nested(None)))))));
    let err: error = three.into();
    let second = errors::Unwrap(&err);
    let third = errors::Unwrap(&second);
    let texts = [&err, &second, &third].map(error::Error);
    assert_eq!(texts, ["outer", "outer", "inner"]);
    assert!(errors::Unwrap(&third) == nil);
    assert!(errors::Is(&err, &third) && errors::Is(&second, &third));
    assert!(!errors::Is(&third, &second));
    assert!(second == errors::Unwrap(&err) && second != third);
    assert!(errors::As::<Nested>(&third).unwrap().0.is_none());
}

// TestJoinReturnsNil, TestJoin, TestJoinErrorMethod
#[test]
fn join_leaves_out_nil() {
    assert!(errors::Join([]) == nil);
    assert!(errors::Join([nil]) == nil && errors::Join(vec![nil, nil]) == nil);
    let (one, two) = (errors::New("err1"), errors::New("err2"));
    assert_eq!(errors::Join([one.clone()]).Error(), "err1");
    let both = errors::Join([one.clone(), nil, two.clone()]);
    assert_eq!(both.Error(), "err1\nerr2");
    assert!(errors::Is(&both, one) && errors::Is(&both, two));
}

#[test]
fn wrap_of_nil_is_nil() {
    assert!(errors::Wrap(nil, "nothing") == nil);
}

#[test]
fn question_marks_go_to_and_fro() {
    fn parse(text: &str) -> Result<int, error> {
        Ok(text.parse::<int>()?)
    }
    fn wrapped(text: &str) -> Result<int, error> {
        let n = parse(text).map_err(|err| errors::Wrap(err, "parse"))?;
        if n < 0 { Err(ErrFirst) } else { Ok(n) }
    }
    fn boxed(text: &str) -> Result<int, Box<dyn std::error::Error>> {
        Ok(wrapped(text)?)
    }
    fn there_and_back(text: &str) -> Result<int, error> {
        fn boxed(text: &str) -> Result<int, Box<dyn std::error::Error + Send + Sync>> {
            Ok(wrapped(text)?)
        }
        boxed(text).map_err(error::from_boxed)
    }
    assert_eq!(boxed("12").unwrap(), 12);
    assert_eq!(
        boxed("one").unwrap_err().to_string(),
        format!("parse: {}", invalid())
    );
    assert!(there_and_back("-1").unwrap_err() == ErrFirst);
    assert!(nil.into_result().is_ok() && ErrFirst.into_result().unwrap_err() == ErrFirst);
}

// An error of `io` does not name the error that it was made of as its source.
#[test]
fn an_io_error_wraps_what_it_was_made_of() {
    let err: error = io::Error::other(typed("T", ErrFirst)).into();
    assert!(errors::Is(&err, ErrFirst));
    assert_eq!(errors::As::<Typed>(&err).unwrap().name, "T");
    assert_eq!(errors::Unwrap(&err).Error(), "typed T");
    let err: error = io::Error::other(invalid()).into();
    assert_eq!(errors::As::<ParseIntError>(&err), Some(&invalid()));
}

#[test]
fn a_panicked_goroutines_outcome_is_an_error() {
    let panicked = go! { panic!("oh no") };
    let wait = || -> Result<(), error> { Ok(panicked.Wait()?) };
    let err = wait().unwrap_err();
    assert!(errors::As::<runtime::Panicked>(&err).is_some());
    assert!(err.Error().contains("oh no"));
}
