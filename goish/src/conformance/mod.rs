//! The promises of goish, each as a program that fails when the promise is broken.
//!
//! The list is Go's own tests of channels and select (`test/chan/`, `src/runtime/chan_test.go`,
//! `test/fixedbugs/`), retold, and what goish promises beyond them. It is generic over the engine:
//! `cargo test` runs it for each, on one worker and on two, and the lab records its outcome for
//! the report's table.

mod channels;
mod closing;
mod concurrency;
mod goroutines;
mod selecting;

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::engine::{Capabilities, Engine, Support, Visitor, visit, visit_all};

/// One promise, and how to find out whether an engine keeps it.
pub struct Promise<E> {
    /// Its name, a key.
    pub name: &'static str,
    /// What is promised, in one sentence.
    pub statement: &'static str,
    /// The capability that it rests on, if an engine may lack it.
    requires: Option<fn(&Capabilities) -> Support>,
    /// Panics when the promise is broken.
    check: fn(),
    engine: std::marker::PhantomData<E>,
}

/// What came of checking a promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The promise was kept.
    Holds,
    /// The engine says that it lacks what the promise needs, and goish refuses it.
    Refused(String),
    /// The promise was broken; the message of the assertion that noticed.
    Fails(String),
}

impl<E: Engine> Promise<E> {
    const fn new(name: &'static str, statement: &'static str, check: fn()) -> Self {
        Self {
            name,
            statement,
            requires: None,
            check,
            engine: std::marker::PhantomData,
        }
    }

    const fn requires(mut self, capability: fn(&Capabilities) -> Support) -> Self {
        self.requires = Some(capability);
        self
    }

    /// Checks the promise on this process' runtime. A broken promise may also show as a check
    /// that never ends: the caller sets the limit.
    pub fn check(&self) -> Verdict {
        let capabilities = E::INFO.capabilities;
        // Every check makes buffered channels, whatever else it needs.
        let required = self.requires.map(|capability| capability(&capabilities));
        for support in std::iter::once(capabilities.buffered).chain(required) {
            if let Support::Missing(reason) = support {
                return Verdict::Refused(reason.to_owned());
            }
        }
        match catch_unwind(AssertUnwindSafe(self.check)) {
            Ok(()) => Verdict::Holds,
            Err(panic) => Verdict::Fails(message(&*panic)),
        }
    }
}

/// Every promise, in the order of the report's table.
pub fn promises<E: Engine>() -> Vec<Promise<E>> {
    [
        channels::promises::<E>(),
        closing::promises::<E>(),
        selecting::promises::<E>(),
        concurrency::promises::<E>(),
        goroutines::promises::<E>(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Every engine of this build with every promise and its statement.
pub fn listed() -> Vec<(&'static str, &'static str, &'static str)> {
    struct List(Vec<(&'static str, &'static str, &'static str)>);
    impl Visitor for List {
        fn visit<E: Engine>(&mut self) {
            let promises = promises::<E>().into_iter();
            self.0
                .extend(promises.map(|promise| (E::INFO.name, promise.name, promise.statement)));
        }
    }
    let mut list = List(Vec::new());
    visit_all(&mut list);
    list.0
}

/// Checks one promise on one engine, by name; `None` when this build has no such engine or there
/// is no such promise. See [`Promise::check`].
pub fn check(engine: &str, promise: &str) -> Option<Verdict> {
    struct Check<'a>(&'a str, Option<Verdict>);
    impl Visitor for Check<'_> {
        fn visit<E: Engine>(&mut self) {
            let promise = promises::<E>()
                .into_iter()
                .find(|promise| promise.name == self.0);
            self.1 = promise.map(|promise| promise.check());
        }
    }
    let mut check = Check(promise, None);
    visit(engine, &mut check).ok()?;
    check.1
}

/// What a panic said.
fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a message".to_owned())
}

/// Asserts that `operation` panics with exactly Go's words.
#[track_caller]
fn assert_panics(words: &str, operation: impl FnOnce()) {
    match catch_unwind(AssertUnwindSafe(operation)) {
        Ok(()) => panic!("nothing panicked, where Go says `{words}`"),
        Err(panic) => assert_eq!(message(&*panic), words),
    }
}

/// Lets the other goroutines run until `condition` holds. It never sleeps: what it waits for is a
/// state that the others reach by themselves, and a broken promise shows as a check without end.
fn wait_until(condition: impl Fn() -> bool) {
    while !condition() {
        crate::runtime::Gosched();
        std::thread::yield_now();
    }
}
