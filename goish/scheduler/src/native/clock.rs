//! The scheduler's clock: nanoseconds since the process first asked.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

static EPOCH: OnceLock<Instant> = OnceLock::new();

/// The instant that is zero on this clock.
fn epoch() -> Instant {
    *EPOCH.get_or_init(Instant::now)
}

/// Nanoseconds from the epoch until now. It holds 584 years.
#[inline]
pub(crate) fn now() -> u64 {
    nanoseconds(epoch().elapsed())
}

/// The same of another instant; zero for one before the epoch.
pub(crate) fn at(instant: Instant) -> u64 {
    nanoseconds(instant.saturating_duration_since(epoch()))
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
