//! `select-default`: a `select!` with a `default` that finds nothing ready.
//!
//! Timed: looks of one goroutine at one or two empty channels. Nobody ever sends.

use std::time::Duration;

use goish::{Chan, go};
use goish_engines::Engine;
use goish_results::record::Figure;

use super::{DefaultArms, join, nanoseconds_per, scaled, verify};
use crate::stage::{Stage, Wrong};

const LOOKS: u64 = 1_000_000;

pub(super) async fn sample<E: Engine>(
    arms: DefaultArms,
    scale: u64,
    stage: &Stage,
) -> Result<Vec<Figure>, Wrong> {
    let looks = scaled(LOOKS, scale, 1);
    look::<E>(arms, looks.div_ceil(10), &Stage::unwatched()).await?;
    stage.expect(looks);
    let elapsed = look::<E>(arms, looks, stage).await?;
    stage.advance(looks);
    Ok(vec![nanoseconds_per("per-look", elapsed, looks)])
}

async fn look<E: Engine>(arms: DefaultArms, looks: u64, stage: &Stage) -> Result<Duration, Wrong> {
    let (a, b): (Chan<u64, E>, Chan<u64, E>) = (Chan::new(1), Chan::new(1));
    let clock = stage.start().await;
    let looker = match arms {
        DefaultArms::One => go! {
            let mut nothing = 0;
            for _ in 0..looks {
                select! {
                    recv(a) => {}
                    default => nothing += 1,
                }
            }
            nothing
        },
        DefaultArms::Two => go! {
            let mut nothing = 0;
            for _ in 0..looks {
                select! {
                    recv(a) => {}
                    recv(b) => {}
                    default => nothing += 1,
                }
            }
            nothing
        },
    };
    let nothing: u64 = join(looker).await;
    let elapsed = clock.stop();
    verify(nothing, looks)?;
    Ok(elapsed)
}
