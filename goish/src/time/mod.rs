//! Go's `time`: durations, sleeping, and channels that tell the time.

use std::time::Instant;

use crate::{block, coop};

pub(crate) mod clock;
mod duration;
mod instant;
mod timer;

pub use duration::{
    Duration, Hour, Microsecond, Millisecond, Minute, Nanosecond, ParseDuration, Second,
};
pub use instant::{Now, Since, Time, Until};
pub use timer::{After, AfterFunc, NewTicker, NewTimer, Tick, Ticker, Timer};

/// Waits for at least so long. If the duration is zero or less it does not wait, and counts as an
/// operation that did not need to. In the body of `go!` it suspends the goroutine.
#[track_caller]
pub fn Sleep(duration: Duration) {
    let duration = std::time::Duration::from(duration);
    if duration.is_zero() {
        coop::did_not_block();
        return;
    }
    block::run(|| std::thread::sleep(duration));
}

/// Waits for at least so long. If the duration is zero or less it does not wait, and counts as an
/// operation that did not need to.
///
/// Cancel safety: it may be dropped at any time.
pub async fn sleep(duration: Duration) {
    let duration = std::time::Duration::from(duration);
    if duration.is_zero() {
        coop::proceed().await;
        return;
    }
    // Longer than the system's clock can say is for ever.
    match Instant::now().checked_add(duration) {
        Some(deadline) => goish_scheduler::runtime::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
