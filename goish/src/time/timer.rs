//! Timers, tickers, and functions that are called later.

use std::fmt;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};

use goish_engines::DefaultEngine;

use super::clock::{self, Alarm, NEVER};
use super::{Duration, Time};
use crate::chan::{Chan, Timed};
use crate::runtime;

type Shared = Arc<Timed<Time, DefaultEngine>>;

/// A channel that the time is sent on once, after the duration.
///
/// It costs nothing but its memory until somebody waits on it: a `select!` that finds another case
/// ready tells the runtime nothing, and one that has waited leaves nothing behind when the last
/// handle to the channel goes. As with every timer's channel, `Len` and `Cap` are 0.
///
/// ```
/// use goish::prelude::*;
///
/// let c = chan!(int);
/// select! {
///     recv(c) => unreachable!(),
///     recv(time::After(time::Millisecond)) => println!("nobody has sent anything"),
/// }
/// ```
pub fn After(duration: Duration) -> Chan<Time> {
    Chan::of_timer(Timed::new(clock::after(duration), 0))
}

/// A channel that the time is sent on at every interval, in step with the first. A tick that nobody
/// has taken when the next is due takes that one's place. Nil if the interval is zero or less.
pub fn Tick(interval: Duration) -> Chan<Time> {
    match period(interval) {
        Some(period) => Chan::of_timer(Timed::new(clock::after(interval), period)),
        None => Chan::nil(),
    }
}

/// A timer: its channel [`C`](Timer::C) gets the time once, when the duration is over.
///
/// ```
/// use goish::prelude::*;
///
/// let timer = time::NewTimer(time::Hour);
/// assert!(timer.Stop());
/// assert!(!timer.Reset(time::Millisecond));
/// assert!(timer.C.Recv().1);
/// ```
pub fn NewTimer(duration: Duration) -> Timer {
    let timed = Timed::new(clock::after(duration), 0);
    Timer {
        C: Chan::of_timer(timed.clone()),
        work: Work::Send(timed),
    }
}

/// Calls the function in a goroutine of its own when the duration is over. The timer's channel is
/// nil; its [`Stop`](Timer::Stop) prevents the call, and [`Reset`](Timer::Reset) asks for another.
/// Dropping the timer changes nothing.
///
/// ```
/// use goish::prelude::*;
///
/// let done = chan!(());
/// let called = done.clone();
/// time::AfterFunc(time::Millisecond, move || called.Send(()));
/// done.Recv();
/// ```
pub fn AfterFunc(duration: Duration, function: impl Fn() + Send + Sync + 'static) -> Timer {
    let deferred = Arc::new(Deferred {
        function: Box::new(function),
        state: Mutex::new(Pending {
            when: NEVER,
            alarm: None,
        }),
    });
    deferred.set(clock::after(duration));
    Timer {
        C: Chan::nil(),
        work: Work::Call(deferred),
    }
}

/// A ticker: its channel [`C`](Ticker::C) gets the time at every interval, as that of [`Tick`].
///
/// # Panics
///
/// With `non-positive interval for NewTicker`, if the interval is zero or less.
#[track_caller]
pub fn NewTicker(interval: Duration) -> Ticker {
    let Some(period) = period(interval) else {
        panic!("non-positive interval for NewTicker");
    };
    let timed = Timed::new(clock::after(interval), period);
    Ticker {
        C: Chan::of_timer(timed.clone()),
        timed,
    }
}

fn period(interval: Duration) -> Option<u64> {
    u64::try_from(interval.0).ok().filter(|&period| period > 0)
}

/// Go's `time.Timer`: what [`NewTimer`] and [`AfterFunc`] give. Clones are the same timer.
#[derive(Clone)]
pub struct Timer {
    /// The channel that the time is sent on; nil for a timer of [`AfterFunc`].
    pub C: Chan<Time>,
    work: Work,
}

#[derive(Clone)]
enum Work {
    Send(Shared),
    Call(Arc<Deferred>),
}

impl Timer {
    /// Stops the timer: nothing is received from its channel any more, not even a time that was due
    /// already; nor is the function called. True if that is due to this call, false if the time had
    /// been received, the function been started, or the timer been stopped before.
    ///
    /// It does not close the channel, and does not wait for a function that runs.
    pub fn Stop(&self) -> bool {
        self.set(NEVER)
    }

    /// Has the timer go after this duration from now, and not at the time it was set for. True if it
    /// was still to go, as [`Stop`](Timer::Stop) says.
    pub fn Reset(&self, duration: Duration) -> bool {
        self.set(clock::after(duration))
    }

    fn set(&self, when: u64) -> bool {
        match &self.work {
            Work::Send(timed) => timed.set(when, 0),
            Work::Call(deferred) => deferred.set(when),
        }
    }
}

impl fmt::Debug for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timer")
            .field("C", &self.C)
            .finish_non_exhaustive()
    }
}

/// Go's `time.Ticker`: what [`NewTicker`] gives. Clones are the same ticker.
#[derive(Clone)]
pub struct Ticker {
    /// The channel that the time is sent on.
    pub C: Chan<Time>,
    timed: Shared,
}

impl Ticker {
    /// Stops the ticker: nothing is received from its channel any more, not even a tick that was due
    /// already. The channel is not closed, so that nobody takes that for a tick.
    pub fn Stop(&self) {
        self.timed.set(NEVER, 0);
    }

    /// Has the ticker tick at this interval, for the first time one interval from now.
    ///
    /// # Panics
    ///
    /// With `non-positive interval for Ticker.Reset`, if the interval is zero or less.
    #[track_caller]
    pub fn Reset(&self, interval: Duration) {
        let Some(period) = period(interval) else {
            panic!("non-positive interval for Ticker.Reset");
        };
        self.timed.set(clock::after(interval), period);
    }
}

impl fmt::Debug for Ticker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticker")
            .field("C", &self.C)
            .finish_non_exhaustive()
    }
}

/// A function that is to be called. Its alarm keeps it until then.
struct Deferred {
    function: Box<dyn Fn() + Send + Sync>,
    state: Mutex<Pending>,
}

struct Pending {
    /// When it is to be called, or [`NEVER`].
    when: u64,
    alarm: Option<Alarm>,
}

impl Deferred {
    /// Sets it anew, or stops it if `when` is never. Says whether it was set.
    fn set(self: &Arc<Self>, when: u64) -> bool {
        let mut state = self.state();
        let was_set = mem::replace(&mut state.when, when) != NEVER;
        let before = state.alarm.take();
        self.set_alarm(&mut state);
        drop(state);
        drop(before);
        was_set
    }

    fn set_alarm(self: &Arc<Self>, state: &mut Pending) {
        if state.when != NEVER {
            state.alarm = Some(clock::alarm(state.when, Waker::from(self.clone())));
        }
    }

    fn state(&self) -> MutexGuard<'_, Pending> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Deferred {
    fn wake(self: Arc<Self>) {
        let mut state = self.state();
        let before = state.alarm.take();
        let is_due = clock::now() >= state.when;
        if is_due {
            state.when = NEVER;
        } else {
            // It was set anew, or stopped; or the alarm's clock is coarse.
            self.set_alarm(&mut state);
        }
        drop(state);
        drop(before);
        if is_due {
            runtime::spawn(async move { (self.function)() });
        }
    }
}
