//! Who sends and who receives.

use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use fastrand::Rng;
use goish_engines::{
    Arm, Case, Channel, SendError, TryRecvError, TrySendError, select, try_select,
};

use crate::ledger::{Ledger, Told, Value};
use crate::plan::Plan;

/// What the actors of a round share.
pub(crate) struct World<C> {
    pub(crate) plan: Plan,
    pub(crate) channels: Vec<C>,
    pub(crate) ledger: Arc<Ledger>,
    /// The senders that have not finished.
    pub(crate) sending: AtomicUsize,
    pub(crate) progress: Vec<Progress>,
}

/// How far an actor is, for when all are stuck.
#[derive(Default)]
pub(crate) struct Progress {
    pub(crate) steps: AtomicU64,
    /// Which step it is at: see the numbers where it is set.
    pub(crate) at: AtomicU64,
}

/// Somebody who takes part in a round.
pub(crate) struct Actor<C> {
    world: Arc<World<C>>,
    name: usize,
    rng: Rng,
    /// The last number received of each sender on each channel.
    last: HashMap<(usize, usize), usize>,
}

impl<C: Channel<Value>> Actor<C> {
    /// The actor of this number. The senders come first.
    pub(crate) fn new(world: Arc<World<C>>, name: usize) -> Self {
        let rng = Rng::with_seed(world.plan.seed ^ ((name as u64 + 1) << 40));
        Self {
            world,
            name,
            rng,
            last: HashMap::new(),
        }
    }

    /// Plays its part, to the end of the round.
    pub(crate) async fn play(mut self) {
        let (senders, receivers) = (self.world.plan.senders, self.world.plan.receivers);
        if self.name < senders {
            self.send_all().await;
        } else if self.name < senders + receivers {
            self.receive_all().await;
        } else {
            self.close_early().await;
        }
        self.at(0);
    }

    fn at(&self, step: u64) {
        let progress = &self.world.progress[self.name];
        progress.at.store(step, Ordering::Relaxed);
        progress.steps.fetch_add(1, Ordering::Relaxed);
    }

    fn tell(&self, number: usize, told: Told) {
        self.world.ledger.tell(self.name, number, told);
    }

    fn make(&self, number: usize) -> Value {
        self.world.ledger.make(self.name, number)
    }

    fn channel(&mut self) -> usize {
        self.rng.usize(..self.world.channels.len())
    }

    fn patience(&mut self, limited: bool) -> Patience {
        match self.rng.u8(..8) {
            0 if limited => Patience::Polls(self.rng.u32(1..4)),
            1 if limited => Patience::Time(Duration::from_micros(self.rng.u64(..200))),
            2 => Patience::Nobody,
            _ => Patience::Unlimited,
        }
    }

    // ---- sending ----

