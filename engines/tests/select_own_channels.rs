//! Select in every combination of one to four arms, each on a channel of its own, on every engine:
//! sends and receives that are ready, blocked, closed or nil, of every kind of capacity. One case
//! commits, with the right value; the others leave no trace; and every value, whatever its type, is
//! dropped exactly once.

mod common;

use std::pin::pin;
use std::sync::Arc;
use std::task::{Poll, Waker};

use common::*;
use goish_engines::{Case, Channel, Engine, TryRecvError, TrySendError, select, try_select};

mod tests {
    use super::common::on_every_engine;
    on_every_engine! {
        every_combination_of_arms
    }
}

/// Makes the cases, runs the select in one of several ways, and takes every outcome.
fn committed<V, C: Channel<V>>(arms: &mut [Held<'_, V, C>], how: How) -> Option<usize>
where
    V: Element,
{
    let mut cases: Vec<Case<'_>> = arms.iter_mut().map(Held::case).collect();
    match how {
        How::Try => try_select(&mut cases),
        How::Poll => match poll(pin!(select(&mut cases))) {
            Poll::Ready(index) => Some(index),
            Poll::Pending => None,
        },
    }
}

#[derive(Clone, Copy, Debug)]
enum How {
    Try,
    /// Polled once, and dropped if it waits.
    Poll,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Ready,
    Blocked,
    Closed,
}

/// One arm, and the channel that it finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Nil,
    Live {
        sends: bool,
        state: State,
        capacity: Option<usize>,
    },
}

impl Kind {
    fn all() -> Vec<Self> {
        let mut all = vec![Kind::Nil];
        for sends in [true, false] {
            for state in [State::Ready, State::Blocked, State::Closed] {
                for capacity in CAPACITIES {
                    // A send without a limit never blocks.
                    if (sends, state, capacity) != (true, State::Blocked, None) {
                        all.push(Kind::Live {
                            sends,
                            state,
                            capacity,
                        });
                    }
                }
            }
        }
        all
    }

    fn state(self) -> Option<State> {
        match self {
            Kind::Nil => None,
            Kind::Live { state, .. } => Some(state),
        }
    }
}

/// A channel with what makes it ready, blocked or closed.
struct Site<'a, V: Element, C: Channel<V>> {
    channel: &'a C,
    sends: bool,
    state: State,
    capacity: Option<usize>,
    /// The counterpart that makes a rendezvous ready.
    counterpart: Option<Parked<'a, V>>,
    /// The number of the value that is sent to the arm, or stands in its way.
    theirs: usize,
    /// The number of the value that the arm sends.
    ours: usize,
}

impl<'a, V: Element, C: Channel<V>> Site<'a, V, C> {
    fn new(channel: &'a C, sends: bool, state: State, capacity: Option<usize>) -> Self {
        let mut site = Self {
            channel,
            sends,
            state,
            capacity,
            counterpart: None,
            theirs: usize::MAX,
            ours: usize::MAX,
        };
        let rendezvous = capacity == Some(0);
        match (sends, state) {
            (_, State::Closed) => channel.close().unwrap(),
            (true, State::Ready) if rendezvous => {
                site.counterpart = Some(park_receive(channel));
            }
            (false, State::Ready) if rendezvous => {
                let value = site.value();
                site.counterpart = Some(park_send(channel, value));
            }
            (true, State::Blocked) if !rendezvous => site.fill(),
            (false, State::Ready) => site.fill(),
            _ => {}
        }
        site
    }

    fn value(&mut self) -> V {
        let (value, number) = make();
        self.theirs = number;
        value
    }

    fn fill(&mut self) {
        let value = self.value();
        assert!(self.channel.try_send(value).is_ok());
    }

