//! Durations as text: Go's writing, and how it is read.

use std::fmt::Write;

use super::{Duration, Hour, Microsecond, Millisecond, Minute, Nanosecond, Second};
use crate::errors::{self, error};

/// What Go's `String` gives.
pub(super) fn text(duration: Duration) -> String {
    let mut text = String::new();
    if duration.0 < 0 {
        text.push('-');
    }
    let nanoseconds = duration.0.unsigned_abs();
    match nanoseconds {
        0 => text.push_str("0s"),
        1..1_000 => with_fraction(&mut text, nanoseconds, 1, "ns"),
        1_000..1_000_000 => with_fraction(&mut text, nanoseconds, 1_000, "µs"),
        1_000_000..1_000_000_000 => with_fraction(&mut text, nanoseconds, 1_000_000, "ms"),
        _ => {
            let (minutes, rest) = (nanoseconds / 60_000_000_000, nanoseconds % 60_000_000_000);
            if minutes >= 60 {
                with_fraction(&mut text, minutes / 60, 1, "h");
            }
            if minutes > 0 {
                with_fraction(&mut text, minutes % 60, 1, "m");
            }
            with_fraction(&mut text, rest, 1_000_000_000, "s");
        }
    }
    text
}

fn with_fraction(text: &mut String, value: u64, of: u64, unit: &str) {
    let digits = of.ilog10() as usize;
    let fraction = format!("{:0digits$}", value % of);
    let fraction = match of {
        1 => "",
        _ => fraction.trim_end_matches('0'),
    };
    let point = if fraction.is_empty() { "" } else { "." };
    // To write to a text does not fail.
    let _ = write!(text, "{}{point}{fraction}{unit}", value / of);
}

/// Go's `time.ParseDuration`: a sum of numbers with units, such as `1h15m30.918s`, `-1.5ms` or `0`.
/// The units are `ns`, `us` (or `µs`), `ms`, `s`, `m` and `h`.
///
/// ```
/// use goish::prelude::*;
///
/// assert_eq!(time::ParseDuration("1h1.5m"), Ok(time::Hour + 90 * time::Second));
/// let err = time::ParseDuration("3").unwrap_err();
/// assert_eq!(err.Error(), r#"time: missing unit in duration "3""#);
/// ```
///
/// # Errors
///
/// In Go's words, when it is none, or is beyond the range.
pub fn ParseDuration(text: &str) -> Result<Duration, error> {
    let invalid = || errors::New(format!("time: invalid duration {text:?}"));
    let is_negative = text.starts_with('-');
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return Ok(Duration(0));
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut sum: u64 = 0;
    while !rest.is_empty() {
        let (number, after) = Number::read(rest).ok_or_else(invalid)?;
        let end = after
            .find(|c: char| c == '.' || c.is_ascii_digit())
            .unwrap_or(after.len());
        let (name, after) = after.split_at(end);
        let unit = unit(name).ok_or_else(|| {
            errors::New(match name {
                "" => format!("time: missing unit in duration {text:?}"),
                _ => format!("time: unknown unit {name:?} in duration {text:?}"),
            })
        })?;
        let part = number.times(unit).ok_or_else(invalid)?;
        sum = sum
            .checked_add(part)
            .filter(is_in_range)
            .ok_or_else(invalid)?;
        rest = after;
    }
    // The most negative duration has no positive counterpart.
    let nanoseconds = match is_negative {
        true => 0_i64.checked_sub_unsigned(sum),
        false => i64::try_from(sum).ok(),
    };
    nanoseconds.map(Duration).ok_or_else(invalid)
}

/// Up to the most negative duration.
fn is_in_range(nanoseconds: &u64) -> bool {
    *nanoseconds <= 1 << 63
}

fn unit(name: &str) -> Option<u64> {
    let unit = match name {
        "ns" => Nanosecond,
        // The sign for a millionth, and the Greek letter that looks like it.
        "us" | "\u{b5}s" | "\u{3bc}s" => Microsecond,
        "ms" => Millisecond,
        "s" => Second,
        "m" => Minute,
        "h" => Hour,
        _ => return None,
    };
    Some(unit.0.unsigned_abs())
}

