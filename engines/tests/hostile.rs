//! What a channel meets in bad company: odd element types, destructors that panic, futures that
//! are forgotten, wakers and values whose code comes back to the channel.

mod common;

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use common::*;
use goish_engines::{Arm, Case, Channel, Engine, SelectArm, select, try_select};

mod tests {
    use super::common::on_every_engine;
    on_every_engine! {
        zero_sized_values_are_counted
        over_aligned_values_stay_aligned
        a_panicking_destructor_leaves_the_channel_usable
        destructors_that_panic_lose_nobody_else
        a_forgotten_receive_keeps_what_it_was_handed
        a_forgotten_select_keeps_its_waiters
        a_forgotten_send_has_sent
        an_arm_is_committed_once
        a_waker_may_come_back_to_the_channel
        a_value_may_come_back_to_the_channel
        a_channel_that_sends_itself_can_be_drained
        every_value_is_dropped_once
    }
}

fn zero_sized_values_are_counted<E: Engine>() {
    let channel = E::Channel::<()>::bounded(3);
    for _ in 0..3 {
        channel.try_send(()).unwrap();
    }
    assert!(channel.try_send(()).is_err());
    let mut parked = Box::pin(channel.send(()));
    assert!(poll(parked.as_mut()).is_pending());
    for _ in 0..4 {
        channel.try_recv().unwrap();
    }
    assert!(poll(parked.as_mut()).is_ready());
    assert!(channel.try_recv().is_err());
}

#[repr(align(128))]
struct Aligned(u8);

fn over_aligned_values_stay_aligned<E: Engine>() {
    for capacity in [0, 2] {
        let channel = E::Channel::<Aligned>::bounded(capacity);
        let mut sends: Vec<_> = (0..5).map(|i| Box::pin(channel.send(Aligned(i)))).collect();
        for send in &mut sends {
            let _ = poll(send.as_mut());
        }
        for i in 0..5 {
            let value = channel.try_recv().ok().unwrap();
            assert_eq!(std::ptr::from_ref(&value).addr() % 128, 0);
            assert_eq!(value.0, i);
        }
    }
}

struct Panics(Arc<AtomicUsize>);

impl Drop for Panics {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
        panic!("a destructor panics");
    }
}

fn a_panicking_destructor_leaves_the_channel_usable<E: Engine>() {
    let dropped = Arc::new(AtomicUsize::new(0));
    let channel = E::Channel::<Option<Panics>>::bounded(0);
    let mut parked = Box::pin(channel.send(Some(Panics(dropped.clone()))));
    assert!(poll(parked.as_mut()).is_pending());
    assert!(catch_unwind(AssertUnwindSafe(|| drop(parked))).is_err());
    // The lock is free, and the waiter is gone.
    assert!(channel.try_recv().is_err());
    let mut receive = pin!(channel.recv());
    assert!(poll(receive.as_mut()).is_pending());
    channel.try_send(None).ok().unwrap();
    assert!(matches!(poll(receive.as_mut()), Poll::Ready(Some(None))));
    assert_eq!(dropped.load(Ordering::SeqCst), 1);
}

