//! What `select!` works with.

use std::convert::Infallible;
use std::future::{Future, pending};
use std::marker::Send;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, LazyLock};
use std::task::Waker;

use goish_engines::{
    Arm, Attempt, Case, Channel, Engine, Glance, Operations, Registration, SelectArm,
};
use pin_project_lite::pin_project;

use crate::block;
use crate::chan::{Chan, RecvChan, SendChan, Timed, offered};
use crate::coop::{self, Coop};

/// A channel to receive from, or what refers to one.
#[diagnostic::on_unimplemented(
    message = "select! receives from channels, and `{Self}` is none to receive from",
    label = "neither a `Chan` nor a `RecvChan`",
    note = "an arm is `recv(channel) |value, ok| => …` or `send(channel, value) => …`"
)]
pub trait AsReceiver {
    /// The element type.
    type Element: Send;
    /// The engine.
    type Engine: Engine;
    /// The channel.
    fn as_receiver(&self) -> &Chan<Self::Element, Self::Engine>;
}

/// A channel to send on, or what refers to one.
#[diagnostic::on_unimplemented(
    message = "select! sends on channels, and `{Self}` is none to send on",
    label = "neither a `Chan` nor a `SendChan`",
    note = "an arm is `recv(channel) |value, ok| => …` or `send(channel, value) => …`"
)]
pub trait AsSender {
    /// The element type.
    type Element: Send;
    /// The engine.
    type Engine: Engine;
    /// The channel.
    fn as_sender(&self) -> &Chan<Self::Element, Self::Engine>;
}

impl<T: Send, E: Engine> AsReceiver for Chan<T, E> {
    type Element = T;
    type Engine = E;
    fn as_receiver(&self) -> &Self {
        self
    }
}

impl<T: Send, E: Engine> AsSender for Chan<T, E> {
    type Element = T;
    type Engine = E;
    fn as_sender(&self) -> &Self {
        self
    }
}

impl<T: Send, E: Engine> AsReceiver for RecvChan<T, E> {
    type Element = T;
    type Engine = E;
    fn as_receiver(&self) -> &Chan<T, E> {
        self.chan()
    }
}

impl<T: Send, E: Engine> AsSender for SendChan<T, E> {
    type Element = T;
    type Engine = E;
    fn as_sender(&self) -> &Chan<T, E> {
        self.chan()
    }
}

macro_rules! see_through {
    ($as:ident, $method:ident: $([$($generics:tt)*] $pointer:ty)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($generics)*> $as for $pointer {
            type Element = C::Element;
            type Engine = C::Engine;
            fn $method(&self) -> &Chan<Self::Element, Self::Engine> {
                (**self).$method()
            }
        }
    )*};
}

see_through! {
    AsReceiver, as_receiver:
    [C: AsReceiver + ?Sized] &C
    [C: AsReceiver + ?Sized] &mut C
    [C: AsReceiver + ?Sized] Arc<C>
    [C: AsReceiver + ?Sized] Box<C>
    [C: AsReceiver + ?Sized] Rc<C>
    [C: AsReceiver] LazyLock<C>
}

see_through! {
    AsSender, as_sender:
    [C: AsSender + ?Sized] &C
    [C: AsSender + ?Sized] &mut C
    [C: AsSender + ?Sized] Arc<C>
    [C: AsSender + ?Sized] Box<C>
    [C: AsSender + ?Sized] Rc<C>
    [C: AsSender] LazyLock<C>
}

/// The channel that a variable holds, to receive from.
pub fn receiver<T, E, C>(channel: &C) -> &Chan<T, E>
where
    T: Send,
    E: Engine,
    C: AsReceiver<Element = T, Engine = E>,
{
    channel.as_receiver()
}

/// The channel that a variable holds, to send on.
pub fn sender<T, E, C>(channel: &C) -> &Chan<T, E>
where
    T: Send,
    E: Engine,
    C: AsSender<Element = T, Engine = E>,
{
    channel.as_sender()
}

/// A handle to the channel that an expression gave, to receive from.
pub fn owned_receiver<T, E, C>(channel: &C) -> Chan<T, E>
where
    T: Send,
    E: Engine,
    C: AsReceiver<Element = T, Engine = E>,
{
    channel.as_receiver().clone()
}

/// A handle to the channel that an expression gave, to send on.
pub fn owned_sender<T, E, C>(channel: &C) -> Chan<T, E>
where
    T: Send,
    E: Engine,
    C: AsSender<Element = T, Engine = E>,
{
    channel.as_sender().clone()
}

type PlainReceiveArm<'a, T, E> = <<E as Engine>::Channel<T> as Operations<'a, T>>::RecvArm;
type SendArm<'a, T, E> = <<E as Engine>::Channel<T> as Operations<'a, T>>::SendArm;

