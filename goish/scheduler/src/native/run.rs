//! What a thread does with the worker that it holds: it runs goroutines, looks for more, and sleeps
//! when there are none.

use std::cell::Cell;
use std::hint::spin_loop;
use std::sync::PoisonError;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, SeqCst};
use std::thread;

use futures_lite::future::block_on;

use super::cell::{self, Ran, Task};
use super::driver::BETWEEN_TURNS;
use super::state::{Native, fire};
use super::thread::hold;
use super::vacancy::{self, Left};
use super::worker::{COMPUTES, Worker, current, set_current};
use super::{clock, held, turns};
use crate::scheduler::Held;
use crate::{forking, panics};

/// Every so many turns a worker looks whether a timer is due.
const TURNS_BETWEEN_TIMERS: u32 = 16;
/// Every so many turns it looks whether the driver needs a turn.
const TURNS_BETWEEN_DRIVER: u32 = 64;

/// For so long a worker looks around before it sleeps, if its last sleep was short: about what a
/// sleep and a wake-up cost.
const MOMENT: u64 = 20_000;
/// A sleep below this was not worth it.
const SHORT_SLEEP: u64 = 100_000;
/// For so long a goroutine is left to the worker that is about to run it.
const NEXT_IS_LEFT: u64 = 5_000;

/// No goroutine: the address of none.
const NONE: u64 = 0;

thread_local! {
    static RUNS: Cell<u64> = const { Cell::new(NONE) };
    /// Why the goroutine that this thread runs has had its worker's place taken, if it has handed the
    /// worker on since.
    static WAS_REPLACED: Cell<u8> = const { Cell::new(0) };
}

/// How whoever was replaced for that reason held its worker.
fn held_by(why: u8) -> Held {
    match why {
        COMPUTES => Held::Computing,
        _ => Held::Blocked,
    }
}

/// The number of the goroutine that this thread runs.
pub(super) fn current_goroutine() -> Option<u64> {
    Some(RUNS.get()).filter(|&number| number != NONE)
}

impl Native {
    /// Works until this thread has no worker.
    pub(super) fn work(&'static self) {
        // Asked for anew in each round: a goroutine may have handed the worker on.
        while let Some(worker) = current() {
            match self.find_work(worker) {
                Some(task) => self.run(worker, task),
                None => self.rest(worker),
            }
        }
    }

    #[inline]
    fn find_work(&'static self, worker: &'static Worker) -> Option<Task> {
        // SAFETY: this thread holds the worker (W1).
        let found = unsafe { worker.find(&self.inject, self.target.load(Relaxed)) };
        found.or_else(|| self.search(worker))
    }

    #[inline]
    fn run(&'static self, worker: &'static Worker, task: Task) {
        if worker.own.searches.get() {
            self.has_found(worker);
        }
        let turn = worker.count_turn();
        // SAFETY: the task came out of a queue, so nobody else has it, and it is alive.
        let name = unsafe { task.name() };
        RUNS.set(task.id());
        // SAFETY: as above.
        let ran = unsafe { cell::run(task) };
        RUNS.set(NONE);
        panics::after_goroutine();
        let Some(worker) = current() else {
            // The goroutine has handed the worker on.
            let why = WAS_REPLACED.take();
            if why != 0 {
                held::count(name(), held_by(why));
            }
            if let Ran::Again(task) = ran {
                self.inject(task);
            }
            return;
        };
        if let Ran::Again(task) = ran {
            // SAFETY: this thread holds the worker (W1).
            unsafe { worker.push(task, &self.inject) };
        }
        let why = worker.replaced.load(Relaxed);
        if why != 0 {
            held::count(name(), held_by(why));
            self.step_back(worker);
        } else if self.active.load(Relaxed) > self.target.load(Relaxed) {
            self.step_back(worker);
        } else if turn.is_multiple_of(TURNS_BETWEEN_TIMERS) {
            self.look_at_the_clock(worker, turn.is_multiple_of(TURNS_BETWEEN_DRIVER));
        }
    }

