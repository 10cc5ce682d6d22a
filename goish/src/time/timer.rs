//! Channels that tell the time.

use std::future::Future;
use std::sync::Arc;

use tokio::task::AbortHandle;
use tokio::time::{MissedTickBehavior, interval_at};

use super::{Duration, Now, Time};
use crate::chan::Chan;
use crate::runtime;

/// The task that sends on a timer's channel. It ends when the last handle to the channel that the
/// user has is dropped; the task's own does not count.
#[derive(Debug)]
pub(crate) struct Timer(AbortHandle);

impl Drop for Timer {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn channel_of<F>(task: impl FnOnce(Chan<Time>) -> F) -> Chan<Time>
where
    F: Future<Output = ()> + Send + 'static,
{
    let chan = Chan::new(1);
    let task = runtime::handle().spawn(runtime::helper(task(chan.clone())));
    chan.with_timer(Arc::new(Timer(task.abort_handle())))
}

/// tokio's sleep by the clock of goish's runtime, wherever it is waited for.
pub(super) fn sleep(duration: std::time::Duration) -> tokio::time::Sleep {
    let _clock = runtime::handle().enter();
    tokio::time::sleep(duration)
}

/// A channel that the time is sent on once, after the duration. What it needs goes away with the
/// last handle to the channel: a `select!` that it loses leaves nothing behind.
pub fn After(duration: Duration) -> Chan<Time> {
    let sleep = sleep(duration.into());
    channel_of(|chan| async move {
        sleep.await;
        // The buffer has room for the only value there is.
        let _ = chan.try_send(Now());
    })
}

/// A channel that the time is sent on at every interval. A tick that nobody has taken yet is not
/// sent again. It ticks until the last handle to it is dropped.
///
/// # Panics
///
/// When the interval is zero or less.
#[track_caller]
pub fn Tick(interval: Duration) -> Chan<Time> {
    assert!(
        interval > Duration(0),
        "time::Tick needs an interval that is more than zero, and {interval} is not"
    );
    let interval = std::time::Duration::from(interval);
    channel_of(|chan| async move {
        let mut ticks = interval_at(tokio::time::Instant::now() + interval, interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            // Full means that the last tick has not been taken: then this one is dropped, as in Go.
            let _ = chan.try_send(Now());
        }
    })
}
