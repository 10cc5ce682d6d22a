//! Channels that tell the time: a kind of channel of their own.
//!
//! As in Go since 1.23, such a channel is lazy. It knows when it is due, and nobody else does: it is
//! made and forgotten without a word to the runtime. Whoever looks at it (a receive, a select, a
//! try) compares with the clock, and if it is due sends the time on the channel beneath it, an
//! ordinary channel of the engine's with room for one. Only when somebody *waits* on it an alarm is
//! set, which does the same.
//!
//! # Rules
//!
//! 1. Whoever waits parks first and then calls [`Timed::attend`]. So at any time while somebody is
//!    parked, either his call is still to come or an alarm is set for `when`, unless that is never.
//! 2. A time that was handed to a receiver leaves the buffer empty. Then others may be parked still,
//!    and the one who sent attends for them. One that found nobody stays in the buffer, and whoever
//!    comes later finds it, or parks and attends.
//! 3. A send and a change of `when` exclude each other ([`Sending`]): once a timer was stopped or set
//!    anew, no time is received that was due before.
//! 4. The state's lock is held for a few instructions, which may set an alarm or take one back, but
//!    neither wake anybody nor touch the channel.

use std::fmt;
use std::marker;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::task::{Wake, Waker};

use goish_engines::{Channel, Engine, TryRecvError};

use crate::time::clock::{self, Alarm, NEVER};
use crate::time::{Duration, Now, Time};

/// What the handles to a timer's channel share. The element is [`Time`]; it is a parameter because
/// it is one of the handle's.
pub(crate) struct Timed<T: marker::Send, E: Engine> {
    /// Made when somebody needs it.
    channel: OnceLock<E::Channel<T>>,
    /// When it is due, or [`NEVER`]. Written under the state's lock.
    when: AtomicU64,
    sending: Sending,
    state: Mutex<State>,
    element: Element<T, E>,
}

struct State {
    /// From one tick to the next; 0 if there is one only.
    period: u64,
    /// Whether somebody waits, or did.
    is_awaited: bool,
    /// Set for `when` if somebody waits.
    alarm: Option<Alarm>,
    /// What the alarm wakes, made with the first.
    waker: Option<Waker>,
}

/// What has to be known of the element.
struct Element<T: marker::Send, E: Engine> {
    of: fn(Time) -> T,
    waker: fn(&Arc<Timed<T, E>>) -> Waker,
}

/// Sends the time on a channel when an alarm goes, if anybody still has the channel.
struct Bell<T: marker::Send, E: Engine>(Weak<Timed<T, E>>);

impl<E: Engine> Timed<Time, E> {
    /// A channel that the time is sent on at `when`, and then in each period, if that is not 0.
    pub(crate) fn new(when: u64, period: u64) -> Arc<Self> {
        Arc::new(Self {
            channel: OnceLock::new(),
            when: AtomicU64::new(when),
            sending: Sending::new(),
            state: Mutex::new(State {
                period,
                is_awaited: false,
                alarm: None,
                waker: None,
            }),
            element: Element {
                of: |time| time,
                waker: |timed| Waker::from(Arc::new(Bell(Arc::downgrade(timed)))),
            },
        })
    }
}

impl<T: marker::Send, E: Engine> Timed<T, E> {
    /// The channel that the time is sent on.
    pub(super) fn channel(&self) -> &E::Channel<T> {
        self.channel.get_or_init(|| <E::Channel<T>>::bounded(1))
    }

    /// Whether somebody has closed the channel.
    pub(super) fn is_closed(&self) -> bool {
        self.channel.get().is_some_and(Channel::is_closed)
    }

    /// Receives if that is possible at once.
    pub(super) fn try_recv(self: &Arc<Self>) -> Result<T, TryRecvError> {
        self.look();
        match self.channel.get() {
            Some(channel) => channel.try_recv(),
            None => Err(TryRecvError::Empty),
        }
    }

    /// Sends the time if it is due, and says whether it was.
    #[inline]
    pub(crate) fn look(self: &Arc<Self>) -> bool {
        let when = self.when.load(Ordering::Acquire);
        when != NEVER && clock::now() >= when && self.send()
    }

