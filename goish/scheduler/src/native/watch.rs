//! The watch: a thread that sees to it that nobody is held up. Go calls it sysmon.
//!
//! A worker whose goroutine computes without an operation, or stands in a call of the system that
//! nobody told us about, runs nobody else meanwhile. The watch notices that the worker has not got on,
//! and has another take its place; the one that was replaced steps back when its goroutine lets it. It
//! also finds an idle worker for a goroutine that was woken by one that goes on computing, and fires
//! timers that nobody gets to.

use std::sync::atomic::Ordering::{AcqRel, Relaxed, SeqCst};
use std::sync::atomic::{AtomicBool, fence};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread::Builder;
use std::time::Duration;

use super::clock;
use super::state::Native;
use super::worker::{COMPUTES, SLEEPS, Worker};

/// How often it looks while anything runs.
const TICK: Duration = Duration::from_micros(500);

/// After so long a worker whose goroutine computes is replaced: Go's own slice.
const COMPUTING: u64 = 10_000_000;

/// After so long one whose thread stands still is: it costs others nothing to take its place.
const STANDING_STILL: u64 = 2_000_000;

/// A thread that has computed for less than this between two looks stands still.
const STILL: u64 = 20_000;

/// After so long without a turn the driver is given one, if a worker is idle.
const DRIVER_ALONE: u64 = 1_000_000;

/// After so many looks at workers that all rest it rests itself.
const QUIET_LOOKS: u32 = 20;

#[derive(Default)]
pub(super) struct Watch {
    /// Whether the watch rests, because every worker does.
    rests: AtomicBool,
    sleeps: Mutex<bool>,
    wanted: Condvar,
}

impl Watch {
    /// A worker is about to get on with something.
    #[inline]
    pub(super) fn rise(&self) {
        // With the fence in `rest`: either the watch sees that the worker is up, or this sees that the
        // watch rests.
        fence(SeqCst);
        if self.rests.load(Relaxed) {
            self.wake();
        }
    }

    #[cold]
    fn wake(&self) {
        self.rests.store(false, SeqCst);
        let mut sleeps = self.sleeps.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::take(&mut *sleeps) {
            self.wanted.notify_one();
        }
    }

    /// Sleeps until a worker gets up, unless one is up.
    fn rest(&self, is_anybody_up: impl Fn() -> bool) {
        {
            let mut sleeps = self.sleeps.lock().unwrap_or_else(PoisonError::into_inner);
            *sleeps = true;
        }
        self.rests.store(true, SeqCst);
        fence(SeqCst);
        if is_anybody_up() {
            self.rests.store(false, SeqCst);
            return;
        }
        let sleeps = self.sleeps.lock().unwrap_or_else(PoisonError::into_inner);
        let woken = self.wanted.wait_while(sleeps, |sleeps| *sleeps);
        drop(woken.unwrap_or_else(PoisonError::into_inner));
        self.rests.store(false, SeqCst);
    }
}

/// What the watch remembers of a worker.
#[derive(Clone, Copy, Default)]
struct Seen {
    turns: u32,
    /// Since when it has not got on.
    since: u64,
    /// What its thread had computed when the watch last looked.
    computed: u64,
}

impl Native {
    /// Starts the watch.
    ///
    /// # Errors
    ///
    /// When the system gives no thread.
    pub(super) fn start_watch(&'static self) -> std::io::Result<()> {
        let thread = Builder::new().name("goish-watch".to_owned());
        thread.spawn(move || self.keep_watch()).map(drop)
    }

    fn keep_watch(&'static self) {
        let mut seen: Vec<Seen> = Vec::new();
        let mut quiet = 0;
        loop {
            std::thread::sleep(TICK);
            let is_busy = self.look_around(&mut seen);
            quiet = if is_busy { 0 } else { quiet + 1 };
            if quiet >= QUIET_LOOKS {
                quiet = 0;
                self.watch.rest(|| self.all().any(is_up));
            }
        }
    }

    /// Looks at every worker once. Whether any was up.
    fn look_around(&'static self, seen: &mut Vec<Seen>) -> bool {
        let now = clock::now();
        let mut is_busy = false;
        for worker in self.all() {
            if seen.len() <= worker.id {
                seen.resize(worker.id + 1, Seen::default());
            }
            if !is_up(worker) {
                seen[worker.id].since = now;
                continue;
            }
            is_busy = true;
            self.look_at(worker, &mut seen[worker.id], now);
        }
        if is_busy {
            // Timers of a worker that does not come to look at them.
            let late = self
                .all()
                .any(|worker| worker.timers.next() + DRIVER_ALONE < now);
            let alone = !self.driver.is_held() && self.driver.left_alone_for(now) > DRIVER_ALONE;
            let has_woken = (late || alone) && self.wake_anybody();
            if late && !has_woken {
                self.fire_all_timers(now);
            }
        }
        is_busy
    }

    fn look_at(&'static self, worker: &'static Worker, seen: &mut Seen, now: u64) {
        let turns = worker.turns.load(Relaxed);
        if turns != seen.turns {
            seen.turns = turns;
            seen.since = now;
            return;
        }
        let waits = worker.has_work() || !self.inject.is_empty();
        if waits && self.wake_anybody() {
            return;
        }
        let held_for = now.saturating_sub(seen.since);
        // SAFETY: a seat is leaked, so what a worker names is good for ever.
        let seat = unsafe {
            worker
                .seat
                .load(std::sync::atomic::Ordering::Acquire)
                .as_ref()
        };
        let computed = seat.and_then(|seat| seat.clock.read());
        let stands_still =
            computed.is_some_and(|computed| computed.saturating_sub(seen.computed) < STILL);
        seen.computed = computed.unwrap_or(0);
        let why = match stands_still {
            true if held_for >= STANDING_STILL => SLEEPS,
            _ if held_for >= COMPUTING => COMPUTES,
            _ => return,
        };
        // Somebody idle would take up whatever comes; if nobody is, somebody must be made.
        if (waits || self.idle.len() == 0)
            && worker
                .replaced
                .compare_exchange(0, why, AcqRel, Relaxed)
                .is_ok()
        {
            self.active.fetch_sub(1, AcqRel);
            self.add_worker();
        }
    }
}

fn is_up(worker: &Worker) -> bool {
    !worker.rests.load(SeqCst)
}
