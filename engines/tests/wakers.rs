//! Wakers whose code comes back to the channel: no lock may be held while it runs.

mod common;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Poll, RawWaker, RawWakerVTable, Wake, Waker};

use common::*;
use goish_engines::{Case, Channel, Engine, SelectArm, TryRecvError, TrySendError, select};

mod tests {
    use super::common::on_every_engine;
    on_every_engine! {
        close_wakes_everybody
        wakers_are_used_without_the_lock
        a_waker_that_is_let_go_may_send
        a_waker_that_panics_leaves_no_arm_behind
    }
}

/// More than a close wakes at once.
const MANY: u32 = 100;

/// A waker that uses the channel whose close wakes it.
struct Closing<C: Channel<u32>> {
    channel: C,
    wakes: AtomicUsize,
}

impl<C: Channel<u32>> Wake for Closing<C> {
    fn wake(self: Arc<Self>) {
        assert!(self.channel.is_closed());
        assert_eq!(self.channel.try_recv(), Err(TryRecvError::Closed));
        assert_eq!(self.channel.try_send(1), Err(TrySendError::Closed(1)));
        self.wakes.fetch_add(1, Ordering::SeqCst);
    }
}

fn close_wakes_everybody<E: Engine>() {
    // Receivers, senders, and both in turn as selects, which other channels keep waiting.
    let (channel, other) = (E::Channel::<u32>::bounded(0), E::Channel::<u32>::bounded(0));
    let closing = Arc::new(Closing {
        channel: channel.clone(),
        wakes: AtomicUsize::new(0),
    });
    let waker = Waker::from(closing.clone());
    // Either side alone, or they would meet.
    let mut selects: Vec<_> = (0..MANY)
        .map(|_| Box::pin(receive_from_either(&channel, &other)))
        .collect();
    let mut receives: Vec<_> = (0..MANY).map(|_| Box::pin(channel.recv())).collect();
    for select in &mut selects {
        assert!(poll_with(select.as_mut(), &waker).is_pending());
    }
    for receive in &mut receives {
        assert!(poll_with(receive.as_mut(), &waker).is_pending());
    }
    channel.close().unwrap();
    assert_eq!(closing.wakes.load(Ordering::SeqCst), 2 * MANY as usize);
    for mut select in selects {
        assert_eq!(poll(select.as_mut()), Poll::Ready((0, None)));
    }
    for mut receive in receives {
        assert_eq!(poll(receive.as_mut()), Poll::Ready(None));
    }

    let channel = E::Channel::<u32>::bounded(0);
    let closing = Arc::new(Closing {
        channel: channel.clone(),
        wakes: AtomicUsize::new(0),
    });
    let waker = Waker::from(closing.clone());
    let mut sends: Vec<_> = (0..MANY).map(|i| Box::pin(channel.send(i))).collect();
    for send in &mut sends {
        assert!(poll_with(send.as_mut(), &waker).is_pending());
    }
    channel.close().unwrap();
    assert_eq!(closing.wakes.load(Ordering::SeqCst), MANY as usize);
    for (i, mut send) in (0..).zip(sends) {
        let Poll::Ready(Err(error)) = poll(send.as_mut()) else {
            panic!("send {i} has not failed");
        };
        assert_eq!(error.0, i);
    }
}

async fn receive_from_either<C: Channel<u32>>(left: &C, right: &C) -> (usize, Option<u32>) {
    use goish_engines::Arm;
    let (mut a, mut b) = (pin!(left.recv_arm()), pin!(right.recv_arm()));
    let cases: &mut [Case<'_>] = &mut [Some(a.as_mut()), Some(b.as_mut())];
    match select(cases).await {
        0 => (0, a.take().unwrap()),
        _ => (1, b.take().unwrap()),
    }
}

/// What a waker runs whenever its code runs: when it is cloned, woken or dropped.
struct Nosy<C> {
    channel: C,
    visits: AtomicUsize,
}

impl<C: Channel<u32> + 'static> Nosy<C> {
    fn waker(channel: &C) -> (Arc<Self>, Waker) {
        let nosy = Arc::new(Self {
            channel: channel.clone(),
            visits: AtomicUsize::new(0),
        });
        let data = Arc::into_raw(nosy.clone()).cast();
        // SAFETY: the functions of the table keep the contract of `RawWaker`: the data is an
        // `Arc<Self>`, of which each waker owns one count, and `Self` is `Send` and `Sync`.
        let waker = unsafe { Waker::new(data, &Self::TABLE) };
        (nosy, waker)
    }

    const TABLE: RawWakerVTable = RawWakerVTable::new(
        |data| {
            Self::visit(data);
            // SAFETY: the waker that is cloned keeps the count that this one is added to.
            unsafe { Arc::increment_strong_count(data.cast::<Self>()) };
            RawWaker::new(data, &Self::TABLE)
        },
        |data| {
            Self::visit(data);
            // SAFETY: the waker is used up, and its count with it.
            unsafe { Arc::decrement_strong_count(data.cast::<Self>()) };
        },
        Self::visit,
        |data| {
            Self::visit(data);
            // SAFETY: as above.
            unsafe { Arc::decrement_strong_count(data.cast::<Self>()) };
        },
    );

    /// Does everything to the channel that can be done without waiting, and changes nothing.
    fn visit(data: *const ()) {
        // SAFETY: the waker that is used has a count.
        let nosy = unsafe { &*data.cast::<Self>() };
        nosy.visits.fetch_add(1, Ordering::SeqCst);
        let _ = nosy.channel.len();
        let _ = nosy.channel.is_closed();
        let mut receive = Box::pin(nosy.channel.recv());
        if let Poll::Ready(Some(value)) = poll(receive.as_mut()) {
            let _ = nosy.channel.try_send(value);
        }
    }
}

