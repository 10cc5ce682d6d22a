//! Panics of goroutines: who hears of them, and what is said when nobody does.
//!
//! A panic's fate belongs to its goroutine. Whatever panics in one is caught there, becomes its
//! outcome, and waits in its handle; an outcome that nobody has heard of ends the program when it
//! is dropped. Nothing in the program waits for that. But a goroutine may set others free while it
//! unwinds, by a deferred `Done` for one, and `main` must not reach its end, and the program a good
//! one, before that panic has ended it. So a panic is *undecided* from the moment it happens until
//! its outcome has been kept for a handle, or the program itself has caught it; and the end of the
//! program waits while one is, a moment at most.

use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::mem::{ManuallyDrop, forget, needs_drop};
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::ending;
use crate::scheduler::Lost;

mod before;
mod words;

use before::Before;
pub use words::message_of;

/// What a panic is caught as.
type Payload = Box<dyn Any + Send>;

/// A goroutine panicked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panicked {
    message: String,
    location: Option<String>,
}

impl Panicked {
    /// What it panicked with.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Where, as `file:line:column`, if that is known.
    pub fn location(&self) -> Option<&str> {
        self.location.as_deref()
    }

    pub(crate) fn waited_already() -> Self {
        Self {
            message: "the goroutine has been waited for already".to_owned(),
            location: None,
        }
    }
}

impl From<Lost> for Panicked {
    fn from(lost: Lost) -> Self {
        Self {
            message: lost.to_string(),
            location: None,
        }
    }
}

impl fmt::Display for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "goroutine panicked: {}", self.message)?;
        match &self.location {
            Some(location) => write!(f, " ({location})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Panicked {}

/// A panic that nobody has heard of yet. If it is dropped, the program ends.
pub(crate) struct Unobserved(Box<Report>);

struct Report {
    panic: Panicked,
    goroutine: Option<u64>,
    backtrace: Option<Backtrace>,
    is_observed: bool,
}

impl Unobserved {
    /// Of the panic that was just caught on this thread, in that goroutine. It is undecided until
    /// somebody has [left](leave) it to a thread that is [done](after_goroutine) with the goroutine.
    pub(crate) fn new(payload: Payload, goroutine: Option<u64>) -> Self {
        if !UNDECIDED_HERE.take() {
            // One that was thrown on, past the hook.
            UNDECIDED.fetch_add(1, Ordering::SeqCst);
        }
        let seen = take_seen();
        let (location, backtrace) = seen.map_or((None, None), |seen| {
            (Some(seen.location), Some(seen.backtrace))
        });
        let message = message_of(&*payload);
        // What a payload panics with when it is dropped is told in Rust's own words, and no more.
        let outer = IN_GOROUTINE.replace(false);
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            // Dropping this one may panic as well, and so on.
            forget(payload);
        }
        IN_GOROUTINE.set(outer);
        Self(Box::new(Report {
            panic: Panicked { message, location },
            goroutine,
            backtrace,
            is_observed: false,
        }))
    }

    fn observe(mut self) -> Panicked {
        self.0.is_observed = true;
        std::mem::replace(&mut self.0.panic, Panicked::waited_already())
    }
}

impl Drop for Unobserved {
    fn drop(&mut self) {
        if !self.0.is_observed {
            self.0.end_program();
        }
    }
}

impl Report {
    /// Ends the program as Go does.
    fn end_program(&self) -> ! {
        let Panicked { message, location } = &self.panic;
        let goroutine = self
            .goroutine
            .map_or_else(|| "?".to_owned(), |number| number.to_string());
        let location = location.as_deref().unwrap_or("at an unknown place");
        let mut text =
            format!("panic: {message}\n\ngoroutine {goroutine} [running]:\n\t{location}\n");
        match &self.backtrace {
            Some(backtrace) if backtrace.status() == BacktraceStatus::Captured => {
                text.push_str(&format!("\n{backtrace}"));
            }
            _ => text.push_str("\nnote: run with `RUST_BACKTRACE=1` to see what called it\n"),
        }
        ending::end(&text)
    }
}

/// How a goroutine ended: with a value, or with a panic that is told to whoever waits.
///
/// Invariant 1: the result is there until [`Outcome::heard`] takes it and forgets the rest, or the
/// drop does.
pub(crate) struct Outcome<R>(ManuallyDrop<Result<R, Unobserved>>);

impl<R> Outcome<R> {
    pub(crate) fn value(value: R) -> Self {
        Self(ManuallyDrop::new(Ok(value)))
    }

    pub(crate) fn panic(panic: Unobserved) -> Self {
        Self(ManuallyDrop::new(Err(panic)))
    }

    /// Tells somebody.
    pub(crate) fn heard(self) -> Result<R, Panicked> {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: the result is there, and `this` will neither be used again nor dropped: invariant 1.
        let result = unsafe { ManuallyDrop::take(&mut this.0) };
        result.map_err(Unobserved::observe)
    }
}

impl<R> Drop for Outcome<R> {
    /// Does not unwind: a scheduler drops what nobody waits for.
    fn drop(&mut self) {
        // SAFETY: the result is there, and this is the last use of it: invariant 1.
        unheard::<R>(|| unsafe { ManuallyDrop::drop(&mut self.0) });
    }
}

/// Drops something that has a `T`. A value that panics when it is dropped is a panic that nobody hears
/// of.
#[inline]
pub(crate) fn unheard<T>(drop_it: impl FnOnce()) {
    if !needs_drop::<T>() {
        return drop_it();
    }
    let outer = IN_GOROUTINE.replace(true);
    let dropped = catch_unwind(AssertUnwindSafe(drop_it));
    IN_GOROUTINE.set(outer);
    if let Err(payload) = dropped {
        drop(Unobserved::new(payload, None));
    }
}

/// Runs something whose panic ends the program, at once, with a sentence of ours.
#[cfg(feature = "scheduler-tokio")]
pub(crate) fn or_refuse<R>(may_panic: impl FnOnce() -> R, sentence: fn() -> String) -> R {
    INSTEAD.set(Some(sentence));
    let result = may_panic();
    INSTEAD.set(None);
    result
}

/// What only the panic hook gets to see.
struct Seen {
    location: String,
    backtrace: Backtrace,
}

/// Panics of goroutines of which it is not known yet whether they end the program. Each was counted
/// by the hook, and is taken off once: by the thread whose `UNDECIDED_HERE` says so, to which its
/// goroutine hands it while it runs there.
static UNDECIDED: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// Whether one of them is this thread's to take off.
    static UNDECIDED_HERE: Cell<bool> = const { Cell::new(false) };
    static IN_GOROUTINE: Cell<bool> = const { Cell::new(false) };
    /// What is said instead of a panic.
    static INSTEAD: Cell<Option<fn() -> String>> = const { Cell::new(None) };
    static SEEN: RefCell<Option<Seen>> = const { RefCell::new(None) };
}

