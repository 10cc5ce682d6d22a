//! Select with all its arms on one channel, one to four sends and receives in every order, on every
//! engine: it never meets itself, commits one case, leaves no trace of the others, and every value,
//! whatever its type, is dropped exactly once.

mod common;

use std::sync::Arc;
use std::task::{Poll, Waker};

use common::*;
use goish_engines::{Case, Channel, Engine, select};

mod tests {
    use super::common::on_every_engine;
    on_every_engine! {
        every_combination_of_arms
    }
}

/// The most arms. Under Miri everything takes a thousand times as long.
const ARMS: usize = if cfg!(miri) { 2 } else { 4 };

/// What all the arms of a select find on their one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scene {
    Empty,
    /// One value is buffered, which for the capacity 1 is all there can be.
    Buffered,
    ParkedSender,
    ParkedReceiver,
    Closed,
}

impl Scene {
    const ALL: [Scene; 5] = [
        Scene::Empty,
        Scene::Buffered,
        Scene::ParkedSender,
        Scene::ParkedReceiver,
        Scene::Closed,
    ];

    /// Whether there can be such a scene.
    fn exists(self, capacity: Option<usize>) -> bool {
        match self {
            Scene::Buffered => capacity != Some(0),
            Scene::ParkedSender => capacity.is_some(),
            _ => true,
        }
    }

    fn ready(self, capacity: Option<usize>, sends: bool) -> bool {
        match self {
            Scene::Empty => sends && capacity != Some(0),
            Scene::Buffered => !sends || capacity.is_none(),
            Scene::ParkedSender => !sends,
            Scene::ParkedReceiver => sends,
            Scene::Closed => true,
        }
    }
}

/// What is done to the channel while the select waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    Send,
    Receive,
    Close,
    Drop,
}

/// A select whose arms all work on one channel.
fn together<E: Engine, V: Element>(
    sides: &[bool],
    capacity: Option<usize>,
    scene: Scene,
    then: Then,
) {
    let what = || format!("sends: {sides:?}, {capacity:?}, {scene:?}, {then:?}");
    {
        let channel: E::Channel<V> = channel(capacity);
        let mut theirs = Vec::new();
        let mut value = || {
            let (value, number) = make();
            theirs.push(number);
            value
        };
        if scene == Scene::Buffered || (scene == Scene::ParkedSender && capacity == Some(1)) {
            assert!(channel.try_send(value()).is_ok());
        }
        let _outsider = match scene {
            Scene::ParkedSender => Some(park_send(&channel, value())),
            Scene::ParkedReceiver => Some(park_receive(&channel)),
            _ => None,
        };
        if scene == Scene::Closed {
            channel.close().unwrap();
        }
        let mut ours = vec![usize::MAX; sides.len()];
        let mut arms: Vec<Held<'_, V, E::Channel<V>>> = Vec::new();
        for (position, &sends) in sides.iter().enumerate() {
            arms.push(if sends {
                let (value, number) = make();
                ours[position] = number;
                Held::Send(Box::pin(channel.send_arm(value)))
            } else {
                Held::Receive(Box::pin(channel.recv_arm()))
            });
        }
        let mut received = Vec::new();
        let index = {
            let wakes = Arc::new(Wakes::default());
            let waker = Waker::from(wakes.clone());
            let mut cases: Vec<Case<'_>> = arms.iter_mut().map(Held::case).collect();
            let mut selecting = Box::pin(select(&mut cases));
            match poll_with(selecting.as_mut(), &waker) {
                Poll::Ready(index) => {
                    assert!(scene.ready(capacity, sides[index]), "{}", what());
                    Some(index)
                }
                Poll::Pending => {
                    let ready = |&sends| scene.ready(capacity, sends);
                    assert!(!sides.iter().any(ready), "{}", what());
                    let served = match then {
                        Then::Send => {
                            let (value, number) = make();
                            let sent = channel.try_send(value).is_ok();
                            theirs.extend(sent.then_some(number));
                            sent && sides.contains(&false) && scene != Scene::ParkedReceiver
                        }
                        Then::Receive => {
                            let value = channel.try_recv().ok();
                            let got = value.is_some();
                            received.extend(value);
                            got && sides.contains(&true) && scene != Scene::ParkedSender
                        }
                        Then::Close => channel.close().is_ok(),
                        Then::Drop => false,
                    };
                    assert_eq!(wakes.count(), usize::from(served), "{}", what());
                    match poll_with(selecting.as_mut(), &waker) {
                        Poll::Ready(index) if served => Some(index),
                        Poll::Pending if !served => None,
                        _ => panic!("{}", what()),
                    }
                }
            }
        };
        let mut sent = None;
        for (position, arm) in arms.iter_mut().enumerate() {
            let outcome = arm.take();
            assert_eq!(outcome.is_some(), index == Some(position), "{}", what());
            match outcome {
                Some(Outcome::Sent) => sent = Some(ours[position]),
                Some(Outcome::Received(value)) => received.push(value),
                Some(Outcome::Unsent(value)) => assert!(is(&value, ours[position])),
                Some(Outcome::Closed) | None => {}
            }
        }
        // Of the select's own values only the one that was sent is to be had.
        while let Ok(value) = channel.try_recv() {
            received.push(value);
        }
        for number in received.iter().filter_map(Element::number) {
            assert!(
                sent == Some(number) || theirs.contains(&number),
                "{}",
                what()
            );
        }
    }
    assert_each_dropped_once::<V>(what);
}

fn every_combination_of_arms<E: Engine>() {
    fn with<E: Engine, V: Element>() {
        for capacity in CAPACITIES {
            let scenes = Scene::ALL.into_iter();
            for scene in scenes.filter(|scene| scene.exists(capacity)) {
                for count in 1..=ARMS {
                    for bits in 0..1 << count {
                        let sides: Vec<bool> = (0..count).map(|bit| bits >> bit & 1 == 1).collect();
                        for then in [Then::Send, Then::Receive, Then::Close, Then::Drop] {
                            together::<E, V>(&sides, capacity, scene, then);
                        }
                    }
                }
            }
        }
    }
    with::<E, Plain>();
    with::<E, Aligned>();
    with::<E, Nothing>();
}
