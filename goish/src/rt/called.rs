//! Telling by type what a call gave, and what a body gives.
//!
//! `(&&asked).call()` is resolved by the compiler, which looks for the method on `&Asked` first, then
//! on `&&Asked`, then on `Asked` itself. The type may not be known yet, and then the first that could
//! fit is taken. So what is known to be no [`Call`] comes first: a `Call` is never [`Unpin`], and
//! nearly everything else is. For a body's value it is what is known to be no future: a future is not
//! [`Clone`].

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;

use goish_scheduler::block;

use super::Never;
use crate::call::Call;

/// Makes a call of a `#[go_fn]` function.
#[inline(always)]
pub fn call<F: Future>(future: F) -> Call<F> {
    Call::new(future)
}

/// The type of a value, which is not borrowed for that: what was, the future of a body would hold on
/// to while it waits.
pub struct Asked<T>(PhantomData<fn() -> T>);

impl<T> Asked<T> {
    #[expect(clippy::new_without_default, reason = "for generated code alone")]
    #[inline(always)]
    pub fn new() -> Self {
        Self(PhantomData)
    }

    #[inline(always)]
    pub fn of(&self, value: T) -> T {
        value
    }
}

/// It is what it is.
pub struct Given;

impl Given {
    #[inline(always)]
    pub fn is_plain(&self) -> bool {
        true
    }

    #[inline(always)]
    pub fn value<T>(self, value: T) -> T {
        value
    }

    pub fn start<T>(self, _: T) -> Never<T> {
        unreachable!("what is no future was awaited")
    }

    pub fn start_boxed<T>(self, _: T) -> Never<T> {
        unreachable!("what is no future was awaited")
    }

    pub fn wait<T>(self, _: T) -> T {
        unreachable!("what is no call was waited for")
    }
}

/// It is awaited.
pub struct Pending;

impl Pending {
    #[inline(always)]
    pub fn is_plain(&self) -> bool {
        false
    }

    pub fn value<F: Future>(self, _: F) -> F::Output {
        unreachable!("a future was not awaited")
    }

    #[inline(always)]
    pub fn start<F: Future>(self, future: F) -> F {
        future
    }

    pub fn start_boxed<F: Future>(self, future: F) -> Pin<Box<F>> {
        Box::pin(future)
    }

    #[track_caller]
    pub fn wait<F: Future>(self, future: F) -> F::Output {
        block::on(future)
    }
}

/// Found for what is no call, or is not known yet.
pub trait PickReturned {
    fn call(&self) -> Given {
        Given
    }
}

impl<T: Unpin> PickReturned for &Asked<T> {}

/// Found for calls.
pub trait PickCall {
    fn call(&self) -> Pending {
        Pending
    }
}

impl<F: Future> PickCall for &&Asked<Call<F>> {}

/// Found for the rest.
pub trait PickOther {
    fn call(&self) -> Given {
        Given
    }
}

impl<T> PickOther for Asked<T> {}

/// Found for what is no future, or is not known yet.
pub trait PickValue {
    fn value(&self) -> Given {
        Given
    }
}

impl<T: Clone> PickValue for &Asked<T> {}

/// Found for futures.
pub trait PickFuture {
    fn value(&self) -> Pending {
        Pending
    }
}

impl<F: Future> PickFuture for &&Asked<F> {}

/// Found for the rest.
pub trait PickOtherValue {
    fn value(&self) -> Given {
        Given
    }
}

impl<T> PickOtherValue for Asked<T> {}
