//! `plain-ping-pong`: the game of `ping-pong` between two plain functions, which wait without a
//! future that could suspend.
//!
//! Timed: from before both are started until both are waited for.

use std::time::Duration;

use goish::{Chan, go};
use goish_results::record::Figure;

use super::{join, nanoseconds_per, scaled};
use crate::stage::{Received, Stage, Tally, Wrong};

const TRIPS: u64 = 20_000;

pub(super) async fn sample(scale: u64, stage: &Stage) -> Result<Vec<Figure>, Wrong> {
    let trips = scaled(TRIPS, scale, 1);
    round_trips(trips.div_ceil(10), &Stage::unwatched()).await?;
    stage.expect(trips);
    let elapsed = round_trips(trips, stage).await?;
    Ok(vec![nanoseconds_per("round-trip", elapsed, trips)])
}

async fn round_trips(trips: u64, stage: &Stage) -> Result<Duration, Wrong> {
    let (ping, pong) = (Chan::new(0), Chan::new(0));
    let (pinged, ponged) = (ping.clone(), pong.clone());
    let on_stage = stage.clone();
    let clock = stage.start().await;
    let partner = go! { answer(pinged, pong) };
    let player = go! { play(ping, ponged, trips, on_stage) };
    let received = join(player).await;
    join(partner).await;
    let elapsed = clock.stop();
    received.verify(trips)?;
    Ok(elapsed)
}

fn answer(pinged: Chan<u64>, pong: Chan<u64>) {
    while let (message, true) = pinged.Recv() {
        pong.Send(message);
    }
}

fn play(ping: Chan<u64>, ponged: Chan<u64>, trips: u64, stage: Stage) -> Received {
    let mut tally = Tally::new(&stage);
    for message in 0..trips {
        ping.Send(message);
        tally.add(ponged.Recv().0);
    }
    ping.Close();
    tally.finish()
}
