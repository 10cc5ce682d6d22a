//! Go's `time`: durations, sleeping, and channels that tell the time.

use crate::block;

mod duration;
mod instant;
mod timer;

pub use duration::{Duration, Hour, Microsecond, Millisecond, Minute, Nanosecond, Second};
pub use instant::{Now, Since, Time, Until};
pub(crate) use timer::Timer;
pub use timer::{After, Tick};

/// Waits for at least so long; not at all if the duration is zero or less. In the body of `go!` it
/// suspends the goroutine.
#[track_caller]
pub fn Sleep(duration: Duration) {
    let duration = std::time::Duration::from(duration);
    if duration.is_zero() {
        return;
    }
    block::run(|| std::thread::sleep(duration));
}

/// Waits for at least so long; not at all if the duration is zero or less.
///
/// Cancel safety: it may be dropped at any time.
pub async fn sleep(duration: Duration) {
    let duration = std::time::Duration::from(duration);
    if duration.is_zero() {
        return;
    }
    timer::sleep(duration).await;
}
