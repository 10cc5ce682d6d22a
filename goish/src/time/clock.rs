//! goish's clock, and being woken by it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use tokio::task::coop::{Unconstrained, unconstrained};
use tokio::time::Sleep;

use crate::runtime;

/// A deadline that does not come.
pub(crate) const NEVER: u64 = u64::MAX;

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Nanoseconds since the first look at this clock. It never goes back.
#[inline]
pub(crate) fn now() -> u64 {
    u64::try_from(START.elapsed().as_nanos()).unwrap_or(NEVER - 1)
}

/// The time that much later; at once, if the duration is zero or less.
pub(crate) fn after(duration: super::Duration) -> u64 {
    let duration = u64::try_from(duration.0).unwrap_or(0);
    now().saturating_add(duration).min(NEVER - 1)
}

/// Will wake somebody. Dropped before, it does not.
pub(crate) struct Alarm(#[expect(dead_code, reason = "it is kept, not read")] Registered);

type Registered = Pin<Box<Unconstrained<Sleep>>>;

/// Has `waker` woken when the clock says so much, or a little later; never within this call, which
/// may therefore be made under a lock. Who is woken looks at the clock.
///
/// # Panics
///
/// As [`runtime::spawn`]: it is goish's runtime that wakes.
pub(crate) fn alarm(deadline: u64, waker: Waker) -> Alarm {
    /// So long tokio's timers can wait.
    const LONGEST: Duration = Duration::from_secs(60 * 60 * 24 * 365);
    let handle = runtime::handle();
    let _clock = handle.enter();
    let duration = Duration::from_nanos(deadline.saturating_sub(now())).min(LONGEST);
    let mut sleep = Box::pin(unconstrained(tokio::time::sleep(duration)));
    // What a first poll does is to register the waker.
    if let Poll::Ready(()) = sleep.as_mut().poll(&mut Context::from_waker(&waker)) {
        handle.spawn(runtime::helper(async move { waker.wake() }));
    }
    Alarm(sleep)
}

impl fmt::Debug for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Alarm(..)")
    }
}
