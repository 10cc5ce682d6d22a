//! Go's select, over arms of any mixture of channels, element types and engines.
//!
//! The shape is Go's: look at every case in random order and take the first that is ready. If none
//! is, lock all the channels in the order of their addresses, look again, and only then park on
//! all of them (or take `default`): so nothing can become ready unseen between the look and the
//! parking, and two selects that wait for each other always meet.

use std::future::Future;
use std::marker::PhantomPinned;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use smallvec::SmallVec;

use crate::core::Claim;
pub use crate::core::Glance;

/// What came of trying one case.
pub enum Attempt {
    /// It is not ready.
    Blocked,
    /// It is done; the waker, if any, is of the counterpart that was served by it. To be woken
    /// after every lock has been given back.
    Committed(Option<Waker>),
    /// It is parked, or was done before.
    Used,
}

/// What a parked arm needs to know of its select.
pub struct Registration<'a> {
    pub(crate) claim: &'a Claim,
    pub(crate) waker: Waker,
}

/// One case of a select, seen by the select.
///
/// # Safety
///
/// After `withdraw`, or after the arm was dropped, nobody may reach the claim of an earlier
/// registration through it. `channel` names the lock that `lock` and `unlock` work on.
pub unsafe trait SelectArm: Send {
    /// Which channel it works on: the address that orders the locks.
    fn channel(&self) -> usize;
    /// What the channel shows, if it can tell without its lock that the case has to wait. The same at two
    /// looks means that it had to all the time between them.
    fn blocked(&self) -> Option<Glance> {
        None
    }
    /// Takes the channel's lock.
    fn lock(&self);
    /// Gives the channel's lock back.
    ///
    /// # Safety
    ///
    /// The caller holds the lock.
    unsafe fn unlock(&self);
    /// Tries the case.
    ///
    /// # Safety
    ///
    /// The caller holds the lock.
    unsafe fn attempt(self: Pin<&mut Self>) -> Attempt;
    /// Parks the case.
    ///
    /// # Safety
    ///
    /// The caller has held the lock since an attempt found the arm blocked, and the registration's
    /// claim stays alive until `withdraw` has returned or the arm was dropped.
    unsafe fn park(self: Pin<&mut Self>, registration: Registration<'_>);
    /// Called when the case has been parked and every lock has been given back: for a channel that
    /// only then has somebody see to it that a value comes.
    fn has_parked(self: Pin<&mut Self>) {}
    /// The address of its waiter: its name in a claim.
    fn waiter(&self) -> usize;
    /// Sees to it that `waker` is woken when a parked case is served.
    fn replace_waker(self: Pin<&mut Self>, waker: &Waker);
    /// Takes over the outcome of a parked case whose claim was won.
    fn settle(self: Pin<&mut Self>);
    /// Leaves the channel.
    fn withdraw(self: Pin<&mut Self>);
}

/// One case of a select, seen by its owner.
pub trait Arm: SelectArm {
    /// What the case comes back with.
    type Output;