    /// It was searching, and has found something.
    #[cold]
    fn has_found(&'static self, worker: &Worker) {
        worker.own.searches.set(false);
        if self.idle.found() {
            // It was the only one: there may be more, and nobody else looks.
            self.notify();
        }
    }

    /// Fires this worker's timers when they are due, and lets the driver have a turn when it is time.
    fn look_at_the_clock(&'static self, worker: &'static Worker, at_driver: bool) {
        /// Timers that are fired in a row, so that the worker's goroutines get their turn.
        const AT_ONCE: usize = 64;
        let next = worker.timers.next();
        if next == u64::MAX && !at_driver {
            return;
        }
        let now = clock::now();
        if next <= now {
            fire(&worker.timers, now, AT_ONCE);
        }
        if !at_driver || now < worker.own.looked.get() + BETWEEN_TURNS {
            return;
        }
        worker.own.looked.set(now);
        if self.driver.left_alone_for(now) >= BETWEEN_TURNS
            && let Some(inside) = self.driver.enter()
        {
            inside.turn(worker);
            self.fire_all_timers(now);
            if worker.len() > 0 {
                self.notify();
            }
        }
    }

    /// Looks for work at the others', for a moment if need be.
    #[inline(never)]
    fn search(&'static self, worker: &'static Worker) -> Option<Task> {
        if !worker.own.searches.get() {
            let workers = self.active.load(Relaxed);
            if !self.idle.start_searching(workers) {
                return None;
            }
            worker.own.searches.set(true);
        }
        // SAFETY: this thread holds the worker (W1).
        unsafe { worker.settle_memory() };
        let begun = clock::now();
        self.fire_all_timers(begun);
        let mut seen = None;
        loop {
            for _ in 0..4 {
                // SAFETY: this thread holds the worker (W1).
                let found = unsafe { worker.find(&self.inject, self.target.load(Relaxed)) }
                    .or_else(|| self.steal(worker));
                if found.is_some() {
                    return found;
                }
                spin_loop();
            }
            let now = clock::now();
            let looks_on = now - begun < 2 * NEXT_IS_LEFT;
            if let Some(task) = self.steal_next(worker, &mut seen, now, looks_on) {
                return Some(task);
            }
            // Whoever was seen is waited for, however long a round takes.
            if seen.is_none() {
                let is_hopeful = worker.own.slept_shortly.get() && !self.driver.is_worth_a_look();
                let moment = if is_hopeful { MOMENT } else { 0 };
                if now - begun >= moment {
                    return None;
                }
            }
            (0..16).for_each(|_| spin_loop());
        }
    }

    /// Half of somebody's queue, whoever comes first from a place chosen by chance.
    fn steal(&'static self, worker: &'static Worker) -> Option<Task> {
        let made = self.made.load(Acquire);
        let start = worker.random() % made;
        (start..made)
            .chain(0..start)
            .filter(|&id| id != worker.id)
            .find_map(|id| {
                // A worker that is being made stands in the table a moment later.
                // SAFETY: what is not null was leaked (W3).
                let victim = unsafe { self.workers[id].load(Acquire).as_ref() }?;
                // SAFETY: this thread holds the worker (W1), and not the other.
                unsafe { worker.steal_from(victim) }
            })
    }

