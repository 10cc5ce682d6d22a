//! `ping-pong`: one message goes back and forth between two tasks over two rendezvous channels.
//!
//! Timed: round trips, each a send, a receive, and the partner's receive and send. The mean comes
//! from a pass that reads the clock twice altogether. The percentiles come from a second pass that
//! reads it twice a trip, which costs each trip some 50 ns.

use std::time::{Duration, Instant};

use goish_results::record::Figure;
use hdrhistogram::Histogram;

use super::{figure, nanoseconds_per, scaled};
use crate::stage::{Stage, Tally, Wrong};
use crate::subject::{Capacity, Subject};

const TRIPS: u64 = 50_000;

/// A trip of more than a minute is recorded as a minute.
const LONGEST: u64 = 60_000_000_000;

pub(super) async fn sample<S: Subject>(scale: u64, stage: &Stage) -> Result<Vec<Figure>, Wrong> {
    let trips = scaled(TRIPS, scale, 1);
    round_trips::<S>(trips.div_ceil(10), &Stage::unwatched()).await?;
    stage.expect(2 * trips);
    let elapsed = round_trips::<S>(trips, stage).await?;
    let (_, latencies) = play::<S, true>(trips, stage).await?;
    let quantile =
        |metric, quantile| figure(metric, "ns", latencies.value_at_quantile(quantile) as f64);
    Ok(vec![
        nanoseconds_per("round-trip", elapsed, trips),
        quantile("round-trip-p50", 0.5),
        quantile("round-trip-p90", 0.9),
        quantile("round-trip-p99", 0.99),
        quantile("round-trip-p99.9", 0.999),
        figure("round-trip-max", "ns", latencies.max() as f64),
    ])
}

/// Plays `trips` round trips and returns how long they took together.
///
/// # Errors
///
/// [`Wrong`] when a message was lost or changed.
pub async fn round_trips<S: Subject>(trips: u64, stage: &Stage) -> Result<Duration, Wrong> {
    play::<S, false>(trips, stage)
        .await
        .map(|(elapsed, _)| elapsed)
}

/// Plays `trips` round trips; with `EACH`, each is also recorded on its own, in ns.
async fn play<S: Subject, const EACH: bool>(
    trips: u64,
    stage: &Stage,
) -> Result<(Duration, Histogram<u64>), Wrong> {
    let (ping, mut pinged) = S::channel(Capacity::Bounded(0));
    let (pong, mut ponged) = S::channel(Capacity::Bounded(0));
    let partner = S::spawn(async move {
        while let Some(message) = S::recv(&mut pinged).await {
            if !S::send(&pong, message).await {
                break;
            }
        }
        S::end(pong);
    });

    let player = S::spawn({
        let stage = stage.clone();
        async move {
            let mut latencies = Histogram::new_with_max(LONGEST, 3).expect("a valid range");
            let mut tally = Tally::new(&stage);
            let clock = stage.start().await;
            for message in 0..trips {
                let began = EACH.then(Instant::now);
                if !S::send(&ping, message).await {
                    break;
                }
                let Some(message) = S::recv(&mut ponged).await else {
                    break;
                };
                if let Some(began) = began {
                    let trip = u64::try_from(began.elapsed().as_nanos()).unwrap_or(LONGEST);
                    latencies.saturating_record(trip);
                }
                tally.add(message);
            }
            let elapsed = clock.stop();
            S::end(ping);
            (elapsed, latencies, tally.finish())
        }
    });

    let (elapsed, latencies, received) = S::join(player).await;
    S::join(partner).await;
    received.verify(trips)?;
    Ok((elapsed, latencies))
}