    /// The outcome, once, after a select has committed this arm.
    fn take(self: Pin<&mut Self>) -> Option<Self::Output>;
}

/// A case; `None` is a nil channel's, which is never ready.
pub type Case<'a> = Option<Pin<&'a mut (dyn SelectArm + 'a)>>;

/// Waits until one case can proceed, and commits it: exactly one, chosen uniformly at random among
/// those that are ready. Comes back with its index, whose outcome [`Arm::take`] then gives. With no
/// live case it waits for ever.
///
/// Cancel safety: dropping it before it completes commits nothing. If a counterpart has committed a
/// case already, a sent value stays sent, and a received one goes on to the next receiver when the
/// arm is dropped.
///
/// # Panics
///
/// When it is polled and one of its arms was committed before, or is parked by a select that was
/// leaked. An arm that was not committed may be used again.
pub fn select<'s, 'a>(cases: &'s mut [Case<'a>]) -> Select<'s, 'a> {
    Select {
        cases,
        claim: Claim::new(),
        stage: Stage::Fresh,
        _pinned: PhantomPinned,
    }
}

/// Commits one case that is ready now, chosen uniformly at random among them, or none: for
/// `default`. The look is atomic over all channels.
///
/// # Panics
///
/// As [`select`].
pub fn try_select(cases: &mut [Case<'_>]) -> Option<usize> {
    if all_are_blocked(cases) {
        return None;
    }
    let order = Order::shuffled(cases);
    if let Some(index) = probe_each(cases, &order) {
        return Some(index);
    }
    if order.0.len() < 2 {
        return None;
    }
    let held = LockAll::new(cases, &order);
    let (index, wake) = probe_locked(cases, &order)?;
    drop(held);
    wake.into_iter().for_each(Waker::wake);
    Some(index)
}

/// The future of [`select`].
pub struct Select<'s, 'a> {
    cases: &'s mut [Case<'a>],
    claim: Claim,
    stage: Stage,
    _pinned: PhantomPinned,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Fresh,
    Parked,
    Finished,
}

impl Future for Select<'_, '_> {
    type Output = usize;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<usize> {
        // SAFETY: nothing is moved out: the claim stays where it is, and the rest may move.
        let this = unsafe { self.get_unchecked_mut() };
        match this.stage {
            Stage::Fresh => this.start(context.waker()),
            Stage::Parked => this.resume(context.waker()),
            Stage::Finished => panic!("a select was polled after it completed"),
        }
    }
}

impl Select<'_, '_> {
    fn start(&mut self, waker: &Waker) -> Poll<usize> {
        let order = Order::shuffled(self.cases);
        if let Some(index) = probe_each(self.cases, &order) {
            self.stage = Stage::Finished;
            return Poll::Ready(index);
        }
        // Cloned before the locks are taken: a waker's code is the user's.
        let mut wakers: SmallVec<[Waker; INLINE]> = order.0.iter().map(|_| waker.clone()).collect();
        let held = LockAll::new(self.cases, &order);
        if let Some((index, wake)) = probe_locked(self.cases, &order) {
            self.stage = Stage::Finished;
            drop(held);
            wake.into_iter().for_each(Waker::wake);
            return Poll::Ready(index);
        }
        for &index in &order.0 {
            let (Some(arm), Some(waker)) = (arm(self.cases, index), wakers.pop()) else {
                continue;
            };
            let registration = Registration {
                claim: &self.claim,
                waker,
            };
            // SAFETY: its lock is held, the attempt has found it blocked, and `Drop` withdraws it
            // before the claim, which is pinned with this future, goes away.
            unsafe { arm.park(registration) };
        }
        self.stage = Stage::Parked;
        drop(held);
        live(self.cases).for_each(|(_, arm)| arm.has_parked());
        Poll::Pending
    }

    fn resume(&mut self, waker: &Waker) -> Poll<usize> {
        if self.claim.committed().is_none() {
            live(self.cases).for_each(|(_, arm)| arm.replace_waker(waker));
        }
        // Looked at once more: who won the claim before its arm's waker was replaced has woken the
        // old waker, and that may have been another task's.
        let Some(committed) = self.claim.committed() else {
            return Poll::Pending;
        };
        self.finish(committed).map_or(Poll::Pending, Poll::Ready)
    }

    /// Leaves every channel; comes back with the index of the arm that was served.
    fn finish(&mut self, committed: usize) -> Option<usize> {
        let mut served = None;
        for (index, arm) in live(self.cases) {
            if arm.waiter() == committed {
                arm.settle();
                served = Some(index);
            } else {
                arm.withdraw();
            }
        }
        // Not before: if dropping a waker panics, `Drop` leaves the other channels.
        self.stage = Stage::Finished;
        served
    }
}

impl Drop for Select<'_, '_> {
    fn drop(&mut self) {
        if self.stage != Stage::Parked {
            return;
        }
        // If a counterpart was faster, its case stays committed: the arm passes on what it was
        // handed when it is dropped, and the claim keeps every other case from being committed.
        let mut leaving = Leaving(self.cases);
        leaving.withdraw();
    }
}

/// Arms that must leave their channels before their claim goes away, also when the waker of one
/// panics as it is dropped.
struct Leaving<'s, 'a>(&'s mut [Case<'a>]);

impl Leaving<'_, '_> {
    fn withdraw(&mut self) {
        live(self.0).for_each(|(_, arm)| arm.withdraw());
    }
}

impl Drop for Leaving<'_, '_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.withdraw();
        }
    }
}

/// How many cases are handled without an allocation.
const INLINE: usize = 8;

/// The indices of the live cases, shuffled.
struct Order(SmallVec<[usize; INLINE]>);