    /// What another worker was about to run next, if it has not for a while. One is looked at, until
    /// it is taken or gone; then another, unless this one has looked for long.
    fn steal_next(
        &self,
        worker: &Worker,
        seen: &mut Option<Seen>,
        now: u64,
        looks_on: bool,
    ) -> Option<Task> {
        let made = self.made.load(Acquire);
        let start = match *seen {
            None => worker.random() % made,
            Some(Seen {
                victim,
                task,
                since,
            }) => {
                let is_there = victim.peek_next() == task;
                if is_there && now - since <= NEXT_IS_LEFT {
                    return None;
                }
                if is_there && let Some(task) = victim.take_seen(task) {
                    return Some(task);
                }
                victim.id + 1
            }
        };
        if seen.is_some() && !looks_on {
            *seen = None;
            return None;
        }
        *seen = (start..made).chain(0..start).find_map(|id| {
            // SAFETY: what is not null was leaked (W3).
            let victim = unsafe { self.workers[id].load(Acquire).as_ref() }?;
            let task = victim.peek_next();
            let is_another = id != worker.id && !task.is_null();
            is_another.then_some(Seen {
                victim,
                task,
                since: now,
            })
        });
        None
    }

    /// There is nothing to do: sleeps until there is.
    #[inline(never)]
    fn rest(&'static self, worker: &'static Worker) {
        forking::refuse_child();
        // SAFETY: this thread holds the worker (W1).
        unsafe { worker.settle_memory() };
        let searched = worker.own.searches.replace(false);
        self.idle.announce(worker.id, searched);
        if self.is_work_queued() && self.idle.withdraw(worker.id) {
            self.idle.search_again();
            worker.own.searches.set(true);
            return;
        }
        worker.set_rests(true);
        let began = clock::now();
        let notified = match self.driver.enter() {
            Some(inside) => {
                inside.sleep(worker, self);
                !self.idle.withdraw(worker.id)
            }
            None => {
                self.driver.wake_before(worker.timers.next());
                true
            }
        };
        if notified {
            // Somebody has taken it off the list, and counts it as searching.
            self.park(worker);
            worker.own.searches.set(true);
        } else {
            // What woke it was in the driver. Nobody notifies who is not on the list.
            worker.permit.consume();
        }
        worker.set_rests(false);
        self.watch.rise();
        let now = clock::now();
        worker.own.slept_shortly.set(now - began < SHORT_SLEEP);
        self.fire_all_timers(now);
        if !notified && worker.len() > 1 {
            self.notify();
        }
        if self.active.load(Relaxed) > self.target.load(Relaxed) {
            self.step_back(worker);
        }
    }

    /// Sleeps until the worker is notified: at once, if it has been.
    fn park(&self, worker: &Worker) {
        if worker.permit.prepare_park() {
            while !worker.permit.is_notified() {
                thread::park();
            }
        } else {
            // The permit may be on its way, if the worker came out of the driver by itself meanwhile.
            while !worker.permit.is_notified() {
                spin_loop();
            }
        }
        worker.permit.consume();
    }

    /// Whether anything waits that whoever announces that it is idle would miss.
    fn is_work_queued(&self) -> bool {
        !self.inject.is_empty() || self.all().any(|worker| worker.len() > 0)
    }

    /// Whether a worker that goes away leaves something to be done. The driver is, too: whoever went
    /// to sleep beside it relied on the one that stood in it, which may have been this one.
    fn is_worker_wanted(&self) -> bool {
        self.is_work_queued() || !self.driver.is_held()
    }

    /// Gives the worker up if there are too many. Then this thread has none.
    #[cold]
    fn step_back(&'static self, worker: &'static Worker) {
        if worker.replaced.swap(0, AcqRel) != 0 {
            self.active.fetch_add(1, AcqRel);
        }
        let target = self.target.load(Acquire);
        let too_many = self.active.fetch_update(SeqCst, Acquire, |active| {
            (active > target).then(|| active - 1)
        });
        if too_many.is_err() {
            return;
        }
        // SAFETY: this thread holds the worker (W1).
        let gave = unsafe {
            worker.settle_memory();
            worker.give_all_away(&self.inject)
        };
        let was_last = worker.own.searches.replace(false) && self.idle.give_up();
        self.driver.wake_before(worker.timers.next());
        worker.set_rests(true);
        set_current(None);
        self.unused
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(worker.id);
        // The number may have been changed meanwhile, by one who has counted this worker.
        self.fill_up();
        if gave || was_last || self.is_worker_wanted() {
            self.notify();
        }
    }