    fn arm(&mut self) -> Held<'a, V, C> {
        if self.sends {
            let (value, number) = make();
            self.ours = number;
            Held::Send(Box::pin(self.channel.send_arm(value)))
        } else {
            Held::Receive(Box::pin(self.channel.recv_arm()))
        }
    }

    /// Lets the blocked arm's counterpart come by.
    fn serve(&mut self) {
        if self.sends {
            let received = self.channel.try_recv().ok().unwrap();
            let first = match self.capacity {
                Some(0) => self.ours,
                _ => self.theirs,
            };
            assert!(is(&received, first));
        } else {
            self.fill();
        }
    }

    /// Checks what the arm came back with that was committed, and where its value went.
    fn check_committed(&mut self, outcome: Outcome<V>, closed: bool) {
        match (self.sends, closed, outcome) {
            (true, true, Outcome::Unsent(value)) => assert!(is(&value, self.ours)),
            (false, true, Outcome::Closed) => {}
            (true, false, Outcome::Sent) => self.check_sent(),
            (false, false, Outcome::Received(value)) => {
                assert!(is(&value, self.theirs));
                if let Some(sender) = &mut self.counterpart {
                    assert!(matches!(poll(sender.as_mut()), Poll::Ready(None)));
                }
            }
            _ => panic!("the outcome is another operation's"),
        }
    }

    fn check_sent(&mut self) {
        let received = match &mut self.counterpart {
            Some(receiver) => match poll(receiver.as_mut()) {
                Poll::Ready(received) => received,
                Poll::Pending => None,
            },
            // A blocked rendezvous was served by `serve`, which has checked it.
            None if self.capacity == Some(0) => return,
            None => self.channel.try_recv().ok(),
        };
        assert!(received.is_some_and(|value| is(&value, self.ours)));
    }

    /// Checks that the arm that was not committed has left no trace: the channel is as it was, and
    /// nobody waits there who was not there before.
    fn check_untouched(&mut self) {
        match (self.sends, self.state) {
            (_, State::Closed) => {
                assert!(matches!(self.channel.try_recv(), Err(TryRecvError::Closed)));
            }
            (false, State::Ready) => {
                let received = self.channel.try_recv().ok().unwrap();
                assert!(is(&received, self.theirs));
                self.check_nobody_sends();
            }
            (true, State::Ready) => {
                if let Some(receiver) = &mut self.counterpart {
                    assert!(poll(receiver.as_mut()).is_pending());
                }
                self.check_nobody_sends();
            }
            (true, State::Blocked) => {
                if self.capacity != Some(0) {
                    let received = self.channel.try_recv().ok().unwrap();
                    assert!(is(&received, self.theirs));
                }
                self.check_nobody_sends();
            }
            (false, State::Blocked) => {
                let (value, number) = make();
                match self.channel.try_send(value) {
                    Err(TrySendError::Full(_)) => assert_eq!(self.capacity, Some(0)),
                    Err(TrySendError::Closed(_)) => panic!("the channel is open"),
                    Ok(()) => {
                        assert_eq!(self.channel.len(), 1);
                        let received = self.channel.try_recv().ok().unwrap();
                        assert!(is(&received, number));
                    }
                }
            }
        }
    }

    fn check_nobody_sends(&self) {
        assert!(matches!(self.channel.try_recv(), Err(TryRecvError::Empty)));
    }
}

/// The channels of a combination, and what is on them.
fn channels<E: Engine, V: Element>(kinds: &[Kind]) -> Vec<Option<E::Channel<V>>> {
    let channel = |kind: &Kind| match *kind {
        Kind::Nil => None,
        Kind::Live { capacity, .. } => Some(channel::<V, E::Channel<V>>(capacity)),
    };
    kinds.iter().map(channel).collect()
}

fn sites<'a, V: Element, C: Channel<V>>(
    kinds: &[Kind],
    channels: &'a [Option<C>],
) -> Vec<Option<Site<'a, V, C>>> {
    let site = |(kind, channel): (&Kind, &'a Option<C>)| match (*kind, channel) {
        (
            Kind::Live {
                sends,
                state,
                capacity,
            },
            Some(channel),
        ) => Some(Site::new(channel, sends, state, capacity)),
        _ => None,
    };
    kinds.iter().zip(channels).map(site).collect()
}

fn arms<'a, V: Element, C: Channel<V>>(
    sites: &mut [Option<Site<'a, V, C>>],
) -> Vec<Held<'a, V, C>> {
    let arm = |site: &mut Option<Site<'a, V, C>>| site.as_mut().map_or(Held::Nil, Site::arm);
    sites.iter_mut().map(arm).collect()
}

