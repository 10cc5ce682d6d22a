//! Panics of goroutines: who hears of them, and what is said when nobody does.

use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::io::Write as _;
use std::panic::PanicHookInfo;
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

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

    pub(super) fn with_payload(payload: &(dyn Any + Send)) -> Self {
        Self {
            message: message_of(payload),
            location: None,
        }
    }

    pub(super) fn waited_already() -> Self {
        Self::with_payload(&"the goroutine has been waited for already")
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
pub(super) struct Unobserved(Option<Box<Report>>);

struct Report {
    panic: Panicked,
    goroutine: String,
    backtrace: Option<Backtrace>,
}

impl Unobserved {
    /// Of the panic that was just caught on this thread.
    pub(super) fn new(payload: &(dyn Any + Send)) -> Self {
        let seen = SEEN.take();
        let (location, backtrace) = seen.map_or((None, None), |seen| {
            (Some(seen.location), Some(seen.backtrace))
        });
        let message = message_of(payload);
        Self(Some(Box::new(Report {
            panic: Panicked { message, location },
            goroutine: current_goroutine(),
            backtrace,
        })))
    }

    pub(super) fn observe(mut self) -> Panicked {
        match self.0.take() {
            Some(report) => report.panic,
            None => Panicked::waited_already(),
        }
    }
}

impl fmt::Debug for Unobserved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Unobserved")
            .field(&self.0.as_ref().map(|report| &report.panic))
            .finish()
    }
}

impl Drop for Unobserved {
    fn drop(&mut self) {
        if let Some(report) = self.0.take() {
            end_program(&report);
        }
    }
}

/// Ends the program as Go does.
fn end_program(report: &Report) -> ! {
    let Report {
        panic: Panicked { message, location },
        goroutine,
        backtrace,
    } = report;
    let location = location.as_deref().unwrap_or("at an unknown place");
    let mut text = format!("panic: {message}\n\ngoroutine {goroutine} [running]:\n\t{location}\n");
    match backtrace {
        Some(backtrace) if backtrace.status() == BacktraceStatus::Captured => {
            text.push_str(&format!("\n{backtrace}"));
        }
        _ => text.push_str("\nnote: run with `RUST_BACKTRACE=1` to see what called it\n"),
    }
    // The program ends with 2 whether or not anybody can read why.
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
    std::process::exit(2)
}

fn message_of(payload: &(dyn Any + Send)) -> String {
    if let Some(message) = payload.downcast_ref::<&str>() {
        (*message).to_owned()
    } else if let Some(message) = payload.downcast_ref::<String>() {
        message.clone()
    } else {
        "(a value that is not text)".to_owned()
    }
}

fn current_goroutine() -> String {
    tokio::task::try_id().map_or_else(|| "?".to_owned(), |id| id.to_string())
}

/// What only the panic hook gets to see.
struct Seen {
    location: String,
    backtrace: Backtrace,
}

/// Panics of goroutines of which it is not known yet whether they end the program.
static UNDECIDED: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// Whether this thread has counted one of them.
    static UNDECIDED_HERE: Cell<bool> = const { Cell::new(false) };
    static IN_GOROUTINE: Cell<bool> = const { Cell::new(false) };
    static SEEN: RefCell<Option<Seen>> = const { RefCell::new(None) };
}

/// While it lives, this thread runs a goroutine.
pub(super) struct Guard {
    outer: bool,
}

pub(super) fn guard() -> Guard {
    decided();
    Guard {
        outer: IN_GOROUTINE.replace(true),
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        IN_GOROUTINE.set(self.outer);
    }
}

/// This thread has come to its next goroutine, or has none, or blocks: so what the last one
/// panicked with has been kept for its handle, or caught. Otherwise the program has ended by now.
pub(crate) fn decided() {
    if UNDECIDED_HERE.take() {
        UNDECIDED.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Holds a thread outside the runtime until no panic is undecided. A goroutine that panics may set
/// others free while it unwinds, by a deferred `Done` for one; `main` must not reach its end, and
/// the program a good one, before that panic has ended it.
pub(crate) fn wait_until_decided() {
    while UNDECIDED.load(Ordering::SeqCst) > 0 && !IN_GOROUTINE.get() {
        std::thread::sleep(Duration::from_micros(100));
    }
}

/// A goroutine's panic is not printed when it happens: it is told to whoever waits, or printed
/// when nobody does. Every other panic goes to the hook that was there before.
pub(crate) fn install_hook() {
    static INSTALL: Once = Once::new();
    if std::thread::panicking() {
        return;
    }
    INSTALL.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !IN_GOROUTINE.get() || !see(info) {
                before(info);
            }
        }));
    });
}

/// Keeps what the hook sees. False when something was kept already. Then the program caught that
/// panic itself, or this one happens while that one unwinds, and Rust is about to end the program
/// without asking anybody: so it is not kept from the hook.
fn see(info: &PanicHookInfo<'_>) -> bool {
    if !UNDECIDED_HERE.replace(true) {
        UNDECIDED.fetch_add(1, Ordering::SeqCst);
    }
    let backtrace = Backtrace::capture();
    let location = info
        .location()
        .map_or_else(|| "?".to_owned(), |at| at.to_string());
    if cfg!(panic = "abort") {
        let message = message_of_info(info);
        end_program(&Report {
            panic: Panicked {
                message,
                location: Some(location),
            },
            goroutine: current_goroutine(),
            backtrace: Some(backtrace),
        });
    }
    let seen = Seen {
        location,
        backtrace,
    };
    SEEN.replace(Some(seen)).is_none()
}

fn message_of_info(info: &PanicHookInfo<'_>) -> String {
    info.payload_as_str()
        .unwrap_or("(a value that is not text)")
        .to_owned()
}
