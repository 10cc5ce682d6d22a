//! `switch`: two goroutines that hand a message to and fro over the runtime's own channels.
//!
//! Timed: round trips, each at least two switches.

use std::time::Duration;

use goish_lab::stage::{Stage, Tally, Wrong};
use goish_results::record::Figure;

use super::{nanoseconds_per, scaled};
use crate::Goroutines;

const TRIPS: u64 = 50_000;

pub(super) async fn sample<G: Goroutines>(scale: u64, stage: &Stage) -> Result<Vec<Figure>, Wrong> {
    let trips = scaled(TRIPS, scale, 1);
    round_trips::<G>(trips.div_ceil(10), &Stage::unwatched()).await?;
    stage.expect(trips);
    let elapsed = round_trips::<G>(trips, stage).await?;
    Ok(vec![nanoseconds_per("round-trip", elapsed, trips)])
}

async fn round_trips<G: Goroutines>(trips: u64, stage: &Stage) -> Result<Duration, Wrong> {
    let (ping, mut pinged) = G::channel();
    let (pong, mut ponged) = G::channel();
    let partner = G::spawn(async move {
        for _ in 0..trips {
            let Some(message) = G::recv(&mut pinged).await else {
                return;
            };
            G::send(&pong, message).await;
        }
    })?;
    let (say, said) = std::sync::mpsc::channel();
    let player = G::spawn({
        let stage = stage.clone();
        async move {
            let mut tally = Tally::new(&stage);
            let clock = stage.start_now();
            for message in 0..trips {
                G::send(&ping, message).await;
                let Some(message) = G::recv(&mut ponged).await else {
                    break;
                };
                tally.add(message);
            }
            let elapsed = clock.stop();
            // The joined goroutine's result is there before it ends.
            let _ = say.send((elapsed, tally.finish()));
        }
    })?;
    G::join(player).await;
    G::join(partner).await;
    let result = said.try_recv();
    let (elapsed, received) = result.map_err(|_| NO_RESULT)?;
    received.verify(trips)?;
    Ok(elapsed)
}

const NO_RESULT: Wrong = Wrong::Behaviour("the player ended without a result");