    async fn send_all(&mut self) {
        let mut number = 0;
        // The most that a step takes is two.
        while number + 1 < self.world.plan.values {
            number += match self.rng.u8(..8) {
                0 => self.try_send(number),
                1 => self.try_send_somewhere(number),
                2 | 3 => self.send_somewhere(number).await,
                4 if self.world.plan.senders_receive() => self.send_or_receive(number).await,
                _ => self.send(number).await,
            };
            if self.rng.u8(..16) == 0 {
                tokio::task::yield_now().await;
            }
        }
        if self.world.sending.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.world.channels.iter().for_each(|channel| {
                let _ = channel.close();
            });
        }
    }

    async fn send(&mut self, number: usize) -> usize {
        self.at(1);
        let channel = self.channel();
        let patience = self.patience(self.world.plan.sends_are_cancelled);
        self.tell(number, Told::GaveUp);
        let sent = wait(
            patience,
            self.world.channels[channel].send(self.make(number)),
        )
        .await;
        self.note(number, sent);
        1
    }

    fn try_send(&mut self, number: usize) -> usize {
        self.at(2);
        let channel = self.channel();
        let told = match self.world.channels[channel].try_send(self.make(number)) {
            Ok(()) => Told::Sent,
            Err(TrySendError::Full(_) | TrySendError::Closed(_)) => Told::NotSent,
        };
        self.tell(number, told);
        1
    }

    /// Sends one of two values, on whichever channel takes one.
    async fn send_somewhere(&mut self, number: usize) -> usize {
        self.at(3);
        let (left, right) = (self.channel(), self.channel());
        let patience = self.patience(self.world.plan.sends_are_cancelled);
        let world = self.world.clone();
        self.tell(number, Told::GaveUp);
        self.tell(number + 1, Told::GaveUp);
        let mut a = pin!(world.channels[left].send_arm(self.make(number)));
        let mut b = pin!(world.channels[right].send_arm(self.make(number + 1)));
        let cases: &mut [Case<'_>] = &mut [Some(a.as_mut()), Some(b.as_mut())];
        let chosen = wait(patience, select(cases)).await;
        match chosen {
            Some(0) => {
                self.note(number, a.take());
                self.tell(number + 1, Told::NotSent);
            }
            Some(_) => {
                self.tell(number, Told::NotSent);
                self.note(number + 1, b.take());
            }
            None => {}
        }
        2
    }

    fn try_send_somewhere(&mut self, number: usize) -> usize {
        self.at(4);
        let (left, right) = (self.channel(), self.channel());
        let world = self.world.clone();
        self.tell(number, Told::NotSent);
        self.tell(number + 1, Told::NotSent);
        let mut a = pin!(world.channels[left].send_arm(self.make(number)));
        let mut b = pin!(world.channels[right].send_arm(self.make(number + 1)));
        let cases: &mut [Case<'_>] = &mut [Some(a.as_mut()), Some(b.as_mut())];
        match try_select(cases) {
            Some(0) => self.note(number, a.take()),
            Some(_) => self.note(number + 1, b.take()),
            None => {}
        }
        2
    }

    /// Sends a value, or receives one.
    async fn send_or_receive(&mut self, number: usize) -> usize {
        self.at(5);
        let (left, right) = (self.channel(), self.channel());
        let world = self.world.clone();
        self.tell(number, Told::NotSent);
        let mut send = pin!(world.channels[left].send_arm(self.make(number)));
        let mut receive = pin!(world.channels[right].recv_arm());
        let cases: &mut [Case<'_>] = &mut [Some(receive.as_mut()), Some(send.as_mut())];
        match select(cases).await {
            0 => {
                if let Some(value) = receive.take().unwrap() {
                    self.receive(right, value);
                }
            }
            _ => self.note(number, send.take()),
        }
        1
    }

    fn note(&self, number: usize, sent: Option<Result<(), SendError<Value>>>) {
        match sent {
            Some(Ok(())) => self.tell(number, Told::Sent),
            Some(Err(_)) => self.tell(number, Told::NotSent),
            None => {}
        }
    }

    // ---- receiving ----

    async fn receive_all(&mut self) {
        let mut open = vec![true; self.world.channels.len()];
        while open.contains(&true) {
            match self.rng.u8(..8) {
                0 => self.try_receive(),
                1 | 2 if open.len() == 1 => self.receive_one(&mut open).await,
                _ => self.receive_any(&mut open).await,
            }
            if self.rng.u8(..16) == 0 {
                tokio::task::yield_now().await;
            }
        }
    }

    fn receive(&mut self, channel: usize, value: Value) {
        let (sender, number) = value.deliver();
        let last = self.last.insert((sender, channel), number);
        assert!(
            !self.world.plan.keeps_order() || last.is_none_or(|last| last < number),
            "{number} of sender {sender} came after {last:?}"
        );
    }

    fn try_receive(&mut self) {
        self.at(6);
        let channel = self.channel();
        match self.world.channels[channel].try_recv() {
            Ok(value) => self.receive(channel, value),
            Err(TryRecvError::Empty | TryRecvError::Closed) => {}
        }
    }

    async fn receive_one(&mut self, open: &mut [bool]) {
        self.at(7);
        let patience = self.patience(self.world.plan.receives_are_cancelled);
        let received = wait(patience, self.world.channels[0].recv()).await;
        match received {
            Some(Some(value)) => self.receive(0, value),
            Some(None) => open[0] = false,
            None => {}
        }
    }

    /// Receives from whichever channel has a value. One that is closed is nil from then on.
    async fn receive_any(&mut self, open: &mut [bool]) {
        self.at(8);
        let patience = self.patience(self.world.plan.receives_are_cancelled);
        let world = self.world.clone();
        let mut arms: Vec<_> = world
            .channels
            .iter()
            .map(|c| Box::pin(c.recv_arm()))
            .collect();
        let cases = arms.iter_mut().zip(open.iter());
        let mut cases: Vec<Case<'_>> = cases
            .map(|(arm, &open)| {
                open.then_some(arm.as_mut() as Pin<&mut dyn goish_engines::SelectArm>)
            })
            .collect();
        let chosen = wait(patience, select(&mut cases)).await;
        drop(cases);
        let Some(channel) = chosen else { return };
        match arms[channel].as_mut().take().unwrap() {
            Some(value) => self.receive(channel, value),
            None => open[channel] = false,
        }
    }

    // ---- closing ----

    async fn close_early(&mut self) {
        self.at(9);
        tokio::time::sleep(Duration::from_micros(self.rng.u64(..3_000))).await;
        self.world.channels.iter().for_each(|channel| {
            let _ = channel.close();
        });
    }
}

/// How long to wait, and how.
#[derive(Clone, Copy)]
enum Patience {
    Unlimited,
    /// As for ever, but first polled with a waker that wakes nobody: what a thread does.
    Nobody,
    /// Dropped after so many polls.
    Polls(u32),
    /// Dropped after a timeout.
    Time(Duration),
}

/// Waits for a future, unless patience ends before.
async fn wait<F: Future>(patience: Patience, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    match patience {
        Patience::Unlimited => Some(future.await),
        Patience::Nobody => {
            let first = future
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()));
            match first {
                Poll::Ready(output) => Some(output),
                Poll::Pending => Some(future.await),
            }
        }
        Patience::Polls(mut left) => {
            poll_fn(|context| match future.as_mut().poll(context) {
                Poll::Ready(output) => Poll::Ready(Some(output)),
                Poll::Pending if left == 0 => Poll::Ready(None),
                Poll::Pending => {
                    left -= 1;
                    context.waker().wake_by_ref();
                    Poll::Pending
                }
            })
            .await
        }
        Patience::Time(time) => tokio::time::timeout(time, future).await.ok(),
    }
}
