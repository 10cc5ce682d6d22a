//! What is taken for an error.

use std::rc::Rc;
use std::sync::{Arc, LazyLock};

use super::{error, nil};

/// An [`error`], or what refers to one.
#[diagnostic::on_unimplemented(
    message = "goish's functions look at an `error`, and `{Self}` is none",
    label = "not an `error`",
    note = "any error of Rust's becomes one: `error::from(err)`"
)]
pub trait AsError {
    /// The error.
    fn as_error(&self) -> &error;
}

impl AsError for error {
    fn as_error(&self) -> &error {
        self
    }
}

macro_rules! see_through {
    ($($pointer:ty)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<E: AsError + ?Sized> AsError for $pointer {
            fn as_error(&self) -> &error {
                (**self).as_error()
            }
        }
    )*};
}

see_through! { &E  &mut E  Arc<E>  Box<E>  Rc<E> }

#[diagnostic::do_not_recommend]
impl<E: AsError> AsError for LazyLock<E> {
    fn as_error(&self) -> &error {
        (**self).as_error()
    }
}

/// How a function ended that may fail: an [`error`], or a `Result` with one.
#[diagnostic::on_unimplemented(
    message = "the function should end with an `error`, and it ends with `{Self}`",
    label = "neither an `error` nor a `Result<(), error>`",
    note = "let it end with `nil` if nothing went wrong, or with `Ok(())` if it has a `?`"
)]
pub trait IntoError {
    /// The error; nil if nothing went wrong.
    fn into_error(self) -> error;
}

impl IntoError for error {
    fn into_error(self) -> error {
        self
    }
}

impl IntoError for Result<(), error> {
    fn into_error(self) -> error {
        self.err().unwrap_or(nil)
    }
}
