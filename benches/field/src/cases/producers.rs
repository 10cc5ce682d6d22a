//! `producers`: n goroutines that each send one message on one channel, and one goroutine, started
//! after them, that receives them all.
//!
//! Timed: from before the first is started until the last message is received. A runtime that cannot
//! hold all producers waiting never gets to start the consumer: the decision record's deadlock.

use std::time::Duration;

use goish_lab::stage::{Stage, Tally, Wrong};
use goish_results::record::Figure;

use super::{nanoseconds_per, scaled};
use crate::Goroutines;

/// The warm-up has a tenth of the producers, but no more than this: it must not be what deadlocks.
const WARM_UP: u64 = 100;

pub(super) async fn sample<G: Goroutines>(
    count: u64,
    scale: u64,
    stage: &Stage,
) -> Result<Vec<Figure>, Wrong> {
    let count = scaled(count, scale, 1);
    all_through::<G>(count.div_ceil(10).min(WARM_UP), &Stage::unwatched()).await?;
    stage.expect(count);
    let elapsed = all_through::<G>(count, stage).await?;
    Ok(vec![nanoseconds_per("per-message", elapsed, count)])
}

async fn all_through<G: Goroutines>(count: u64, stage: &Stage) -> Result<Duration, Wrong> {
    let (sender, mut receiver) = G::channel();
    let clock = stage.start_now();
    for message in 0..count {
        let sender = sender.clone();
        let producer = G::spawn(async move {
            G::send(&sender, message).await;
        })?;
        G::detach(producer);
    }
    let (say, said) = std::sync::mpsc::channel();
    let mut tally = Tally::new(stage);
    let consumer = G::spawn(async move {
        for _ in 0..count {
            let Some(message) = G::recv(&mut receiver).await else {
                break;
            };
            tally.add(message);
        }
        // The joined goroutine's result is there before it ends.
        let _ = say.send(tally.finish());
    })?;
    G::join(consumer).await;
    let elapsed = clock.stop();
    let received = said.try_recv().map_err(|_| NO_RESULT)?;
    received.verify(count)?;
    Ok(elapsed)
}

const NO_RESULT: Wrong = Wrong::Behaviour("the consumer ended without a result");