pin_project! {
    /// A receive as a case: the engine's, which sees to a timer when it has parked.
    pub struct ReceiveArm<'a, T: Send, E: Engine> {
        #[pin]
        arm: PlainReceiveArm<'a, T, E>,
        timed: Option<&'a Arc<Timed<T, E>>>,
    }
}

// SAFETY: all that is asked for is done by the engine's arm, which keeps the contract; this one
// comes and goes with it.
unsafe impl<T: Send, E: Engine> SelectArm for ReceiveArm<'_, T, E> {
    fn channel(&self) -> usize {
        self.arm.channel()
    }

    fn blocked(&self) -> Option<Glance> {
        self.arm.blocked()
    }

    fn lock(&self) {
        self.arm.lock();
    }

    unsafe fn unlock(&self) {
        // SAFETY: the caller's promise.
        unsafe { self.arm.unlock() };
    }

    unsafe fn attempt(self: Pin<&mut Self>) -> Attempt {
        // SAFETY: the caller's promise.
        unsafe { self.project().arm.attempt() }
    }

    unsafe fn park(self: Pin<&mut Self>, registration: Registration<'_>) {
        // SAFETY: the caller's promise.
        unsafe { self.project().arm.park(registration) };
    }

    fn has_parked(self: Pin<&mut Self>) {
        let this = self.project();
        this.arm.has_parked();
        if let Some(timed) = this.timed {
            timed.attend();
        }
    }

    fn waiter(&self) -> usize {
        self.arm.waiter()
    }

    fn replace_waker(self: Pin<&mut Self>, waker: &Waker) {
        self.project().arm.replace_waker(waker);
    }

    fn settle(self: Pin<&mut Self>) {
        self.project().arm.settle();
    }

    fn withdraw(self: Pin<&mut Self>) {
        self.project().arm.withdraw();
    }
}

impl<T: Send, E: Engine> Arm for ReceiveArm<'_, T, E> {
    type Output = Option<T>;

    fn take(self: Pin<&mut Self>) -> Option<Self::Output> {
        self.project().arm.take()
    }
}

/// A receive; nothing for nil.
#[inline]
#[track_caller]
pub fn receive_case<T: Send, E: Engine>(chan: &Chan<T, E>) -> Option<ReceiveArm<'_, T, E>> {
    offered::<E>(E::INFO.capabilities.select, "select!");
    let timed = chan.timed();
    if let Some(timed) = timed {
        timed.look();
    }
    let arm = chan.channel()?.recv_arm();
    Some(ReceiveArm { arm, timed })
}

/// A send; nothing for nil.
#[inline]
#[track_caller]
pub fn send_case<T: Send, E: Engine>(chan: &Chan<T, E>, value: T) -> Option<SendArm<'_, T, E>> {
    offered::<E>(E::INFO.capabilities.select, "select!");
    chan.channel().map(|channel| channel.send_arm(value))
}

/// A case as the engines' select takes it.
pub fn case<'a, A: Arm + 'a>(arm: Pin<&'a mut Option<A>>) -> Case<'a> {
    match arm.as_pin_mut() {
        Some(arm) => Some(arm),
        None => None,
    }
}

/// The outcome of the committed case.
pub fn take<A: Arm>(arm: Pin<&mut Option<A>>) -> A::Output {
    match arm.as_pin_mut().and_then(Arm::take) {
        Some(output) => output,
        None => unreachable!("select committed a case that has no outcome"),
    }
}

/// Suspends until a case is committed, and gives its index.
pub fn select<'s, 'a>(cases: &'s mut [Case<'a>]) -> impl Future<Output = usize> + use<'s, 'a> {
    Coop::new(goish_engines::select(cases))
}

/// Commits a ready case, if there is one: for `default` in the body of `go!`.
pub async fn try_select(cases: &mut [Case<'_>]) -> Option<usize> {
    coop::proceed().await;
    goish_engines::try_select(cases)
}

/// Blocks until a case is committed, and gives its index.
#[track_caller]
pub fn select_blocking(cases: &mut [Case<'_>]) -> usize {
    match try_select_blocking(cases) {
        Some(index) => index,
        None => block::park(goish_engines::select(cases)),
    }
}

/// Commits a ready case, if there is one.
pub fn try_select_blocking(cases: &mut [Case<'_>]) -> Option<usize> {
    let index = goish_engines::try_select(cases);
    coop::did_not_block();
    index
}

/// `select!{}` in the body of `go!`.
pub fn never() -> impl Future<Output = Infallible> {
    pending()
}

/// `select!{}` elsewhere.
#[track_caller]
pub fn block_forever() -> ! {
    block::forever()
}
