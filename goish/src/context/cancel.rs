//! What ends a context, and with it those that come from it.
//!
//! Each has the one above it by a strong reference, and is known to it by a weak one: who drops a
//! context and forgets to cancel it leaves nothing behind. But somebody may still have the channel
//! of one that is dropped, and a function may be waiting for its end. These go up to the next above,
//! which closes and calls them in its stead.
//!
//! # Rules
//!
//! 1. The reason is set once, under the lock. Whoever takes it from nothing takes the children too,
//!    and ends them.
//! 2. Whoever sees the reason sees the channel closed: it closes it itself before it tells anybody,
//!    if it has to. And what is above has its reason, and its channel closed, before anything below
//!    has.
//! 3. Nothing is closed, called or dropped under the lock, which wakes others or runs code of the
//!    user's.

use std::collections::BTreeMap;
use std::fmt;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use goish_engines::Channel;

use crate::chan::Chan;
use crate::errors::{error, nil};
use crate::runtime;
use crate::time::{self, Duration, Timer};

/// Why a context has ended.
#[derive(Clone)]
pub(super) struct Reason {
    err: error,
    cause: error,
}

impl Reason {
    /// Without a cause it is the error itself.
    pub(super) fn new(err: error, cause: error) -> Self {
        let cause = if cause == nil { err.clone() } else { cause };
        Self { err, cause }
    }
}

pub(super) struct Cancel {
    /// The next above, if one can end; nothing any more when this has left it.
    above: Option<Arc<Cancel>>,
    /// Made when somebody asks for it.
    done: OnceLock<Chan<()>>,
    /// Whether there is a reason: for those who only look.
    has_ended: AtomicBool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    reason: Option<Reason>,
    /// The number that this is known by above.
    number: Option<u64>,
    children: Children,
    timer: Option<Timer>,
}

/// What ends with a context, by numbers that are not given twice.
#[derive(Default)]
struct Children {
    all: BTreeMap<u64, Child>,
    next: u64,
}

enum Child {
    Cancel(Weak<Cancel>),
    /// The channel of one that was dropped.
    Done(Chan<()>),
    Call(Arc<Call>),
}

impl Children {
    fn add(&mut self, child: Child) -> u64 {
        let number = self.next;
        self.next += 1;
        self.all.insert(number, child);
        number
    }
}

impl Cancel {
    /// One that ends with the one above it.
    pub(super) fn under(above: Option<&Arc<Cancel>>) -> Arc<Self> {
        let this = Arc::new(Self {
            above: above.cloned(),
            done: OnceLock::new(),
            has_ended: AtomicBool::new(false),
            state: Mutex::default(),
        });
        if let Some(above) = above {
            match above.adopt(Child::Cancel(Arc::downgrade(&this))) {
                Ok(number) => this.state().number = Some(number),
                Err(reason) => this.end(&reason),
            }
        }
        this
    }

    /// Ends it for that reason after so much time.
    pub(super) fn at(self: &Arc<Self>, left: Duration, reason: Reason) {
        if left <= Duration(0) {
            return self.cancel(reason);
        }
        if self.has_ended() {
            return;
        }
        let this = self.clone();
        let timer = time::AfterFunc(left, move || this.cancel(reason.clone()));
        let mut state = self.state();
        if state.reason.is_none() {
            state.timer = Some(timer);
            return;
        }
        drop(state);
        timer.Stop();
    }

    /// Ends it, and what is below, unless it has ended; and has it forgotten above.
    pub(super) fn cancel(self: &Arc<Self>, reason: Reason) {
        self.end(&reason);
        let number = self.state().number.take();
        if let (Some(above), Some(number)) = (&self.above, number) {
            above.forget(number);
        }
    }

    /// Ends it, and what is below.
    fn end(self: &Arc<Self>, reason: &Reason) {
        let mut next = vec![self.clone()];
        while let Some(cancel) = next.pop() {
            next.extend(cancel.end_alone(reason));
        }
    }

    /// Ends it, unless it has ended; and gives what is to be ended next.
    fn end_alone(&self, reason: &Reason) -> Vec<Arc<Cancel>> {
        let mut state = self.state();
        if state.reason.is_some() {
            return Vec::new();
        }
        state.reason = Some(reason.clone());
        self.has_ended.store(true, Ordering::Release);
        let children = mem::take(&mut state.children.all);
        let timer = state.timer.take();
        drop(state);
        self.close();
        if let Some(timer) = timer {
            timer.Stop();
        }
        let end = |child: Child| child.end();
        children.into_values().filter_map(end).collect()
    }

