//! goish's clock, and being woken by it.

use std::sync::LazyLock;
use std::task::Waker;
use std::time::{Duration, Instant};

use goish_scheduler::runtime;

/// A deadline that does not come.
pub(crate) const NEVER: u64 = u64::MAX;

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Nanoseconds since the first look at this clock. It never goes back.
#[inline]
pub(crate) fn now() -> u64 {
    u64::try_from(START.elapsed().as_nanos()).unwrap_or(NEVER - 1)
}

/// The time that much later; at once, if the duration is zero or less.
pub(crate) fn after(duration: super::Duration) -> u64 {
    let duration = u64::try_from(duration.0).unwrap_or(0);
    now().saturating_add(duration).min(NEVER - 1)
}

pub(crate) use goish_scheduler::runtime::Alarm;

/// Has `waker` woken when the clock says so much, or a little later; never within this call, which
/// may therefore be made under a lock. Who is woken looks at the clock.
///
/// # Panics
///
/// As [`runtime::spawn`]: it is goish's runtime that wakes.
pub(crate) fn alarm(deadline: u64, waker: Waker) -> Alarm {
    /// Longer than any program runs, and not past the end of the system's clock.
    const LONGEST: u64 = 60 * 60 * 24 * 365 * 100 * 1_000_000_000;
    let deadline = *START + Duration::from_nanos(deadline.min(LONGEST));
    runtime::alarm(deadline, waker)
}