    /// Runs something that blocks this thread, and hands its worker on meanwhile.
    pub(crate) fn block<R>(&'static self, blocking: impl FnOnce() -> R) -> R {
        let Some(worker) = current().filter(|worker| !worker.own.drives.get()) else {
            return blocking();
        };
        self.hand_on(worker);
        // Taken back also when the user's own call panics, and the goroutine may go on.
        let _taken_back = TakenBack {
            native: self,
            worker,
        };
        blocking()
    }

    /// Whether anything waits for this thread's worker.
    pub(crate) fn is_wanted(&self) -> bool {
        let has_work = |worker: &Worker| worker.has_work() || worker.replaced.load(Relaxed) != 0;
        current().is_some_and(|worker| has_work(worker) || !self.inject.is_empty())
    }

    /// Lets those run that wait for this thread's worker, from a function that cannot suspend.
    pub(crate) fn stand_aside(&'static self) {
        let Some(worker) = current().filter(|worker| !worker.own.drives.get()) else {
            return thread::yield_now();
        };
        self.look_at_the_clock(worker, false);
        // The driver is another thread's to enter: this one may stand in a runtime of the user's own,
        // and tokio refuses to have a thread in two.
        let is_driver_alone =
            !self.driver.is_held() && self.driver.left_alone_for(clock::now()) >= BETWEEN_TURNS;
        if worker.has_work() || !self.inject.is_empty() || is_driver_alone {
            // What is behind all that wait has its turn when they have had theirs.
            let turn = turns::queue(self, worker);
            self.block(|| block_on(turn));
        }
    }

    /// Hands this thread's worker on: to a thread without one if there is work for it, else to whoever
    /// notifies it.
    fn hand_on(&'static self, worker: &'static Worker) {
        forking::refuse_child();
        let why = worker.replaced.load(Relaxed);
        if why != 0 {
            // Another has its place already, unless there are fewer workers than there should be.
            self.step_back(worker);
            if current().is_none() {
                // It is counted where its goroutine's name is known.
                WAS_REPLACED.set(why);
                return;
            }
        }
        // SAFETY: this thread holds the worker (W1).
        unsafe {
            worker.settle_memory();
            if let Some(task) = worker.take_next() {
                // Into the queue, where others see it.
                worker.push(task, &self.inject);
            }
        }
        set_current(None);
        if worker.len() > 0 || !self.inject.is_empty() || !self.driver.is_held() {
            return self.staff(worker);
        }
        worker.set_rests(true);
        let is_wanted = || {
            self.driver.wake_before(worker.timers.next());
            self.is_worker_wanted()
        };
        if let Left::Wanted { searches } =
            vacancy::leave(&self.idle, &worker.permit, worker.id, is_wanted)
        {
            worker.own.searches.set(searches);
            worker.set_rests(false);
            self.staff(worker);
        }
    }

    /// Takes the worker back if nobody has it by now.
    fn take_back(&'static self, worker: &'static Worker) {
        if current().is_some() {
            return;
        }
        // It was vacant, so it is this thread's again (W2).
        let taken = vacancy::take_back(&self.idle, &worker.permit, worker.id);
        let Some(searches) = taken else { return };
        worker.set_rests(false);
        self.watch.rise();
        hold(worker);
        if searches && self.idle.found() {
            // The goroutine goes on instead, so somebody else has to search.
            self.notify();
        }
    }
}

/// Takes a worker back that was handed on.
struct TakenBack {
    native: &'static Native,
    worker: &'static Worker,
}

impl Drop for TakenBack {
    fn drop(&mut self) {
        self.native.take_back(self.worker);
    }
}

/// A goroutine that another worker is about to run, and since when it has been seen there.
#[derive(Clone, Copy)]
struct Seen {
    victim: &'static Worker,
    task: *mut (),
    since: u64,
}
