//! One round, from its plan to the check of its ledger.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use fastrand::Rng;
use futures_lite::future::block_on;
use goish_engines::{Channel, Engine};
use tokio::runtime::Handle;

use crate::actors::{Actor, Progress, World};
use crate::ledger::{Ledger, Tally, Value};
use crate::plan::Plan;

/// After how many seconds without a step a round counts as stuck: far more than a loaded machine
/// takes for one.
const PATIENCE: u32 = 60;

/// Runs the round of this seed.
pub(crate) fn run<E: Engine>(runtime: &Handle, seed: u64) -> Tally {
    let plan = Plan::new(seed);
    let (senders, actors) = (plan.senders, plan.senders + plan.receivers);
    let actors = actors + usize::from(plan.closes_early);
    let ledger = Ledger::new(senders, plan.values);
    let channels = plan.capacities.iter();
    let world = Arc::new(World {
        channels: channels
            .map(|capacity| capacity.map_or_else(E::Channel::unbounded, E::Channel::bounded))
            .collect(),
        plan,
        ledger: ledger.clone(),
        sending: AtomicUsize::new(senders),
        progress: (0..actors).map(|_| Progress::default()).collect(),
    });
    let (done, finished) = mpsc::channel();
    let rng = &mut Rng::with_seed(!seed);
    for name in 0..actors {
        let done = Done(done.clone(), true);
        let playing = Actor::new(world.clone(), name).play();
        let playing = async move {
            playing.await;
            done.well();
        };
        if rng.u8(..3) == 0 {
            let runtime = runtime.clone();
            thread::spawn(move || {
                // For its timeouts: the thread itself blocks.
                let _runtime = runtime.enter();
                block_on(playing);
            });
        } else {
            runtime.spawn(playing);
        }
    }
    watch::<E>(&world, &finished, actors);
    // The last actor may still be letting go of the world.
    let mut world = world;
    loop {
        match Arc::try_unwrap(world) {
            Ok(last) => break drop(last),
            Err(shared) => world = shared,
        }
        thread::yield_now();
    }
    ledger.check()
}

/// Waits until all have finished; fails when one has panicked, or nobody moves any more.
fn watch<E: Engine>(
    world: &World<E::Channel<Value>>,
    finished: &mpsc::Receiver<bool>,
    mut playing: usize,
) {
    let steps = || -> u64 {
        let progress = world.progress.iter();
        progress.map(|p| p.steps.load(Ordering::Relaxed)).sum()
    };
    let (mut before, mut idle) = (steps(), 0);
    while playing > 0 {
        match finished.recv_timeout(Duration::from_secs(1)) {
            Ok(true) => playing -= 1,
            Ok(false) => panic!("an actor panicked in {:?}", world.plan),
            Err(RecvTimeoutError::Disconnected) => unreachable!("the caller keeps a sender"),
            Err(RecvTimeoutError::Timeout) => {
                idle = if steps() == before { idle + 1 } else { 0 };
                before = steps();
                if idle == PATIENCE {
                    report::<E>(world);
                    panic!("stuck in {:?}", world.plan);
                }
            }
        }
    }
}

/// Prints what is known about a round that is stuck.
fn report<E: Engine>(world: &World<E::Channel<Value>>) {
    eprintln!("engine {}, {:?}", E::INFO.name, world.plan);
    for (name, progress) in world.progress.iter().enumerate() {
        let at = match progress.at.load(Ordering::Relaxed) {
            0 => "has finished, or not begun",
            1 => "sends",
            2 => "tries to send",
            3 => "selects among sends",
            4 => "tries two sends",
            5 => "selects among a send and a receive",
            6 => "tries to receive",
            7 => "receives",
            8 => "selects among receives",
            _ => "closes",
        };
        let steps = progress.steps.load(Ordering::Relaxed);
        eprintln!("actor {name} {at}, after {steps} steps");
    }
    for channel in &world.channels {
        eprintln!(
            "channel of capacity {:?}: {} values, closed: {}",
            channel.capacity(),
            channel.len(),
            channel.is_closed()
        );
    }
}

/// Says that an actor has finished, or that it has panicked.
struct Done(mpsc::Sender<bool>, bool);

impl Done {
    fn well(mut self) {
        self.1 = false;
        let _ = self.0.send(true);
    }
}

impl Drop for Done {
    fn drop(&mut self) {
        if self.1 {
            let _ = self.0.send(false);
        }
    }
}