impl Order {
    fn shuffled(cases: &[Case<'_>]) -> Self {
        let live = cases.iter().enumerate().filter(|(_, case)| case.is_some());
        let mut order: SmallVec<_> = live.map(|(index, _)| index).collect();
        shuffle(&mut order);
        Self(order)
    }
}

#[cfg(not(goish_loom))]
fn shuffle(order: &mut [usize]) {
    match order {
        [_, _] => {
            if fastrand::bool() {
                order.swap(0, 1);
            }
        }
        _ => fastrand::shuffle(order),
    }
}

/// loom explores one program: its order must not differ from execution to execution.
#[cfg(goish_loom)]
fn shuffle(_order: &mut [usize]) {}

fn arm<'c, 'a>(
    cases: &'c mut [Case<'a>],
    index: usize,
) -> Option<Pin<&'c mut (dyn SelectArm + 'a)>> {
    cases.get_mut(index)?.as_mut().map(Pin::as_mut)
}

fn live<'c, 'a>(
    cases: &'c mut [Case<'a>],
) -> impl Iterator<Item = (usize, Pin<&'c mut (dyn SelectArm + 'a)>)> {
    let cases = cases.iter_mut().enumerate();
    cases.filter_map(|(index, case)| Some((index, case.as_mut()?.as_mut())))
}

/// Whether all cases have to wait, at one instant, as far as their channels can tell without a lock.
fn all_are_blocked(cases: &[Case<'_>]) -> bool {
    /// Cases that are looked at like this: more are rarely all blocked, and taken as they come.
    const MOST: usize = 4;
    if cases.len() > MOST {
        return false;
    }
    let mut looks = [None; MOST];
    for (look, case) in looks.iter_mut().zip(cases) {
        // A nil channel's always has to.
        let Some(arm) = case else { continue };
        *look = arm.blocked();
        if look.is_none() {
            return false;
        }
    }
    // One look at one channel is an instant by itself.
    cases.len() < 2
        || looks
            .iter()
            .zip(cases)
            .all(|(look, case)| case.as_ref().is_none_or(|arm| arm.blocked() == *look))
}

/// Looks at each case under its own lock alone: cheap, and enough when one is ready.
fn probe_each(cases: &mut [Case<'_>], order: &Order) -> Option<usize> {
    for &index in &order.0 {
        let Some(mut arm) = arm(cases, index) else {
            continue;
        };
        arm.lock();
        // SAFETY: the lock has just been taken.
        let attempt = unsafe { arm.as_mut().attempt() };
        // SAFETY: taken above.
        unsafe { arm.unlock() };
        match attempt {
            Attempt::Blocked => {}
            Attempt::Committed(wake) => {
                wake.into_iter().for_each(Waker::wake);
                return Some(index);
            }
            Attempt::Used => panic!("an arm of a select was used before: make a new one"),
        }
    }
    None
}

/// Looks at each case while all the locks are held.
fn probe_locked(cases: &mut [Case<'_>], order: &Order) -> Option<(usize, Option<Waker>)> {
    for &index in &order.0 {
        let Some(arm) = arm(cases, index) else {
            continue;
        };
        // Not `Used`: the arms are this select's, which has looked at each before.
        // SAFETY: the caller holds a `LockAll` of these cases.
        if let Attempt::Committed(wake) = unsafe { arm.attempt() } {
            return Some((index, wake));
        }
    }
    None
}

/// The locks of all the cases' channels, each taken once, in the order of their addresses: so two
/// selects over the same channels cannot wait for each other's locks.
struct LockAll<'a> {
    held: SmallVec<[*const (dyn SelectArm + 'a); INLINE]>,
}

impl<'a> LockAll<'a> {
    fn new(cases: &[Case<'a>], order: &Order) -> Self {
        let arms = order.0.iter().filter_map(|&index| cases[index].as_ref());
        let mut held: SmallVec<[*const (dyn SelectArm + 'a); INLINE]> = arms
            .map(|arm| std::ptr::from_ref(arm.as_ref().get_ref()))
            .collect();
        // SAFETY: the arms are borrowed from `cases`, which the caller keeps while it holds this.
        let channel = |arm: &*const (dyn SelectArm + 'a)| unsafe { (**arm).channel() };
        held.sort_unstable_by_key(channel);
        held.dedup_by_key(|arm| channel(arm));
        // SAFETY: as above.
        held.iter().for_each(|arm| unsafe { (**arm).lock() });
        Self { held }
    }
}

impl Drop for LockAll<'_> {
    fn drop(&mut self) {
        // SAFETY: taken by `new`, and the arms are alive as `new` says.
        self.held.iter().for_each(|arm| unsafe { (**arm).unlock() });
    }
}
