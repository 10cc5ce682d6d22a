//! What the macros' code works with. Not for use by hand: it changes without notice.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::range::{Range, Ready};

mod called;
mod capture;
mod changed;
mod operation;
mod outcome;
mod packages;
mod probe;
mod program;
mod select;
mod spawn;

pub use crate::types::int;
pub use called::{
    Asked, PickCall, PickFuture, PickOther, PickOtherValue, PickReturned, PickValue, call,
};
pub use capture::{AllHandles, Captured, MoveOther, NotAllHandles, ShareHandle, Types, starting};
pub use changed::{Changed, PickCopy, PickMoved, PickPointed, SeenByOthers};
pub use outcome::{Finished, Received, Sent, Tried, TriedReceive, Unseen};
pub use probe::{
    Acquire, Do, DoShared, Go, GoschedProbe, Lock, PickPlain, PickTarget, Plain, Probe, RLock,
    Recv, RecvOk, Send, SleepProbe, Target, TryRecv, TrySend, Wait, WaitWith,
};
pub use program::{defer, main};
pub use select::{
    block_forever, case, never, owned_receiver, owned_sender, receive_case, receiver, select,
    select_blocking, send_case, sender, take, try_select, try_select_blocking,
};
pub use spawn::{Place, spawn};

/// The type of an argument, before there is one: carries what is known from the user's call to
/// where the argument is evaluated.
pub struct Argument<A>(PhantomData<fn(A) -> A>);

impl<A> Clone for Argument<A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A> Copy for Argument<A> {}

impl<A> Argument<A> {
    #[expect(clippy::new_without_default, reason = "for generated code alone")]
    pub fn new() -> Self {
        Self(PhantomData)
    }

    /// For code that is checked, and never runs.
    pub fn value(self) -> A {
        unreachable!("code that is only there for its types was run")
    }
}

/// An argument of the right type. The type stands first: it is known when the value is checked.
pub struct Accepted<A> {
    pub of: Argument<A>,
    pub value: A,
}

/// The condition of code that is only there for its types.
#[inline(always)]
pub fn unreached() -> bool {
    false
}

/// Ends code that is only there for its types.
pub fn absurd<T>(_: T) -> ! {
    unreachable!("code that is only there for its types was run")
}

/// A type without values.
pub enum Void {}

/// A future that does not exist. The compiler sees that, so that awaiting it is no suspension.
pub struct Never<O>(pub Void, pub PhantomData<fn() -> O>);

impl<O> Future for Never<O> {
    type Output = O;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<O> {
        match self.0 {}
    }
}

/// The iterators of `range!`.
pub trait RangeIterator: Iterator {
    /// One step that suspends.
    type Next<'a>: Future<Output = Option<Self::Item>>
    where
        Self: 'a;

    /// Whether it never waits.
    fn is_plain(&self) -> bool;

    /// The next item, unless the iterator is plain.
    fn next_suspending(&mut self) -> Self::Next<'_>;
}

impl<T: std::marker::Send, E: goish_engines::Engine> RangeIterator
    for crate::range::Values<'_, T, E>
{
    type Next<'a>
        = crate::chan::Recv<'a, T, E>
    where
        Self: 'a;

    fn is_plain(&self) -> bool {
        false
    }

    fn next_suspending(&mut self) -> Self::Next<'_> {
        crate::range::Values::next(self)
    }
}

impl<I: Iterator> RangeIterator for Ready<I> {
    type Next<'a>
        = Never<Option<I::Item>>
    where
        Self: 'a;

    fn is_plain(&self) -> bool {
        true
    }

    fn next_suspending(&mut self) -> Self::Next<'_> {
        unreachable!("an iterator that waits for nobody was waited for")
    }
}

/// Starts `range!`.
pub fn range<R: Range + ?Sized>(over: &R) -> R::Iter<'_> {
    over.range()
}
