//! Go's `errors`: the type [`error`], which may be nil, and what is asked of one.
//!
//! | Go | Rust |
//! |---|---|
//! | `errors.New("empty")` | `errors::New("empty")` |
//! | `var ErrEmpty = errors.New("empty")` | `const ErrEmpty: error = errors::New!("empty");` |
//! | `func f() error` | `fn f() -> error`, or `-> Result<(), error>` where `?` is wanted |
//! | `func f() (int, error)` | `fn f() -> Result<int, error>` |
//! | `if err != nil { return err }` | the same, or `?` on a `Result` with any error of Rust's |
//! | `err == ErrEmpty` | `err == ErrEmpty` |
//! | `errors.Is(err, ErrEmpty)` | `errors::Is(&err, ErrEmpty)` |
//! | `var e *E; errors.As(err, &e)` | `let Some(e) = errors::As::<E>(&err)` |
//! | `fmt.Errorf("read: %w", err)` | `errors::Wrap(err, "read")` |
//! | `errors.Join(a, b)` | `errors::Join([a, b])` |
//! | `errors.Unwrap(err)` | `errors::Unwrap(&err)` |
//! | `err.Error()` | `err.Error()` |
//!
//! ```
//! use goish::prelude::*;
//! use std::num::ParseIntError;
//!
//! const ErrEmpty: error = errors::New!("empty");
//!
//! fn parse(text: &str) -> Result<int, error> {
//!     if text.is_empty() {
//!         return Err(ErrEmpty);
//!     }
//!     Ok(text.parse::<int>()?)
//! }
//!
//! fn check(text: &str) -> error {
//!     match parse(text) {
//!         Ok(_) => nil,
//!         Err(err) => errors::Wrap(err, "check"),
//!     }
//! }
//!
//! assert!(check("1") == nil);
//!
//! let err = check("");
//! assert!(err != nil);
//! assert_eq!(err.Error(), "check: empty");
//! assert!(err != ErrEmpty);
//! assert!(errors::Is(&err, ErrEmpty));
//! assert!(errors::Unwrap(&err) == ErrEmpty);
//!
//! let err = check("one");
//! assert!(!errors::Is(&err, ErrEmpty));
//! let Some(invalid) = errors::As::<ParseIntError>(&err) else {
//!     panic!("it is wrapped");
//! };
//! assert_eq!(invalid.to_string(), "invalid digit found in string");
//!
//! let both = errors::Join([errors::New("no milk"), nil, ErrEmpty]);
//! assert_eq!(both.Error(), "no milk\nempty");
//! assert!(errors::Is(&both, ErrEmpty));
//! ```

use std::fmt::Display;

mod accepted;
mod handle;
mod value;
mod wrapping;

pub use crate::__errors_new as New;
pub use accepted::{AsError, IntoError};
#[doc(hidden)]
pub use handle::Constant;
pub use value::{error, nil};
use wrapping::{Wrapped, wrapping};

/// An error with this text. Two of the same text are two errors, which are not equal.
///
/// For one that others compare with, as Go's `var ErrEmpty = errors.New("empty")`, there is
/// [`New!`].
///
/// ```
/// use goish::prelude::*;
///
/// let err = errors::New("empty");
/// assert_eq!(err.Error(), "empty");
/// assert!(err == err.clone() && err != errors::New("empty"));
/// ```
pub fn New(text: impl Into<String>) -> error {
    wrapping(text.into(), Wrapped::Nothing)
}

/// Makes an error for a `const` or a `static`: what others compare with.
///
/// ```
/// use goish::prelude::*;
///
/// const ErrEmpty: error = errors::New!("empty");
/// const ErrFull: error = errors::New!("full");
///
/// fn take(from: &mut Vec<int>) -> Result<int, error> {
///     from.pop().ok_or(ErrEmpty)
/// }
/// let Err(err) = take(&mut Vec::new()) else { unreachable!() };
/// assert!(err == ErrEmpty && err != ErrFull);
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! __errors_new {
    ($text:expr $(,)?) => {{
        // A place of its own: that is what makes it equal to itself, and to nothing else.
        static CONSTANT: $crate::errors::Constant = $crate::errors::Constant::new($text);
        $crate::errors::error::constant(&CONSTANT)
    }};
}

/// Whether `err` is `target`, or wraps it somewhere. Nil is nil, and nothing else is.
///
/// Both may be given by value or by reference.
pub fn Is(err: impl AsError, target: impl AsError) -> bool {
    err.as_error().handle().is(target.as_error().handle())
}

/// The error of Rust's type `E` that `err` is, or that it wraps: the first in the order of Go's
/// `errors.As`, depth first.
///
/// ```
/// use goish::prelude::*;
/// use std::io;
///
/// let err: error = io::Error::from(io::ErrorKind::NotFound).into();
/// let err = errors::Wrap(err, "open");
/// if let Some(err) = errors::As::<io::Error>(&err) {
///     assert_eq!(err.kind(), io::ErrorKind::NotFound);
/// } else {
///     unreachable!();
/// }
/// ```
pub fn As<E: std::error::Error + 'static>(err: &error) -> Option<&E> {
    err.handle().find()
}

/// What `err` wraps: nil if that is nothing, and if it is several that were joined.
pub fn Unwrap(err: impl AsError) -> error {
    error::of(err.as_error().handle().unwrapped())
}

/// An error that wraps all of these that are not nil; nil if all are. Its text is theirs, a line
/// each.
///
/// ```
/// use goish::prelude::*;
///
/// assert!(errors::Join([nil, nil]) == nil);
/// let err = errors::Join([errors::New("no milk"), nil, errors::New("no bread")]);
/// assert_eq!(err.Error(), "no milk\nno bread");
/// ```
pub fn Join(errs: impl IntoIterator<Item = error>) -> error {
    let errs: Vec<_> = errs.into_iter().filter(|err| *err != nil).collect();
    if errs.is_empty() {
        return nil;
    }
    let lines: Vec<_> = errs.iter().map(error::to_string).collect();
    wrapping(lines.join("\n"), Wrapped::Joined(errs))
}

/// An error that wraps `err`, whose text is `text`, a colon and that of `err`. Nil if `err` is.
///
/// ```
/// use goish::prelude::*;
///
/// let err = errors::Wrap(errors::New("no such file"), "open the configuration");
/// assert_eq!(err.Error(), "open the configuration: no such file");
/// assert!(errors::Wrap(nil, "open the configuration") == nil);
/// ```
pub fn Wrap(err: impl AsError, text: impl Display) -> error {
    let err = err.as_error();
    if err.IsNil() {
        return nil;
    }
    wrapping(format!("{text}: {err}"), Wrapped::One(err.clone()))
}