    #[cold]
    fn send(self: &Arc<Self>) -> bool {
        let sending = self.sending.enter();
        let now = clock::now();
        let mut state = self.state();
        let when = self.when.load(Ordering::Relaxed);
        if now < when {
            // Another thread was faster.
            return false;
        }
        let late = now - when;
        self.when
            .store(following(when, late, state.period), Ordering::Release);
        state.is_awaited = false;
        let alarm = state.alarm.take();
        drop(state);
        drop(alarm);
        let time = (self.element.of)(Now().Add(-late_by(late)));
        // A waker that panics must not take those with it who wait for the next tick.
        let sent = catch_unwind(AssertUnwindSafe(|| self.channel().try_send(time).is_ok()));
        drop(sending);
        // What was sent before and is still there makes the channel full: this tick is dropped.
        if !matches!(sent, Ok(false)) && self.channel().is_empty() {
            self.attend();
        }
        sent.map_or_else(|payload| resume_unwind(payload), |_| true)
    }

    /// Somebody has parked: sees to it that the time is sent when it is due.
    pub(crate) fn attend(self: &Arc<Self>) {
        if self.look() {
            return;
        }
        let mut state = self.state();
        state.is_awaited = true;
        self.set_alarm(&mut state);
    }

    /// Sets the timer anew, or stops it if `when` is never. Nothing is received any more that was
    /// due before. Says whether there was something to be received yet.
    pub(crate) fn set(self: &Arc<Self>, when: u64, period: u64) -> bool {
        let _sending = self.sending.enter();
        let mut state = self.state();
        let was_set = self.when.swap(when, Ordering::Release) != NEVER;
        state.period = period;
        let alarm = state.alarm.take();
        self.set_alarm(&mut state);
        drop(state);
        drop(alarm);
        let stale = self.channel.get().map(Channel::try_recv);
        was_set || matches!(stale, Some(Ok(_)))
    }

    /// The alarm has gone.
    fn ring(self: &Arc<Self>) {
        if self.look() {
            return;
        }
        // Too early: it was set for another time, or its clock is coarse.
        let mut state = self.state();
        let alarm = state.alarm.take();
        self.set_alarm(&mut state);
        drop(state);
        drop(alarm);
    }

    fn set_alarm(self: &Arc<Self>, state: &mut State) {
        let when = self.when.load(Ordering::Relaxed);
        if when != NEVER && state.is_awaited && state.alarm.is_none() {
            let waker = state
                .waker
                .get_or_insert_with(|| (self.element.waker)(self));
            state.alarm = Some(clock::alarm(when, waker.clone()));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The first tick after now, in step with the one that was due; those between are dropped.
fn following(when: u64, late: u64, period: u64) -> u64 {
    match late.checked_div(period) {
        Some(missed) => when.saturating_add(period.saturating_mul(missed.saturating_add(1))),
        None => NEVER,
    }
}

fn late_by(nanoseconds: u64) -> Duration {
    Duration(i64::try_from(nanoseconds).unwrap_or(i64::MAX))
}

impl<T: marker::Send + 'static, E: Engine> Wake for Bell<T, E> {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if let Some(timed) = self.0.upgrade() {
            timed.ring();
        }
    }
}

impl<T: marker::Send, E: Engine> fmt::Debug for Timed<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let when = self.when.load(Ordering::Relaxed);
        f.debug_struct("Timed")
            .field("is_set", &(when != NEVER))
            .finish_non_exhaustive()
    }
}

/// A lock that its holder may take again: a send wakes the receiver, and a waker is the user's code,
/// which may stop this very timer.
struct Sending {
    lock: Mutex<()>,
    /// Who has it: the address of something of the thread's own, or 0.
    holder: AtomicUsize,
}

struct Entered<'a> {
    sending: &'a Sending,
    _lock: MutexGuard<'a, ()>,
}

impl Sending {
    fn new() -> Self {
        Self {
            lock: Mutex::new(()),
            holder: AtomicUsize::new(0),
        }
    }

    /// Nothing if this thread has it already.
    fn enter(&self) -> Option<Entered<'_>> {
        thread_local! {
            static THREAD: u8 = const { 0 };
        }
        let this = THREAD.with(|thread| ptr::from_ref(thread).addr());
        if self.holder.load(Ordering::Relaxed) == this {
            return None;
        }
        let lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        self.holder.store(this, Ordering::Relaxed);
        Some(Entered {
            sending: self,
            _lock: lock,
        })
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        // Before the lock is given back, which is a field.
        self.sending.holder.store(0, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll};