fn wakers_are_used_without_the_lock<E: Engine>() {
    for capacity in [0, 1] {
        let channel = E::Channel::<u32>::bounded(capacity);
        let other = E::Channel::<u32>::bounded(capacity);
        let (nosy, waker) = Nosy::waker(&channel);
        let (another, other_waker) = Nosy::waker(&channel);
        // Parked, given another waker, and withdrawn; twice, since the first has not been expected
        // to wait.
        for _ in 0..2 {
            let mut receive = Box::pin(channel.recv());
            assert!(poll_with(receive.as_mut(), &waker).is_pending());
            assert!(poll_with(receive.as_mut(), &other_waker).is_pending());
            drop(receive);
            let mut selecting = Box::pin(receive_from_either(&channel, &other));
            assert!(poll_with(selecting.as_mut(), &waker).is_pending());
            assert!(poll_with(selecting.as_mut(), &other_waker).is_pending());
            drop(selecting);
        }
        // Served, and polled, and served and dropped.
        let mut receive = Box::pin(channel.recv());
        assert!(poll_with(receive.as_mut(), &waker).is_pending());
        channel.try_send(1).unwrap();
        assert_eq!(poll_with(receive.as_mut(), &waker), Poll::Ready(Some(1)));
        let mut receive = Box::pin(channel.recv());
        assert!(poll_with(receive.as_mut(), &waker).is_pending());
        channel.try_send(2).unwrap();
        drop(receive);
        // Closed, with somebody parked on either side of a select.
        while channel.try_recv().is_ok() {}
        let mut selecting = Box::pin(receive_from_either(&other, &channel));
        assert!(poll_with(selecting.as_mut(), &waker).is_pending());
        channel.close().unwrap();
        assert_eq!(
            poll_with(selecting.as_mut(), &waker),
            Poll::Ready((1, None))
        );
        drop((waker, other_waker));
        assert!(nosy.visits.load(Ordering::SeqCst) > 0);
        assert_eq!(Arc::strong_count(&nosy), 1);
        assert_eq!(Arc::strong_count(&another), 1);
    }
}

/// A waker that sends when the last of its clones is dropped: what an executor does that drops a
/// task, and with it the task's channels, when nobody can wake it any more.
struct LetGo<C: Channel<u32>>(C);

impl<C: Channel<u32>> Wake for LetGo<C> {
    fn wake(self: Arc<Self>) {}
}

impl<C: Channel<u32>> Drop for LetGo<C> {
    fn drop(&mut self) {
        self.0.try_send(7).unwrap();
    }
}

fn a_waker_that_is_let_go_may_send<E: Engine>() {
    let channel = E::Channel::<u32>::bounded(8);
    let let_go = || Waker::from(Arc::new(LetGo(channel.clone())));
    // Withdrawn with its operation: the last clone is the one that was parked.
    let mut receive = Box::pin(channel.recv());
    assert!(poll_with(receive.as_mut(), &let_go()).is_pending());
    drop(receive);
    assert_eq!(channel.try_recv(), Ok(7));
    // Replaced: it sends to the very operation that lets it go.
    let mut receive = Box::pin(channel.recv());
    assert!(poll_with(receive.as_mut(), &let_go()).is_pending());
    assert_eq!(poll(receive.as_mut()), Poll::Ready(Some(7)));
    drop(receive);
    // Woken.
    let mut receive = Box::pin(channel.recv());
    assert!(poll_with(receive.as_mut(), &let_go()).is_pending());
    channel.try_send(1).unwrap();
    assert_eq!(poll(receive.as_mut()), Poll::Ready(Some(1)));
    assert_eq!(channel.try_recv(), Ok(7));
}

/// How many wakers of [`PANICKING`] have been dropped.
static DROPS: AtomicUsize = AtomicUsize::new(0);

/// Wakers, the first of which to be dropped panics.
static PANICKING: RawWakerVTable = RawWakerVTable::new(
    |data| RawWaker::new(data, &PANICKING),
    |_| {},
    |_| {},
    |_| assert_ne!(DROPS.fetch_add(1, Ordering::SeqCst), 0, "a waker panics"),
);

/// A select withdraws all its arms from their channels, also when it has to drop a waker that
/// panics: its arms live on without it.
fn a_waker_that_panics_leaves_no_arm_behind<E: Engine>() {
    for completes in [false, true] {
        let channels: Vec<_> = (0..3).map(|_| E::Channel::<u32>::bounded(0)).collect();
        let mut arms: Vec<_> = channels.iter().map(|c| Box::pin(c.recv_arm())).collect();
        let mut cases: Vec<Case<'_>> = arms
            .iter_mut()
            .map(|arm| Some(arm.as_mut() as Pin<&mut dyn SelectArm>))
            .collect();
        DROPS.store(0, Ordering::SeqCst);
        // SAFETY: there is no data, so there is nothing to keep.
        let waker = unsafe { Waker::new(std::ptr::null(), &PANICKING) };
        let mut selecting = Box::pin(select(&mut cases));
        assert!(poll_with(selecting.as_mut(), &waker).is_pending());
        if completes {
            channels[0].try_send(1).unwrap();
        }
        let left = catch_unwind(AssertUnwindSafe(|| {
            if completes {
                let _ = poll(selecting.as_mut());
            }
            drop(selecting);
        }));
        assert!(left.is_err());
        // One was woken, if the select was served.
        assert_eq!(DROPS.load(Ordering::SeqCst), 3 - usize::from(completes));
        assert_eq!(channels[1].try_send(2), Err(TrySendError::Full(2)));
        assert_eq!(channels[2].try_send(2), Err(TrySendError::Full(2)));
    }
}
