//! `select-2`, `select-8`: one goroutine that waits for two or eight rendezvous channels at once,
//! each with a sender of its own.
//!
//! Timed: from before the senders are started until the last message is received. Every message is
//! chosen by a `select!`, which mostly waits in all of its channels first.

use std::array;
use std::time::Duration;

use goish::{Chan, go};
use goish_engines::Engine;
use goish_results::record::Figure;

use super::{Arms, join, nanoseconds_per, scaled};
use crate::stage::{Stage, Tally, Wrong};

const MESSAGES: u64 = 100_000;

pub(super) async fn sample<E: Engine>(
    arms: Arms,
    scale: u64,
    stage: &Stage,
) -> Result<Vec<Figure>, Wrong> {
    let messages = scaled(MESSAGES, scale, 8);
    through::<E>(arms, messages.div_ceil(10), &Stage::unwatched()).await?;
    stage.expect(messages);
    let elapsed = through::<E>(arms, messages, stage).await?;
    Ok(vec![nanoseconds_per("per-message", elapsed, messages)])
}

async fn through<E: Engine>(arms: Arms, messages: u64, stage: &Stage) -> Result<Duration, Wrong> {
    match arms {
        Arms::Two => through_two::<E>(messages, stage).await,
        Arms::Eight => through_eight::<E>(messages, stage).await,
    }
}

async fn through_two<E: Engine>(messages: u64, stage: &Stage) -> Result<Duration, Wrong> {
    let channels: [Chan<u64, E>; 2] = array::from_fn(|_| Chan::new(0));
    let [a, b] = channels.clone();
    let on_stage = stage.clone();
    let clock = stage.start().await;
    send_shares(&channels, messages);
    let receiver = go! {
        let mut tally = Tally::new(&on_stage);
        for _ in 0..messages {
            select! {
                recv(a) |message| => tally.add(message),
                recv(b) |message| => tally.add(message),
            }
        }
        tally.finish()
    };
    let received = join(receiver).await;
    let elapsed = clock.stop();
    received.verify(messages)?;
    Ok(elapsed)
}

async fn through_eight<E: Engine>(messages: u64, stage: &Stage) -> Result<Duration, Wrong> {
    let channels: [Chan<u64, E>; 8] = array::from_fn(|_| Chan::new(0));
    let [a, b, c, d, e, f, g, h] = channels.clone();
    let on_stage = stage.clone();
    let clock = stage.start().await;
    send_shares(&channels, messages);
    let receiver = go! {
        let mut tally = Tally::new(&on_stage);
        for _ in 0..messages {
            select! {
                recv(a) |message| => tally.add(message),
                recv(b) |message| => tally.add(message),
                recv(c) |message| => tally.add(message),
                recv(d) |message| => tally.add(message),
                recv(e) |message| => tally.add(message),
                recv(f) |message| => tally.add(message),
                recv(g) |message| => tally.add(message),
                recv(h) |message| => tally.add(message),
            }
        }
        tally.finish()
    };
    let received = join(receiver).await;
    let elapsed = clock.stop();
    received.verify(messages)?;
    Ok(elapsed)
}

/// Starts a sender for each channel, which together send 0 to `messages - 1`.
fn send_shares<E: Engine>(channels: &[Chan<u64, E>], messages: u64) {
    let senders = channels.len();
    for (first, channel) in channels.iter().cloned().enumerate() {
        go! {
            for message in (first as u64..messages).step_by(senders) {
                channel.Send(message);
            }
        };
    }
}
