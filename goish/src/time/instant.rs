//! Instants.

use std::ops::{Add, Sub};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::{Duration, Millisecond, Second};
use crate::types::int64;

/// Go's `time.Time`: an instant, by the wall clock and, if it came from [`Now`] or from a timer,
/// by the monotonic clock too. Its default is the zero value, which is before all others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Time {
    /// Nanoseconds since 1970; `None` is the zero value.
    wall: Option<int64>,
    monotonic: Option<Instant>,
}

/// The present instant.
pub fn Now() -> Time {
    let wall = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => Duration::from(since),
        Err(before) => -Duration::from(before.duration()),
    };
    Time {
        wall: Some(wall.Nanoseconds()),
        monotonic: Some(Instant::now()),
    }
}

/// The time that has passed since then.
pub fn Since(then: Time) -> Duration {
    Now().Sub(then)
}

/// The time that will pass until then.
pub fn Until(then: Time) -> Duration {
    then.Sub(Now())
}

impl Time {
    /// Whether this is the zero value.
    pub fn IsZero(self) -> bool {
        self.wall.is_none()
    }

    /// Seconds since 1970 by the wall clock.
    pub fn Unix(self) -> int64 {
        self.UnixNano().div_euclid(Second.Nanoseconds())
    }

    /// Milliseconds since 1970 by the wall clock.
    pub fn UnixMilli(self) -> int64 {
        self.UnixNano().div_euclid(Millisecond.Nanoseconds())
    }

    /// Nanoseconds since 1970 by the wall clock; of the zero value, the least number.
    pub fn UnixNano(self) -> int64 {
        self.wall.unwrap_or(int64::MIN)
    }

    /// The time from `earlier` to this: by the monotonic clock if both have it.
    pub fn Sub(self, earlier: Time) -> Duration {
        let (Some(left), Some(right)) = (self.monotonic, earlier.monotonic) else {
            return Duration(self.UnixNano().saturating_sub(earlier.UnixNano()));
        };
        match left.checked_duration_since(right) {
            Some(after) => after.into(),
            None => -Duration::from(right - left),
        }
    }

    /// The instant that much later.
    pub fn Add(self, duration: Duration) -> Time {
        let wall = self.wall;
        let monotonic = self.monotonic.and_then(|instant| {
            if duration < Duration(0) {
                instant.checked_sub((-duration).into())
            } else {
                instant.checked_add(duration.into())
            }
        });
        Time {
            wall: wall.map(|wall| wall.saturating_add(duration.Nanoseconds())),
            monotonic,
        }
    }

    /// Whether this is earlier.
    pub fn Before(self, other: Time) -> bool {
        self.Sub(other) < Duration(0)
    }

    /// Whether this is later.
    pub fn After(self, other: Time) -> bool {
        other.Before(self)
    }
}

impl Sub for Time {
    type Output = Duration;
    fn sub(self, earlier: Time) -> Duration {
        self.Sub(earlier)
    }
}

impl Add<Duration> for Time {
    type Output = Time;
    fn add(self, duration: Duration) -> Time {
        self.Add(duration)
    }
}
