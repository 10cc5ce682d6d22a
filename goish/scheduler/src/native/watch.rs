//! The watch: a thread that sees to it that nobody is held up. Go calls it sysmon.
//!
//! A worker whose goroutine computes without an operation, or stands in a call of the system that
//! nobody told us about, runs nobody else meanwhile. The watch notices that the worker has not got on,
//! and has another take its place; the one that was replaced steps back when its goroutine lets it. It
//! also finds an idle worker for a goroutine that was woken by one that goes on computing, and fires
//! timers that nobody gets to.

use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, SeqCst};
use std::sync::atomic::{AtomicU32, fence};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::Builder;
use std::time::Duration;

use crossbeam_utils::CachePadded;

use super::clock;
use super::state::Native;
use super::worker::{COMPUTES, SLEEPS, Worker};

/// How often it looks while a worker is idle that could take what waits, or something waits for a
/// worker that does not get on.
const SHORT_TICK: Duration = Duration::from_micros(200);

/// How often it looks while every worker runs.
const TICK: Duration = Duration::from_millis(1);

/// How often it looks, at least, while every worker rests, before it rests itself.
const LONG_TICK: Duration = Duration::from_millis(10);

/// After so long a worker whose goroutine computes is replaced: Go's own slice.
const COMPUTING: u64 = 10_000_000;

/// After so long one whose thread stands still is: it costs others nothing to take its place.
const STANDING_STILL: u64 = 2_000_000;

/// For so long after one was found standing still others are replaced at the next look: who makes one
/// hidden system call often makes many.
const SUSPICION: u64 = 10_000_000;

/// A thread that has computed for less than a tenth of the time between two looks stands still.
const STILL: u64 = 10;

/// After so long without a turn the driver is given one, if a worker is idle; and timers that nobody
/// gets to are fired.
const ALONE: u64 = 1_000_000;

/// After so many long ticks in which every worker rested it rests itself.
const QUIET_TICKS: u32 = 20;

/// It looks often.
const AWAKE: u32 = 0;
/// Every worker rested at the last look, so it looks rarely.
const DROWSY: u32 = 1;
/// Every worker has rested for long, so it does not look at all.
const ASLEEP: u32 = 2;

#[derive(Default)]
pub(super) struct Watch {
    state: CachePadded<AtomicU32>,
    wanted: Mutex<bool>,
    woken: Condvar,
}

impl Watch {
    /// A worker gets up: it may be about to hold somebody up.
    #[inline]
    pub(super) fn rise(&self) {
        // With the fence in `sleep`: either the watch sees that the worker is up, or this sees that the
        // watch sleeps.
        fence(SeqCst);
        if self.state.load(Relaxed) == ASLEEP {
            self.wake();
        }
    }

    /// Whether it looks often.
    #[inline]
    pub(super) fn is_awake(&self) -> bool {
        self.state.load(Relaxed) == AWAKE
    }

    #[cold]
    fn wake(&self) {
        // Once: whoever comes next finds it awake.
        if self.state.swap(AWAKE, SeqCst) == ASLEEP {
            *self.lock() = true;
            self.woken.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sleeps until a worker gets up, unless one is up.
    fn sleep(&self, is_anybody_up: impl Fn() -> bool) {
        self.state.store(ASLEEP, SeqCst);
        fence(SeqCst);
        if !is_anybody_up() {
            let wanted = self.lock();
            let woken = self.woken.wait_while(wanted, |wanted| !*wanted);
            *woken.unwrap_or_else(PoisonError::into_inner) = false;
        }
        self.state.store(AWAKE, SeqCst);
    }
}

/// What the watch remembers.
#[derive(Default)]
struct Log {
    seen: Vec<Seen>,
    /// Until when whoever stands still is replaced at once.
    suspicious_until: u64,
    /// Whether something waited, at the last look, for a worker that had not got on.
    is_held_up: bool,
}

/// What it remembers of a worker.
#[derive(Clone, Copy, Default)]
struct Seen {
    turns: u32,
    /// Since when it has not got on.
    since: u64,
    /// How much its thread had computed, if the watch has asked since then.
    look: Option<Look>,
}

/// How much a thread had computed at a time.
#[derive(Clone, Copy)]
struct Look {
    thread: usize,
    at: u64,
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
        let mut log = Log::default();
        let (mut quiet, mut tick) = (0, TICK);
        loop {
            std::thread::sleep(tick);
            if self.look_around(&mut log) {
                self.watch.state.store(AWAKE, Relaxed);
                quiet = 0;
                tick = match self.idle.len() > 0 || log.is_held_up {
                    true => SHORT_TICK,
                    false => TICK,
                };
                continue;
            }
            self.watch.state.store(DROWSY, Relaxed);
            quiet += 1;
            tick = LONG_TICK.min(TICK * quiet);
            if quiet >= QUIET_TICKS {
                quiet = 0;
                self.watch.sleep(|| self.all().any(is_up));
            }
        }
    }

    /// Looks at every worker once. Whether any was up.
    fn look_around(&'static self, log: &mut Log) -> bool {
        let now = clock::now();
        let mut is_busy = false;
        log.is_held_up = false;
        for worker in self.all() {
            if log.seen.len() <= worker.id {
                log.seen.resize(worker.id + 1, Seen::default());
            }
            if !is_up(worker) {
                log.seen[worker.id].since = now;
                continue;
            }
            is_busy = true;
            self.look_at(worker, log, now);
        }
        if is_busy {
            // Timers of a worker that does not come to look at them.
            let late = self.earliest_deadline() < now.saturating_sub(ALONE);
            let alone = !self.driver.is_held() && self.driver.left_alone_for(now) > ALONE;
            let has_woken = (late || alone) && self.wake_anybody();
            if late && !has_woken {
                self.fire_all_timers(now);
            }
        }
        is_busy
    }

    fn look_at(&'static self, worker: &'static Worker, log: &mut Log, now: u64) {
        let seen = &mut log.seen[worker.id];
        let turns = worker.turns.load(Relaxed);
        if turns != seen.turns {
            *seen = Seen {
                turns,
                since: now,
                look: None,
            };
            return;
        }
        let waits = worker.has_work() || !self.inject.is_empty();
        log.is_held_up |= waits;
        if waits && self.wake_anybody() {
            return;
        }
        let seat = worker.seat.load(Acquire);
        // SAFETY: a seat is leaked, so what a worker names is good for ever.
        let computed = unsafe { seat.as_ref() }.and_then(|seat| seat.clock.read());
        let look = computed.map(|computed| Look {
            thread: seat.addr(),
            at: now,
            computed,
        });
        let before = std::mem::replace(&mut seen.look, look);
        let stands_still = before.zip(look).is_some_and(|(before, look)| {
            // The worker may have passed to another thread between the two.
            before.thread == look.thread
                && look.computed.saturating_sub(before.computed) * STILL < look.at - before.at
        });
        let held_for = now - seen.since;
        let patience = match now < log.suspicious_until {
            true => 0,
            false => STANDING_STILL,
        };
        let why = match stands_still {
            true if held_for >= patience => SLEEPS,
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
            if why == SLEEPS {
                log.suspicious_until = now + SUSPICION;
            }
            self.active.fetch_sub(1, AcqRel);
            self.add_worker();
        }
    }
}

fn is_up(worker: &Worker) -> bool {
    !worker.rests.load(SeqCst)
}