    /// Has it ended with this one. It comes back with the reason if this one has ended.
    fn adopt(&self, child: Child) -> Result<u64, Reason> {
        let mut state = self.state();
        let Some(reason) = state.reason.clone() else {
            return Ok(state.children.add(child));
        };
        drop(state);
        self.close();
        Err(reason)
    }

    /// Has a function called when it ends. Comes back with its number if that is still to come.
    pub(super) fn call(&self, call: &Arc<Call>) -> Option<u64> {
        let adopted = self.adopt(Child::Call(call.clone()));
        if adopted.is_err() {
            call.run();
        }
        adopted.ok()
    }

    /// Forgets what is known by this number.
    pub(super) fn forget(&self, number: u64) {
        let forgotten = self.state().children.all.remove(&number);
        drop(forgotten);
    }

    /// Takes over what is left of a child that is dropped.
    fn inherit(&self, number: Option<u64>, heirlooms: Vec<Child>) {
        let mut state = self.state();
        let forgotten = number.and_then(|number| state.children.all.remove(&number));
        if state.reason.is_none() {
            for heirloom in heirlooms {
                state.children.add(heirloom);
            }
            drop(state);
        } else {
            drop(state);
            self.close();
            for heirloom in heirlooms {
                heirloom.end();
            }
        }
        drop(forgotten);
    }

    /// Leaves the one above, which is dropped by the caller.
    fn leave(&mut self) -> Option<Arc<Cancel>> {
        let above = self.above.take()?;
        let done = self.done.take().map(Child::Done);
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        if state.reason.is_none() {
            let children = mem::take(&mut state.children.all).into_values();
            let heirlooms = children.filter(|child| !matches!(child, Child::Cancel(_)));
            above.inherit(state.number, heirlooms.chain(done).collect());
        }
        Some(above)
    }

    pub(super) fn done(&self) -> Chan<()> {
        if let Some(done) = self.done.get() {
            return done.clone();
        }
        let state = self.state();
        let done = self.done.get_or_init(|| Chan::new(0)).clone();
        let has_ended = state.reason.is_some();
        drop(state);
        if has_ended {
            close(&done);
        }
        done
    }

    fn has_ended(&self) -> bool {
        self.has_ended.load(Ordering::Acquire)
    }

    pub(super) fn err(&self) -> error {
        self.reason().map_or(nil, |reason| reason.err)
    }

    pub(super) fn cause(&self) -> error {
        self.reason().map_or(nil, |reason| reason.cause)
    }

    fn reason(&self) -> Option<Reason> {
        if !self.has_ended() {
            return None;
        }
        let reason = self.state().reason.clone();
        self.close();
        reason
    }

    /// Closes the channel, if there is one.
    fn close(&self) {
        if let Some(done) = self.done.get() {
            close(done);
        }
    }

    #[cfg(test)]
    pub(super) fn children(&self) -> usize {
        self.state().children.all.len()
    }

    #[cfg(test)]
    pub(super) fn has_timer(&self) -> bool {
        self.state().timer.is_some()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Child {
    /// Ends it, or gives what is to be ended.
    fn end(self) -> Option<Arc<Cancel>> {
        match self {
            // One that is just being dropped sees by itself that the one above has ended.
            Self::Cancel(cancel) => return cancel.upgrade(),
            Self::Done(done) => close(&done),
            Self::Call(call) => call.run(),
        }
        None
    }
}

/// Closes a channel, unless somebody has.
fn close(done: &Chan<()>) {
    if let Some(done) = done.channel()
        && !done.is_closed()
    {
        let _ = done.close();
    }
}

/// Those above may be many: they are dropped one after the other, and not one within the other.
impl Drop for Cancel {
    fn drop(&mut self) {
        let mut above = self.leave();
        while let Some(mut cancel) = above.and_then(Arc::into_inner) {
            above = cancel.leave();
        }
    }
}

impl fmt::Debug for Cancel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cancel").finish_non_exhaustive()
    }
}

/// A function that is called at a context's end, or not at all.
pub(super) struct Call(Mutex<Option<Function>>);

type Function = Box<dyn FnOnce() + Send>;

impl Call {
    pub(super) fn new(function: impl FnOnce() + Send + 'static) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Some(Box::new(function)))))
    }

    /// Takes the function, if nobody has.
    pub(super) fn take(&self) -> Option<Function> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn run(&self) {
        if let Some(function) = self.take() {
            runtime::spawn(async move { function() });
        }
    }
}
