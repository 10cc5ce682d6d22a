//! What a panic says: the text of whatever it was made with.

use std::any::Any;
use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use super::Panicked;

/// For a value of the user's own: nothing but its address is known of it.
const NOT_TEXT: &str = "(a value that is not text)";

/// As Go prints it: a text as it is, a number, an error by its own text.
pub fn message_of(payload: &(dyn Any + Send)) -> String {
    text(payload)
        .or_else(|| number(payload))
        .or_else(|| error(payload))
        .unwrap_or_else(|| NOT_TEXT.to_owned())
}

/// The text of the first of these types that the payload has.
macro_rules! first_of {
    ($payload:expr; $($of:ty),+ $(,)?) => {
        None$(.or_else(|| $payload.downcast_ref::<$of>().map(ToString::to_string)))+
    };
}

fn text(payload: &(dyn Any + Send)) -> Option<String> {
    first_of!(payload; &'static str, String, Cow<'static, str>, Box<str>, Arc<str>, char)
}

fn number(payload: &(dyn Any + Send)) -> Option<String> {
    let float = || {
        let float = payload.downcast_ref::<f64>().copied();
        let float = float.or_else(|| payload.downcast_ref::<f32>().map(|&float| float.into()));
        float.map(|float| Float(float).to_string())
    };
    first_of!(payload; i64, i32, u64, usize, u8, bool, i8, i16, isize, u16, u32, i128, u128)
        .or_else(float)
}

fn error(payload: &(dyn Any + Send)) -> Option<String> {
    first_of!(
        payload;
        Box<dyn Error + Send + Sync>,
        Box<dyn Error + Send>,
        Arc<dyn Error + Send + Sync>,
        std::io::Error,
        Panicked,
        fmt::Error,
        std::num::ParseIntError,
        std::num::ParseFloatError,
        std::num::TryFromIntError,
        std::str::ParseBoolError,
        std::str::Utf8Error,
        std::string::FromUtf8Error,
        std::char::ParseCharError,
        std::env::VarError,
        std::net::AddrParseError,
        std::sync::mpsc::RecvError,
        std::time::SystemTimeError,
        tokio::task::JoinError,
        tokio::time::error::Elapsed,
    )
}

/// A number as Go's `print` has it: `+1.500000e+000`.
struct Float(f64);

impl fmt::Display for Float {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(float) = self;
        if float.is_nan() {
            return f.write_str("NaN");
        }
        if float.is_infinite() {
            return write!(f, "{}Inf", if *float > 0.0 { '+' } else { '-' });
        }
        let scientific = format!("{float:+.6e}");
        let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
        let (sign, exponent) = match exponent.strip_prefix('-') {
            Some(exponent) => ('-', exponent),
            None => ('+', exponent),
        };
        write!(f, "{digits}e{sign}{exponent:0>3}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(payload: impl Any + Send) -> String {
        message_of(&payload)
    }

    #[test]
    fn numbers_are_said_as_go_says_them() {
        assert_eq!(said(42_i64), "42");
        assert_eq!(said(-7_i8), "-7");
        assert_eq!(said(u64::MAX), "18446744073709551615");
        assert_eq!(said(true), "true");
        assert_eq!(said(1.5), "+1.500000e+000");
        assert_eq!(said(-12_345.678_f32), "-1.234568e+004");
        assert_eq!(said(1e-7), "+1.000000e-007");
        assert_eq!(said(1e123), "+1.000000e+123");
        assert_eq!(said(0.0), "+0.000000e+000");
        assert_eq!(
            (said(f64::NAN), said(-f64::INFINITY)),
            ("NaN".into(), "-Inf".into())
        );
    }

    #[test]
    fn texts_and_errors_are_said_as_they_are() {
        assert_eq!(said("text"), "text");
        assert_eq!(said(Cow::Borrowed("text")), "text");
        assert_eq!(said(Box::<str>::from("text")), "text");
        assert_eq!(said('é'), "é");
        let error = "x".parse::<i32>().unwrap_err();
        assert_eq!(said(error.clone()), "invalid digit found in string");
        let boxed: Box<dyn Error + Send + Sync> = error.into();
        assert_eq!(said(boxed), "invalid digit found in string");
        assert_eq!(said(std::io::Error::other("no disk")), "no disk");
        assert_eq!(said(vec![1]), NOT_TEXT);
    }
}
