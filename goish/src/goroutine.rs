//! The handle of a goroutine, with Go's name for waiting.

use goish_scheduler::block;

pub use goish_scheduler::{Panicked, Waiting};

/// A goroutine. Dropping it lets the goroutine go on alone; what it panics with, or has panicked
/// with, then ends the program, with Go's message and exit code 2.
///
/// The message is the panic's text; a number, or the text of an error of the standard library's or of a
/// `Box<dyn Error + Send + Sync>`, for a payload of `panic_any`. A panic hook that the program has set
/// before its first goroutine hears of every panic of a goroutine's, also of one that
/// [`Wait`](Goroutine::Wait) gives back; one that is set later takes goish's place.
#[derive(Debug)]
pub struct Goroutine<R: Send + 'static = ()>(goish_scheduler::Goroutine<R>);

impl<R: Send + 'static> Goroutine<R> {
    pub(crate) fn new(goroutine: goish_scheduler::Goroutine<R>) -> Self {
        Self(goroutine)
    }

    /// Waits until the goroutine has ended, and gives the value of its body. In the body of `go!`
    /// it suspends the goroutine that waits.
    ///
    /// # Errors
    ///
    /// [`Panicked`], when it panicked.
    #[track_caller]
    pub fn Wait(self) -> Result<R, Panicked> {
        block::on(self.wait())
    }

    /// Waits until the goroutine has ended, and gives the value of its body.
    ///
    /// Cancel safety: dropping what this gives is dropping the goroutine's handle.
    ///
    /// # Errors
    ///
    /// [`Panicked`], when it panicked.
    pub fn wait(self) -> Waiting<R> {
        self.take()
    }

    /// As `wait`, and leaves a handle behind with nothing to wait for: for rewritten code, which
    /// waits through a shared reference to what the user gives away.
    pub(crate) fn take(&self) -> Waiting<R> {
        self.0.take()
    }
}