/// Checks every arm, after the one at `index`, if any, was committed.
fn check<V: Element, C: Channel<V>>(
    sites: &mut [Option<Site<'_, V, C>>],
    arms: &mut [Held<'_, V, C>],
    index: Option<usize>,
    closed: bool,
) {
    for (position, (site, arm)) in sites.iter_mut().zip(arms).enumerate() {
        let Some(site) = site else { continue };
        match arm.take() {
            Some(outcome) => {
                assert_eq!(Some(position), index, "one case commits");
                site.check_committed(outcome, closed);
            }
            None => {
                assert_ne!(Some(position), index, "the committed case has an outcome");
                site.check_untouched();
            }
        }
    }
}

/// A select that is tried, or polled once.
fn look<E: Engine, V: Element>(kinds: &[Kind], how: How) {
    {
        let channels = channels::<E, V>(kinds);
        let mut sites = sites(kinds, &channels);
        let mut arms = arms(&mut sites);
        let index = committed(&mut arms, how);
        let can_proceed = |kind: &Kind| matches!(kind.state(), Some(State::Ready | State::Closed));
        match index {
            Some(index) => assert!(can_proceed(&kinds[index])),
            None => assert!(!kinds.iter().any(can_proceed)),
        }
        let closed = index.is_some_and(|index| kinds[index].state() == Some(State::Closed));
        check(&mut sites, &mut arms, index, closed);
    }
    assert_each_dropped_once::<V>(|| format!("{kinds:?}, {how:?}"));
}

/// A select that waits, and is served on its `index`-th case, or has that channel closed.
fn wait<E: Engine, V: Element>(kinds: &[Kind], index: usize, close: bool) {
    {
        let channels = channels::<E, V>(kinds);
        let mut sites = sites(kinds, &channels);
        let mut arms = arms(&mut sites);
        {
            let wakes = Arc::new(Wakes::default());
            let waker = Waker::from(wakes.clone());
            let mut cases: Vec<Case<'_>> = arms.iter_mut().map(Held::case).collect();
            let mut selecting = pin!(select(&mut cases));
            assert!(poll_with(selecting.as_mut(), &waker).is_pending());
            match &mut sites[index] {
                Some(site) if close => site.channel.close().unwrap(),
                Some(site) => site.serve(),
                None => return,
            }
            assert_eq!(wakes.count(), 1);
            assert_eq!(poll_with(selecting.as_mut(), &waker), Poll::Ready(index));
        }
        check(&mut sites, &mut arms, Some(index), close);
    }
    assert_each_dropped_once::<V>(|| format!("{kinds:?}, {index}, close: {close}"));
}

/// The most arms. Under Miri everything takes a thousand times as long.
const ARMS: usize = if cfg!(miri) { 2 } else { 4 };

/// Calls `each` with every way to choose some of the kinds, in changing order.
fn combinations(kinds: &[Kind], each: &mut impl FnMut(&[Kind])) {
    fn extend(
        kinds: &[Kind],
        from: usize,
        chosen: &mut Vec<Kind>,
        turns: &mut usize,
        each: &mut impl FnMut(&[Kind]),
    ) {
        for (position, &kind) in kinds.iter().enumerate().skip(from) {
            chosen.push(kind);
            let mut turned = chosen.clone();
            *turns += 1;
            turned.rotate_left(*turns % chosen.len());
            each(&turned);
            if chosen.len() < ARMS {
                extend(kinds, position, chosen, turns, each);
            }
            chosen.pop();
        }
    }
    extend(kinds, 0, &mut Vec::new(), &mut 0, each);
}

fn every_combination_of_arms<E: Engine>() {
    fn with<E: Engine, V: Element>() {
        let all = Kind::all();
        combinations(&all, &mut |kinds| {
            look::<E, V>(kinds, How::Try);
            look::<E, V>(kinds, How::Poll);
        });
        let waiting = |kind: &Kind| matches!(kind.state(), None | Some(State::Blocked));
        let waiting: Vec<Kind> = all.into_iter().filter(waiting).collect();
        combinations(&waiting, &mut |kinds| {
            for index in 0..kinds.len() {
                wait::<E, V>(kinds, index, false);
                wait::<E, V>(kinds, index, true);
            }
        });
    }
    with::<E, Plain>();
    with::<E, Aligned>();
    with::<E, Nothing>();
}