/// While it lives, this thread runs a goroutine.
pub(crate) struct Guard {
    outer: bool,
}

#[inline]
pub(crate) fn enter() -> Guard {
    after_goroutine();
    Guard {
        outer: IN_GOROUTINE.replace(true),
    }
}

impl Drop for Guard {
    #[inline]
    fn drop(&mut self) {
        IN_GOROUTINE.set(self.outer);
        // The goroutine has suspended or ended, so it has caught what it panicked with.
        if UNDECIDED_HERE.get() {
            caught();
        }
    }
}

/// The outcome of a panic leaves its goroutine on this thread, which can tell when it has arrived.
pub(crate) fn leave() {
    UNDECIDED_HERE.set(true);
}

/// The outcome that has left its goroutine on this thread, if it is that of a panic, leaves it
/// [again](leave), later, on another: for a scheduler that cannot tell here when it has arrived.
#[cfg(feature = "scheduler-tokio")]
#[inline]
pub(crate) fn delay() -> bool {
    UNDECIDED_HERE.take()
}

/// This thread is done with a goroutine: its completion included, if it came to that. So what it
/// panicked with has been kept for its handle; otherwise the program has ended by now.
#[inline]
pub(crate) fn after_goroutine() {
    if UNDECIDED_HERE.get() {
        decided();
    }
}

/// The goroutine on this thread does an operation. If it does not unwind, it has caught what it
/// panicked with before.
#[inline]
pub(crate) fn at_operation() {
    if UNDECIDED_HERE.get() && !std::thread::panicking() {
        caught();
    }
}

#[cold]
fn caught() {
    take_seen();
    decided();
}

/// What the hook has kept. Nothing where this thread's own values are gone already.
fn take_seen() -> Option<Seen> {
    SEEN.try_with(RefCell::take).ok().flatten()
}

#[cold]
fn decided() {
    UNDECIDED_HERE.set(false);
    UNDECIDED.fetch_sub(1, Ordering::SeqCst);
}

/// How long the end of the program waits at most: a goroutine that unwinds for longer, because a
/// destructor waits, does not keep it.
const AT_EXIT: Duration = Duration::from_secs(1);

/// Holds up the end of the program while a panic is undecided, except this thread's own: a goroutine
/// that exits does not wait for itself.
extern "C" fn wait_until_decided() {
    let own = usize::from(UNDECIDED_HERE.get());
    let start = Instant::now();
    while UNDECIDED.load(Ordering::SeqCst) > own && start.elapsed() < AT_EXIT {
        std::thread::sleep(Duration::from_micros(100));
    }
}

/// A goroutine's panic is not printed when it happens: it is told to whoever waits, or printed
/// when nobody does. Every other panic goes to the hook that was there before; and so does every one
/// of a goroutine's, too, if the program has set that hook.
pub(crate) fn install_hook(current: fn() -> Option<u64>) {
    static INSTALL: Once = Once::new();
    if std::thread::panicking() {
        return;
    }
    INSTALL.call_once(|| {
        ending::at_exit(wait_until_decided);
        let before = Before::take();
        std::panic::set_hook(Box::new(move |info| {
            if let Some(sentence) = INSTEAD.get() {
                ending::refuse(&sentence());
            }
            if !IN_GOROUTINE.get() {
                return before.tell(info);
            }
            if !UNDECIDED_HERE.replace(true) {
                UNDECIDED.fetch_add(1, Ordering::SeqCst);
            }
            if before.is_users() {
                before.tell(info);
            }
            if !see(info, current) && !before.is_users() {
                before.tell(info);
            }
        }));
    });
}

/// Keeps what the hook sees. False when something was kept already. Then the program caught that
/// panic itself, or this one happens while that one unwinds, and Rust is about to end the program
/// without asking anybody: so it is not kept from the hook.
fn see(info: &PanicHookInfo<'_>, current: fn() -> Option<u64>) -> bool {
    let backtrace = Backtrace::capture();
    let location = info
        .location()
        .map_or_else(|| "?".to_owned(), |at| at.to_string());
    if cfg!(panic = "abort") {
        let message = message_of(info.payload());
        let report = Report {
            panic: Panicked {
                message,
                location: Some(location),
            },
            goroutine: current(),
            backtrace: Some(backtrace),
            is_observed: false,
        };
        report.end_program();
    }
    let seen = Seen {
        location,
        backtrace,
    };
    // Where this thread's own values are gone already, nothing can be kept.
    SEEN.try_with(|kept| kept.replace(Some(seen)).is_none())
        .unwrap_or(false)
}