/// Values whose destructors panic, wherever the engine is who drops them: whoever else is on the
/// channel is served, and no value is dropped twice.
fn destructors_that_panic_lose_nobody_else<E: Engine>() {
    let dropped = Arc::new(AtomicUsize::new(0));
    let value = || Some(Panics(dropped.clone()));
    let (left, right) = (
        E::Channel::<Option<Panics>>::bounded(0),
        E::Channel::<Option<Panics>>::bounded(0),
    );
    // The arms of a select, while somebody waits behind them.
    let mut selecting = Box::pin(async {
        let (mut a, mut b) = (pin!(left.send_arm(value())), pin!(right.send_arm(value())));
        let cases: &mut [Case<'_>] = &mut [Some(a.as_mut()), Some(b.as_mut())];
        select(cases).await
    });
    assert!(poll(selecting.as_mut()).is_pending());
    let mut behind = Box::pin(right.send(None));
    assert!(poll(behind.as_mut()).is_pending());
    // The second panics while the first unwinds, which would end the program: so one is served.
    std::mem::forget(left.try_recv().ok().unwrap());
    assert!(catch_unwind(AssertUnwindSafe(|| drop(selecting))).is_err());
    assert!(matches!(right.try_recv(), Ok(None)));
    assert!(matches!(poll(behind.as_mut()), Poll::Ready(Ok(()))));
    // An arm that was tried.
    let trying = || {
        let mut arm = pin!(left.send_arm(value()));
        try_select(&mut [Some(arm.as_mut())])
    };
    assert!(catch_unwind(AssertUnwindSafe(trying)).is_err());
    // A value that was handed to a receive, and goes back as that is dropped.
    let mut receive = Box::pin(left.recv());
    assert!(poll(receive.as_mut()).is_pending());
    assert!(left.try_send(value()).is_ok());
    drop(receive);
    assert_eq!(left.len(), 1);
    assert_eq!(dropped.load(Ordering::SeqCst), 2);
    // What is buffered when the channel goes away.
    let buffered = E::Channel::<Option<Panics>>::unbounded();
    for sent in [value(), None] {
        assert!(buffered.try_send(sent).is_ok());
    }
    assert!(catch_unwind(AssertUnwindSafe(|| drop(buffered))).is_err());
    assert!(catch_unwind(AssertUnwindSafe(|| drop(left))).is_err());
    assert_eq!(dropped.load(Ordering::SeqCst), 4);
}

fn a_forgotten_receive_keeps_what_it_was_handed<E: Engine>() {
    let channel = E::Channel::<u32>::bounded(1);
    let mut forgotten = Box::pin(channel.clone().recv_forever());
    assert!(poll(forgotten.as_mut()).is_pending());
    std::mem::forget(forgotten);
    // As with a goroutine that never runs again: it was first in line, so the first is its.
    channel.try_send(1).unwrap();
    channel.try_send(2).unwrap();
    assert_eq!(channel.try_recv(), Ok(2));
    channel.close().unwrap();
}

/// A receive that owns its channel, as a goroutine does.
trait RecvForever {
    fn recv_forever(self) -> impl Future<Output = Option<u32>>;
}

impl<C: Channel<u32>> RecvForever for C {
    async fn recv_forever(self) -> Option<u32> {
        self.recv().await
    }
}

fn a_forgotten_select_keeps_its_waiters<E: Engine>() {
    let (left, right) = (E::Channel::<u32>::bounded(0), E::Channel::<u32>::bounded(0));
    let both = (left.clone(), right.clone());
    let mut forgotten = Box::pin(async move {
        let (mut a, mut b) = (pin!(both.0.recv_arm()), pin!(both.1.recv_arm()));
        let cases: &mut [Case<'_>] = &mut [Some(a.as_mut()), Some(b.as_mut())];
        select(cases).await
    });
    assert!(poll(forgotten.as_mut()).is_pending());
    std::mem::forget(forgotten);
    assert!(left.try_send(1).is_ok(), "the select waits");
    assert!(right.try_send(1).is_err(), "and takes one value only");
    left.close().unwrap();
    right.close().unwrap();
}

fn a_forgotten_send_has_sent<E: Engine>() {
    let channel = E::Channel::<u32>::bounded(0);
    let sender = channel.clone();
    let mut forgotten = Box::pin(async move { sender.send(1).await });
    assert!(poll(forgotten.as_mut()).is_pending());
    std::mem::forget(forgotten);
    let mut behind = pin!(channel.send(2));
    assert!(poll(behind.as_mut()).is_pending());
    assert_eq!(channel.try_recv(), Ok(1));
    assert_eq!(channel.try_recv(), Ok(2));
    assert!(poll(behind.as_mut()).is_ready());
}

/// An arm that was committed, or was left parked by a select that is leaked, is refused by the next
/// select, before anything happens to its value. One that lost may be used again.
fn an_arm_is_committed_once<E: Engine>() {
    let channel = E::Channel::<Box<u32>>::bounded(0);
    let mut send = pin!(channel.send_arm(Box::new(7)));
    let again = |cases: &mut [Case<'_>]| {
        let used = catch_unwind(AssertUnwindSafe(|| try_select(cases))).is_err();
        let polled = || poll(pin!(select(cases))).is_ready();
        used && catch_unwind(AssertUnwindSafe(polled)).is_err()
    };
    assert_eq!(try_select(&mut [Some(send.as_mut())]), None);
    let mut cases = [Some(send.as_mut() as Pin<&mut dyn SelectArm>)];
    assert!(poll(pin!(select(&mut cases))).is_pending());
    let mut leaked = Box::pin(select(&mut cases));
    assert!(poll(leaked.as_mut()).is_pending());
    std::mem::forget(leaked);
    assert!(again(&mut [Some(send.as_mut())]));
    assert_eq!(channel.try_recv().ok(), Some(Box::new(7)));
    assert!(again(&mut [Some(send.as_mut())]));
    assert!(matches!(send.as_mut().take(), Some(Ok(()))));
    assert!(again(&mut [Some(send.as_mut())]));
    // The locks are free.
    assert!(channel.try_recv().is_err());
}

/// A waker that works on the channel when it is woken, and when it is dropped.
struct Reentrant<C: Channel<u32>> {
    channel: C,
    received: Mutex<Vec<Option<u32>>>,
}

impl<C: Channel<u32>> Wake for Reentrant<C> {
    fn wake(self: Arc<Self>) {
        let _ = self.channel.try_send(7);
        let value = self.channel.try_recv().ok();
        self.received.lock().unwrap().push(value);
    }
}

impl<C: Channel<u32>> Drop for Reentrant<C> {
    fn drop(&mut self) {
        let _ = self.channel.len();
        let _ = self.channel.try_recv();
    }
}

fn a_waker_may_come_back_to_the_channel<E: Engine>() {
    for capacity in [0, 1] {
        let channel = E::Channel::<u32>::bounded(capacity);
        let reentrant = Arc::new(Reentrant {
            channel: channel.clone(),
            received: Mutex::new(Vec::new()),
        });
        let waker = Waker::from(reentrant.clone());
        let mut receive = Box::pin(channel.recv());
        assert!(
            receive
                .as_mut()
                .poll(&mut Context::from_waker(&waker))
                .is_pending()
        );
        // Replaced, woken, dropped with its operation, and woken by close.
        let other = Waker::from(Arc::new(Reentrant {
            channel: channel.clone(),
            received: Mutex::new(Vec::new()),
        }));
        assert!(
            receive
                .as_mut()
                .poll(&mut Context::from_waker(&other))
                .is_pending()
        );
        assert!(
            receive
                .as_mut()
                .poll(&mut Context::from_waker(&waker))
                .is_pending()
        );
        drop(other);
        channel.try_send(1).unwrap();
        assert_eq!(reentrant.received.lock().unwrap().len(), 1);
        drop(receive);
        while channel.try_recv().is_ok() {}
        let mut last = Box::pin(channel.recv());
        assert!(
            last.as_mut()
                .poll(&mut Context::from_waker(&waker))
                .is_pending()
        );
        channel.close().unwrap();
        assert_eq!(reentrant.received.lock().unwrap().len(), 2);
    }
}

/// A value that works on its channel when it is dropped.
struct Curious<C: Channel<Option<Box<dyn Send>>>>(C);

impl<C: Channel<Option<Box<dyn Send>>>> Drop for Curious<C> {
    fn drop(&mut self) {
        let _ = self.0.len();
        let _ = self.0.try_send(None);
    }
}

fn a_value_may_come_back_to_the_channel<E: Engine>() {
    let channel = E::Channel::<Option<Box<dyn Send>>>::bounded(1);
    let value = || -> Option<Box<dyn Send>> { Some(Box::new(Curious(channel.clone()))) };
    // Withdrawn.
    channel.try_send(None).ok().unwrap();
    let mut parked = Box::pin(channel.send(value()));
    assert!(poll(parked.as_mut()).is_pending());
    drop(parked);
    // Refused.
    drop(channel.try_send(value()));
    // Received, and refused by a closed channel.
    drop(channel.try_recv());
    drop(channel.try_send(value()));
    drop(channel.try_recv());
    channel.close().unwrap();
    drop(channel.try_send(value()));
    assert!(channel.is_closed());
}

/// A channel of channels.
struct Nested<E: Engine>(#[allow(dead_code)] E::Channel<u32>);

fn a_channel_that_sends_itself_can_be_drained<E: Engine>() {
    let outer = E::Channel::<Nested<E>>::unbounded();
    let inner = E::Channel::<u32>::bounded(1);
    for _ in 0..10 {
        outer.try_send(Nested(inner.clone())).ok().unwrap();
    }
    drop(outer);
    inner.try_send(1).unwrap();
    assert_eq!(inner.try_recv(), Ok(1));
}

struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn every_value_is_dropped_once<E: Engine>() {
    let dropped = Arc::new(AtomicUsize::new(0));
    let mut made = 0;
    let mut value = || {
        made += 1;
        Counted(dropped.clone())
    };
    for capacity in [0, 1, 4] {
        let channel = E::Channel::<Counted>::bounded(capacity);
        let mut sends: Vec<_> = (0..8).map(|_| Box::pin(channel.send(value()))).collect();
        for send in &mut sends {
            let _ = poll(send.as_mut()).is_ready();
        }
        drop(channel.try_recv());
        drop(channel.try_send(value()));
        sends.truncate(5);
        // Handed over, and never looked at.
        while channel.try_recv().is_ok() {}
        let mut receive = Box::pin(channel.recv());
        assert!(poll(receive.as_mut()).is_pending());
        drop(channel.try_send(value()));
        drop(receive);
        // Parked when the channel closes, and left in the buffer when it goes away.
        let mut parked = Box::pin(channel.send(value()));
        let completed = poll(parked.as_mut()).is_ready();
        channel.close().unwrap();
        assert!(completed || poll(parked.as_mut()).is_ready());
    }
    assert_eq!(dropped.load(Ordering::SeqCst), made);
}
