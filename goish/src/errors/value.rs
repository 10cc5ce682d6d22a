//! The type `error`.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

use super::handle::{Constant, Handle};

/// Go's `error`: [`nil`], or something that went wrong. Clones are the same error, and cost next to
/// nothing.
///
/// Two errors are equal when one is a clone of the other, as two pointers are. `?` turns every error
/// of Rust's into one, and `Display` gives its text; nil is `<nil>`, and the default.
///
/// It is not an error of Rust's itself, so that `?` can do that. Where one is asked for there is
/// [`as_std`](error::as_std), and `?` turns it into a `Box<dyn std::error::Error>`.
///
/// ```
/// use goish::prelude::*;
///
/// fn parse(text: &str) -> Result<int, error> {
///     Ok(text.parse::<int>()?)
/// }
/// let mut err = nil;
/// assert!(err == nil);
/// if let Err(invalid) = parse("one") {
///     err = invalid;
/// }
/// assert_eq!(err.Error(), "invalid digit found in string");
/// ```
#[derive(Clone, Default, PartialEq)]
#[expect(non_camel_case_types, reason = "Go's name")]
#[must_use = "what went wrong is lost if nobody looks at it; `let _ = …` says that this is meant"]
pub struct error {
    handle: Handle,
}

/// Go's `nil` for an [`error`]: nothing went wrong.
#[expect(non_upper_case_globals, reason = "Go's name")]
pub const nil: error = error {
    handle: Handle::Nil,
};

impl error {
    #[doc(hidden)]
    pub const fn constant(constant: &'static Constant) -> Self {
        Self {
            handle: Handle::Constant(constant),
        }
    }

    /// From an error of Rust's of a type that is not known.
    pub fn from_boxed(boxed: Box<dyn Error + Send + Sync>) -> Self {
        let handle = match boxed.downcast::<Handle>() {
            Ok(handle) => *handle,
            Err(boxed) => Handle::Shared(Arc::from(boxed)),
        };
        Self { handle }
    }

    pub(super) fn of(handle: Handle) -> Self {
        Self { handle }
    }

    pub(super) fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Whether this is nil: `err == nil`.
    pub fn IsNil(&self) -> bool {
        self.handle.is_nil()
    }

    /// Whether this is nil.
    pub fn is_nil(&self) -> bool {
        self.IsNil()
    }

    /// Its text.
    ///
    /// # Panics
    ///
    /// If this is nil, as in Go. `Display` gives `<nil>` then.
    #[track_caller]
    pub fn Error(&self) -> String {
        assert!(
            !self.IsNil(),
            "invalid memory address or nil pointer dereference: Error() of an error that is nil"
        );
        self.to_string()
    }

    /// `Ok` if this is nil: for `?` behind what gives an `error`.
    ///
    /// # Errors
    ///
    /// This, if it is not nil.
    ///
    /// ```
    /// use goish::prelude::*;
    ///
    /// fn read(count: int) -> error {
    ///     if count == 0 { nil } else { errors::New("empty") }
    /// }
    /// fn read_all(count: int) -> Result<int, error> {
    ///     read(0).into_result()?;
    ///     read(count).into_result()?;
    ///     Ok(count)
    /// }
    /// assert_eq!(read_all(0).unwrap(), 0);
    /// assert_eq!(read_all(1).unwrap_err().Error(), "empty");
    /// ```
    pub fn into_result(self) -> Result<(), Self> {
        if self.IsNil() { Ok(()) } else { Err(self) }
    }

    /// An error of Rust's with the same text and the same sources; `None` if this is nil. An error
    /// that gives it as its source wraps this one.
    ///
    /// ```
    /// use goish::prelude::*;
    /// use std::fmt;
    ///
    /// #[derive(Debug)]
    /// struct QueryError {
    ///     query: string,
    ///     err: error,
    /// }
    ///
    /// impl fmt::Display for QueryError {
    ///     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    ///         write!(f, "{}: {}", self.query, self.err)
    ///     }
    /// }
    ///
    /// impl std::error::Error for QueryError {
    ///     fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
    ///         self.err.as_std()
    ///     }
    /// }
    ///
    /// const ErrTimeout: error = errors::New!("timeout");
    /// let query = "select".to_string();
    /// let err: error = QueryError { query, err: ErrTimeout }.into();
    /// assert!(errors::Is(&err, ErrTimeout));
    /// assert_eq!(errors::As::<QueryError>(&err).unwrap().query, "select");
    /// ```
    pub fn as_std(&self) -> Option<&(dyn Error + 'static)> {
        if self.IsNil() {
            return None;
        }
        Some(&self.handle)
    }
}

impl Eq for error {}

// Nobody changes an error, so no panic leaves one half changed.
impl UnwindSafe for error {}
impl RefUnwindSafe for error {}

impl fmt::Display for error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.handle.fmt(f)
    }
}

impl fmt::Debug for error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.handle, f)
    }
}

/// What `?` does.
impl<E: Error + Send + Sync + 'static> From<E> for error {
    fn from(err: E) -> Self {
        let handle = match (&err as &dyn Any).downcast_ref::<Handle>() {
            Some(handle) => handle.clone(),
            None => Handle::Shared(Arc::new(err)),
        };
        Self { handle }
    }
}

impl From<error> for Box<dyn Error + Send + Sync> {
    fn from(err: error) -> Self {
        Box::new(err.handle)
    }
}

impl From<error> for Box<dyn Error> {
    fn from(err: error) -> Self {
        Box::new(err.handle)
    }
}
