//! Durations with Go's arithmetic.

use std::fmt;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Rem, Sub, SubAssign};

use crate::types::{float64, int, int64, string};

mod text;

pub use text::ParseDuration;

/// Go's `time.Duration`: a number of nanoseconds, up to about 290 years either way. Arithmetic
/// that leaves this range stays at its end.
///
/// ```
/// use goish::time;
///
/// assert_eq!(time::Millisecond * 1500, time::Second + 500 * time::Millisecond);
/// assert_eq!((90 * time::Second).String(), "1m30s");
/// assert_eq!(format!("{:>6}", time::Second), "    1s");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(pub int64);

/// One nanosecond.
#[expect(non_upper_case_globals, reason = "Go's name")]
pub const Nanosecond: Duration = Duration(1);
/// One microsecond.
#[expect(non_upper_case_globals, reason = "Go's name")]
pub const Microsecond: Duration = Duration(1_000);
/// One millisecond.
#[expect(non_upper_case_globals, reason = "Go's name")]
pub const Millisecond: Duration = Duration(1_000_000);
/// One second.
#[expect(non_upper_case_globals, reason = "Go's name")]
pub const Second: Duration = Duration(1_000_000_000);
/// One minute.
#[expect(non_upper_case_globals, reason = "Go's name")]
pub const Minute: Duration = Duration(60 * Second.0);
/// One hour.
#[expect(non_upper_case_globals, reason = "Go's name")]
pub const Hour: Duration = Duration(60 * Minute.0);

impl Duration {
    /// The whole nanoseconds.
    pub fn Nanoseconds(self) -> int64 {
        self.0
    }

    /// The whole microseconds.
    pub fn Microseconds(self) -> int64 {
        self.0 / Microsecond.0
    }

    /// The whole milliseconds.
    pub fn Milliseconds(self) -> int64 {
        self.0 / Millisecond.0
    }

    /// The seconds, with their fraction.
    pub fn Seconds(self) -> float64 {
        self.0 as float64 / Second.0 as float64
    }

    /// The minutes, with their fraction.
    pub fn Minutes(self) -> float64 {
        self.0 as float64 / Minute.0 as float64
    }

    /// The hours, with their fraction.
    pub fn Hours(self) -> float64 {
        self.0 as float64 / Hour.0 as float64
    }

    /// As Go writes it: `1h15m30.918s`, `1.5ms`, `0s`.
    pub fn String(self) -> string {
        self.to_string()
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&text::text(*self))
    }
}

/// A negative duration is none.
impl From<Duration> for std::time::Duration {
    fn from(duration: Duration) -> Self {
        u64::try_from(duration.0).map_or(Self::ZERO, Self::from_nanos)
    }
}

/// A duration beyond the range becomes the longest.
impl From<std::time::Duration> for Duration {
    fn from(duration: std::time::Duration) -> Self {
        Self(int64::try_from(duration.as_nanos()).unwrap_or(int64::MAX))
    }
}

impl Add for Duration {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Duration {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl AddAssign for Duration {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for Duration {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Neg for Duration {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl Mul<int> for Duration {
    type Output = Self;
    fn mul(self, times: int) -> Self {
        Self(self.0.saturating_mul(times))
    }
}

impl Mul<Duration> for int {
    type Output = Duration;
    fn mul(self, duration: Duration) -> Duration {
        duration * self
    }
}

/// As in Go, where a number of some unit is a duration: `time::Duration(n) * time::Second`.
impl Mul for Duration {
    type Output = Self;
    fn mul(self, times: Self) -> Self {
        self * times.0
    }
}

impl Div<int> for Duration {
    type Output = Self;
    /// # Panics
    ///
    /// When the divisor is zero.
    fn div(self, by: int) -> Self {
        Self(self.0.saturating_div(by))
    }
}

/// As in Go, where the quotient of two durations is a number: `d / time::Second`.
impl Div for Duration {
    type Output = int;
    /// # Panics
    ///
    /// When the divisor is zero.
    fn div(self, by: Self) -> int {
        self.0.saturating_div(by.0)
    }
}

impl Rem for Duration {
    type Output = Self;
    /// # Panics
    ///
    /// When the divisor is zero.
    fn rem(self, by: Self) -> Self {
        Self(self.0.wrapping_rem(by.0))
    }
}