    use goish_engines::{DefaultEngine, Operations};

    use super::*;
    use crate::chan::{Chan, Recv};
    use crate::time::{Hour, Millisecond, Nanosecond};

    type Plain = <DefaultEngine as Engine>::Channel<u64>;

    fn timer(after: Duration, period: u64) -> (Arc<Timed<Time, DefaultEngine>>, Chan<Time>) {
        let timed = Timed::new(clock::after(after), period);
        (timed.clone(), Chan::of_timer(timed))
    }

    fn poll_once<F: Future>(future: F) -> Poll<F::Output> {
        pin!(future).poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn an_alarm_is_set_only_when_somebody_waits() {
        let (timed, chan) = timer(Hour, 0);
        assert!(chan.try_recv().is_err());
        assert!(timed.set(clock::after(Hour), 0) && timed.set(NEVER, 0));
        timed.set(clock::after(Hour), 0);
        drop(chan.recv());
        assert!(timed.state().alarm.is_none());
        // No channel was needed either, until a receive was asked for.
        assert!(poll_once(chan.recv()).is_pending());
        assert!(timed.state().alarm.is_some());
        timed.set(NEVER, 0);
        assert!(timed.state().alarm.is_none());
    }

    #[test]
    fn an_alarm_goes_with_the_last_handle() {
        let (timed, chan) = timer(Hour, 1);
        assert!(poll_once(chan.recv()).is_pending());
        let waker = timed.state().waker.clone();
        let bell = Arc::downgrade(&timed);
        drop((timed, chan));
        assert!(bell.upgrade().is_none());
        // What was about to wake it finds nobody.
        waker.into_iter().for_each(Waker::wake);
    }

    #[test]
    fn a_timer_that_nobody_looked_at_has_no_channel() {
        let (timed, chan) = timer(Hour, 0);
        assert!(chan.try_recv().is_err() && chan.Len() == 0 && !format!("{chan:?}").is_empty());
        timed.set(NEVER, 0);
        assert!(timed.channel.get().is_none());
    }

    #[test]
    fn ticks_stay_in_step() {
        assert_eq!(following(100, 0, 10), 110);
        assert_eq!(following(100, 9, 10), 110);
        assert_eq!(following(100, 10, 10), 120);
        assert_eq!(following(100, 35, 10), 140);
        assert_eq!(following(100, 35, 0), NEVER);
        assert_eq!(following(100, 1, u64::MAX), NEVER);
    }

    /// However late a tick is taken, the next is due a whole number of periods after it.
    #[test]
    fn a_late_receiver_does_not_shift_the_ticks() {
        const PERIOD: u64 = 1_000_000;
        let (timed, chan) = timer(Millisecond, PERIOD);
        let first = timed.when.load(Ordering::Relaxed);
        for late in [500, 2_700, 0, 1_300] {
            while chan.try_recv().is_err() {
                std::thread::yield_now();
            }
            let next = timed.when.load(Ordering::Relaxed);
            assert_eq!((next - first) % PERIOD, 0);
            std::thread::sleep(std::time::Duration::from_micros(late));
            assert!(
                timed.when.load(Ordering::Relaxed) == next,
                "nobody has looked"
            );
        }
    }

    #[test]
    fn the_time_is_the_one_at_which_it_was_due() {
        let start = Now();
        let (_, chan) = timer(Nanosecond, 0);
        std::thread::sleep(std::time::Duration::from_millis(5));
        let received = chan.try_recv();
        // It was due 5 ms ago, whoever looks now.
        assert!(received.is_ok_and(|at| !at.Before(start) && Now().Sub(at).Milliseconds() >= 5));
    }

    /// What parks in a channel that is no timer's is not larger because some are.
    #[test]
    fn a_receive_is_as_large_as_the_engines() {
        type Theirs = <Plain as Operations<'static, u64>>::Recv;
        let theirs = size_of::<Option<Theirs>>();
        assert_eq!(size_of::<Recv<'static, u64>>(), theirs);
    }
}
