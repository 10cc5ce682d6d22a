//! Telling goish's operations from the user's, by type.
//!
//! `(&Probe::<Send, _>::new(&receiver)).pick()` is resolved by the compiler. If the receiver is a
//! target of that operation, [`PickTarget`] is found first. If not, one more reference is taken,
//! and [`PickPlain`] is found.

use std::any::TypeId;
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::{Arc, LazyLock};

use super::Never;
use super::outcome::Finished;
use crate::time::{self, Duration};

macro_rules! names {
    ($($name:ident)*) => {$(
        /// The operation of this name.
        pub struct $name;
    )*};
}

names! { Send TrySend Recv RecvOk TryRecv Wait WaitWith Lock RLock Do DoShared Go Acquire }

/// A type of goish's that has the operation `M`, or what a method call reaches it through.
pub trait Target<M> {
    /// The operation on a borrowed receiver.
    type Operation<'a>
    where
        Self: 'a;

    /// The operation, not yet started.
    fn operation(&self) -> Self::Operation<'_>;
}

impl<'r, M, R: Target<M> + ?Sized> Target<M> for &'r R {
    type Operation<'a>
        = R::Operation<'r>
    where
        Self: 'a;
    fn operation(&self) -> Self::Operation<'_> {
        (**self).operation()
    }
}

macro_rules! see_through {
    ($($pointer:ty)*) => {$(
        impl<M, R: Target<M> + ?Sized> Target<M> for $pointer {
            type Operation<'a>
                = R::Operation<'a>
            where
                Self: 'a;
            fn operation(&self) -> Self::Operation<'_> {
                (**self).operation()
            }
        }
    )*};
}

see_through! { &mut R  Arc<R>  Box<R>  Rc<R> }

impl<M, R: Target<M>> Target<M> for LazyLock<R> {
    type Operation<'a>
        = R::Operation<'a>
    where
        Self: 'a;
    fn operation(&self) -> Self::Operation<'_> {
        (**self).operation()
    }
}

/// Asks what a receiver is.
pub struct Probe<'r, M, R: ?Sized> {
    receiver: &'r R,
    operation: PhantomData<M>,
}

impl<'r, M, R: ?Sized> Probe<'r, M, R> {
    pub fn new(receiver: &'r R) -> Self {
        Self {
            receiver,
            operation: PhantomData,
        }
    }
}

/// Found for goish's own.
pub trait PickTarget {
    /// The operation.
    type Operation;
    fn pick(&self) -> Self::Operation;
}

/// Found for everything else.
pub trait PickPlain {
    fn pick(&self) -> Plain {
        Plain
    }
}

impl<'r, M, R: Target<M> + ?Sized> PickTarget for Probe<'r, M, R> {
    type Operation = R::Operation<'r>;
    fn pick(&self) -> Self::Operation {
        self.receiver.operation()
    }
}

impl<M, R: ?Sized> PickPlain for &Probe<'_, M, R> {}

/// Nothing of goish's: the user's call runs as it stands.
pub struct Plain;

impl Plain {
    pub fn is_plain(&self) -> bool {
        true
    }

    pub fn run<A, O>(self, _: A) -> Never<Finished<O>> {
        unreachable!("what is not an operation of goish was run as one")
    }
}

/// Asks whether a function named `Sleep` is goish's.
pub struct SleepProbe<F, A>(PhantomData<(F, A)>);

impl<F, A> SleepProbe<F, A> {
    pub fn new(_: &F, _: &A) -> Self {
        Self(PhantomData)
    }
}

impl<F: Fn(Duration) + 'static> PickTarget for SleepProbe<F, Duration> {
    type Operation = Sleep;
    fn pick(&self) -> Sleep {
        Sleep {
            is_ours: is_the_type_of::<F, _>(time::Sleep),
        }
    }
}

impl<F, A> PickPlain for &SleepProbe<F, A> {}

/// A function `Sleep` of a duration.
pub struct Sleep {
    is_ours: bool,
}

impl Sleep {
    pub fn is_plain(&self) -> bool {
        !self.is_ours
    }

    pub async fn run(self, duration: Duration) -> Finished<()> {
        time::sleep(duration).await;
        Finished(())
    }
}

/// Asks whether a function named `Gosched` is goish's.
pub struct GoschedProbe<F>(PhantomData<F>);

impl<F> GoschedProbe<F> {
    pub fn new(_: &F) -> Self {
        Self(PhantomData)
    }
}

impl<F: Fn() + 'static> PickTarget for GoschedProbe<F> {
    type Operation = Gosched;
    fn pick(&self) -> Gosched {
        Gosched {
            is_ours: is_the_type_of::<F, _>(crate::runtime::Gosched),
        }
    }
}

impl<F> PickPlain for &GoschedProbe<F> {}

/// A function `Gosched` without arguments.
pub struct Gosched {
    is_ours: bool,
}

impl Gosched {
    pub fn is_plain(&self) -> bool {
        !self.is_ours
    }

    pub async fn run(self, (): ()) -> Finished<()> {
        crate::coop::yield_now().await;
        Finished(())
    }
}

/// Whether `F` is the type of a function: each function has its own.
fn is_the_type_of<F: 'static, G: 'static>(_: G) -> bool {
    TypeId::of::<F>() == TypeId::of::<G>()
}
