//! What `go!` spawns its body with.

use std::future::Future;

pub use goish_scheduler::Place;
use goish_scheduler::runtime;

use crate::goroutine::Goroutine;

/// Spawns the body of a `go!` that stands at this place.
#[inline]
pub fn spawn<P: Place, F>(_: P, future: F) -> Goroutine<F::Output>
where
    // The compiler shows this line when a body may not move between threads.
    F: Future + Send + 'static, // use Arc for Rc, goish's sync::Mutex for std's, a clone for a borrow
    F::Output: Send + 'static,
{
    Goroutine::new(runtime::spawn::<P, F>(future))
}
