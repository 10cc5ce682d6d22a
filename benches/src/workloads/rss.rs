//! `rss-100k`: what an idle channel costs in memory.
//!
//! Measured: the growth of the resident set and of the heap while 100,000 channels are made, both
//! handles of each kept. The list that holds the handles is there, and touched, before. There is no
//! warm-up: the process is fresh, so that memory freed before cannot hide the growth.

use goish_results::record::Figure;

use super::{figure, scaled};
use crate::memory::Footprint;
use crate::stage::{Stage, Wrong};
use crate::subject::{Capacity, Subject};

pub(super) const CHANNELS: u64 = 100_000;

pub(super) async fn sample<S: Subject>(
    capacity: usize,
    scale: u64,
    stage: &Stage,
) -> Result<Vec<Figure>, Wrong> {
    let channels = scaled(CHANNELS, scale, 1);
    stage.expect(channels);
    let mut held: Vec<Option<(S::Sender, S::Receiver)>> = (0..channels).map(|_| None).collect();
    let before = Footprint::now()?;
    let clock = stage.start().await;
    for slot in &mut held {
        *slot = Some(S::channel(Capacity::Bounded(capacity)));
        stage.advance(1);
    }
    let _ = clock.stop();
    let after = Footprint::now()?;
    probe::<S>(capacity, held.last_mut()).await?;
    Ok(vec![
        figure(
            "resident-per-channel",
            "bytes",
            after.resident_per(before, channels),
        ),
        figure(
            "heap-per-channel",
            "bytes",
            after.heap_per(before, channels),
        ),
    ])
}

/// Checks that what was made are channels: the last one carries a message.
async fn probe<S: Subject>(
    capacity: usize,
    last: Option<&mut Option<(S::Sender, S::Receiver)>>,
) -> Result<(), Wrong> {
    const PROBE: u64 = 42;
    let Some((sender, receiver)) = last.and_then(Option::take) else {
        return Ok(());
    };
    let task = S::spawn(async move { S::send(&sender, PROBE).await });
    let message = S::recv(&receiver).await;
    if message == Some(PROBE) && S::join(task).await {
        return Ok(());
    }
    Err(match capacity {
        0 => Wrong::Behaviour("a rendezvous channel did not carry the probe"),
        _ => Wrong::Behaviour("a buffered channel did not carry the probe"),
    })
}
