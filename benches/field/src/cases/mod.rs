//! The cases of a goroutine runtime, one file each, written once over [`Goroutines`].
//!
//! The file of the same name in `benches/go/` does the same in Go.

use std::time::Duration;

use goish_lab::stage::{Stage, Wrong};
use goish_results::record::Figure;

use crate::Goroutines;

mod parked;
mod producers;
mod spawn_join;
mod switch;

/// Takes one sample of a case, warm-up included, with every count divided by `scale`.
///
/// # Errors
///
/// [`Wrong`] when it did not deliver what it should have, or there is no such case.
pub async fn sample<G: Goroutines>(
    case: &str,
    param: &str,
    scale: u64,
    stage: &Stage,
) -> Result<Vec<Figure>, Wrong> {
    let count = || {
        let count = param.strip_prefix("n=").and_then(|n| n.parse().ok());
        count.ok_or(Wrong::Behaviour("the case needs a parameter n"))
    };
    match case {
        "spawn-join" => spawn_join::sample::<G>(count()?, scale, stage).await,
        "parked" => parked::sample::<G>(count()?, scale, stage).await,
        "switch" => switch::sample::<G>(scale, stage).await,
        "producers" => producers::sample::<G>(count()?, scale, stage).await,
        _ => Err(Wrong::Behaviour("a goroutine runtime has no such case")),
    }
}

/// A count divided by the scale, but at least `least`.
fn scaled(count: u64, scale: u64, least: u64) -> u64 {
    (count / scale.max(1)).max(least)
}

fn figure(metric: &str, unit: &str, value: f64) -> Figure {
    Figure {
        metric: metric.to_owned(),
        unit: unit.to_owned(),
        value,
    }
}

/// Time shared out over operations.
fn nanoseconds_per(metric: &str, elapsed: Duration, operations: u64) -> Figure {
    figure(metric, "ns", elapsed.as_nanos() as f64 / operations as f64)
}