/// A number as it is written, with some digits before its point or behind it.
struct Number {
    whole: u64,
    /// What stands behind the point, as a number, and by what it is divided.
    fraction: (u64, f64),
}

impl Number {
    /// Reads one, and gives what stands after it.
    fn read(text: &str) -> Option<(Self, &str)> {
        let (whole, after) = digits(text);
        let (behind, after) = after.strip_prefix('.').map_or(("", after), digits);
        if whole.is_empty() && behind.is_empty() {
            return None;
        }
        let whole = match whole {
            "" => 0,
            whole => whole.parse().ok().filter(is_in_range)?,
        };
        let mut fraction = (0_u64, 1.0);
        for digit in behind.bytes() {
            // More digits than fit say nothing of a whole nanosecond.
            let more = fraction.0.checked_mul(10);
            let Some(more) = more.and_then(|more| more.checked_add(u64::from(digit - b'0'))) else {
                break;
            };
            fraction = (more, fraction.1 * 10.0);
        }
        Some((Self { whole, fraction }, after))
    }

    /// So many of a unit, in whole nanoseconds.
    fn times(&self, unit: u64) -> Option<u64> {
        let (digits, scale) = self.fraction;
        let fraction = digits as f64 * (unit as f64 / scale);
        let whole = self.whole.checked_mul(unit).filter(is_in_range)?;
        whole.checked_add(fraction as u64).filter(is_in_range)
    }
}

/// The digits that a text begins with, and the rest.
fn digits(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit());
    text.split_at(end.unwrap_or(text.len()))
}

#[cfg(all(test, not(goish_loom)))]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<i64, String> {
        ParseDuration(text)
            .map(|duration| duration.0)
            .map_err(|err| err.Error())
    }

    /// What Go's own table of tests says, in part.
    #[test]
    fn numbers_with_units_are_summed() {
        let good = [
            ("0", 0),
            ("5s", 5_000_000_000),
            ("+5s", 5_000_000_000),
            ("-5.6s", -5_600_000_000),
            ("-.5s", -500_000_000),
            ("1.s", 1_000_000_000),
            ("1.004s", 1_004_000_000),
            ("100.00100s", 100_001_000_000),
            ("11us", 11_000),
            ("12\u{b5}s", 12_000),
            ("12\u{3bc}s10ns", 12_010),
            ("3h30m", 12_600_000_000_000),
            ("-1m39.99s", -99_990_000_000),
            ("39h9m14.425s", 140_954_425_000_000),
            ("9223372036854775807ns", i64::MAX),
            ("-9223372036854775808ns", i64::MIN),
            ("0.100000000000000000000h", 360_000_000_000),
            ("0.9223372036854775807h", 3_320_413_933_267),
        ];
        for (text, nanoseconds) in good {
            assert_eq!(parsed(text), Ok(nanoseconds), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_told_in_gos_words() {
        let bad = [
            ("", r#"time: invalid duration """#),
            ("3", r#"time: missing unit in duration "3""#),
            ("-", r#"time: invalid duration "-""#),
            ("s", r#"time: invalid duration "s""#),
            (".s", r#"time: invalid duration ".s""#),
            ("+.s", r#"time: invalid duration "+.s""#),
            ("1d", r#"time: unknown unit "d" in duration "1d""#),
            ("3000000h", r#"time: invalid duration "3000000h""#),
            (
                "9223372036854775808ns",
                r#"time: invalid duration "9223372036854775808ns""#,
            ),
            (
                "-9223372036854775809ns",
                r#"time: invalid duration "-9223372036854775809ns""#,
            ),
        ];
        for (text, words) in bad {
            assert_eq!(parsed(text), Err(words.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_written_can_be_read() {
        for nanoseconds in [1, 999, 1_500, 2_000_001, 60_000_000_000, i64::MAX, i64::MIN] {
            let written = text(Duration(nanoseconds));
            assert_eq!(parsed(&written), Ok(nanoseconds), "{written}");
        }
    }
}
