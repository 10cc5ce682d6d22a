//! `plain-parked`: a daisy chain of plain functions, each of which waits for its neighbour on the
//! right and then tells the one on the left.
//!
//! Timed: from before the first is started until the whisper has come through all of them. There is
//! no warm-up: threads that stayed from one would be part of what is measured.

use goish::{Chan, go};
use goish_results::record::Figure;

use super::{nanoseconds_per, scaled, verify};
use crate::stage::{Stage, Wrong};

pub(super) async fn sample(links: u64, scale: u64, stage: &Stage) -> Result<Vec<Figure>, Wrong> {
    let links = scaled(links, scale, 1);
    stage.expect(links);
    let leftmost: Chan<u64> = Chan::new(0);
    let mut left = leftmost.clone();
    let clock = stage.start().await;
    for _ in 0..links {
        let right = Chan::new(0);
        let (to, from, on_stage) = (left, right.clone(), stage.clone());
        go! { whisper(to, from, on_stage) };
        left = right;
    }
    let rightmost = left;
    let begin = go! { rightmost.Send(0) };
    let heard = leftmost.recv().await;
    let elapsed = clock.stop();
    super::join(begin).await;
    verify(heard.unwrap_or(0), links)?;
    Ok(vec![nanoseconds_per("per-goroutine", elapsed, links)])
}

fn whisper(left: Chan<u64>, right: Chan<u64>, stage: Stage) {
    let heard = right.Recv().0;
    stage.advance(1);
    left.Send(heard + 1);
}
