//! The order in which a run takes its samples.

use goish_results::record::{Cell, Mode};
use goish_results::store::PlannedSample;

/// A case with a parameter, and who takes part in it.
#[derive(Clone, Debug)]
pub struct Line<'a> {
    /// The case's name.
    pub case: &'a str,
    /// Its parameter.
    pub param: &'a str,
    /// Samples of each cell.
    pub samples: u32,
    /// Who is measured raw.
    pub raw: Vec<&'a str>,
    /// Who is measured with Go's rules.
    pub goish: Vec<&'a str>,
}

/// Lays out every sample of these lines. Of what is `absent`, one sample of each cell is enough to
/// say why.
///
/// A shared machine drifts, so whatever is compared with each other is measured next to each other,
/// and every cell over the whole of the run. The run consists of rounds; in a round each cell has at
/// most one sample. Within a round the engines follow each other for each case and mode: in the
/// next round in the reverse order (A B, then B A), and with more than two engines another begins.
/// A cell with fewer samples than there are rounds skips rounds evenly.
pub fn plan(lines: &[Line<'_>], absent: impl Fn(&str) -> bool) -> Vec<PlannedSample> {
    let rounds = lines.iter().map(|line| line.samples).max().unwrap_or(0);
    let mut plan = Vec::new();
    for round in 0..rounds {
        for line in lines {
            let Some(sample) = sample_in_round(round, rounds, line.samples) else {
                continue;
            };
            for (mode, engines) in [(Mode::Raw, &line.raw), (Mode::Goish, &line.goish)] {
                for engine in turn(engines, sample) {
                    if sample > 0 && absent(engine) {
                        continue;
                    }
                    plan.push(PlannedSample {
                        order: plan.len() as u64,
                        cell: Cell {
                            case: line.case.to_owned(),
                            param: line.param.to_owned(),
                            mode,
                            engine: engine.to_owned(),
                        },
                        sample,
                    });
                }
            }
        }
    }
    plan
}

/// Which sample of a cell falls into a round, if one does: `samples` of them, evenly over `rounds`.
fn sample_in_round(round: u32, rounds: u32, samples: u32) -> Option<u32> {
    let taken_by = |round: u32| u64::from(round) * u64::from(samples) / u64::from(rounds.max(1));
    let (before, after) = (taken_by(round), taken_by(round + 1));
    (after > before).then(|| u32::try_from(before).unwrap_or(u32::MAX))
}

/// The engines in the order of their turn: reversed every other time, and more than two of them
/// rotated every second time.
fn turn<'a>(engines: &[&'a str], sample: u32) -> Vec<&'a str> {
    let mut order = engines.to_vec();
    if order.len() > 2 {
        let by = (sample / 2) as usize % order.len();
        order.rotate_left(by);
    }
    if sample % 2 == 1 {
        order.reverse();
    }
    order
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::cases::CASES;

    fn everything(engines: &[&str]) -> Vec<PlannedSample> {
        let lines: Vec<Line<'_>> = CASES
            .iter()
            .map(|case| Line {
                case: case.name,
                param: case.param,
                samples: case.samples(false),
                raw: engines.to_vec(),
                goish: engines.to_vec(),
            })
            .collect();
        plan(&lines, |_| false)
    }

    #[test]
    fn every_cell_has_its_samples_numbered_from_zero() {
        let mut samples: BTreeMap<Cell, Vec<u32>> = BTreeMap::new();
        for planned in everything(&["a", "b"]) {
            samples
                .entry(planned.cell)
                .or_default()
                .push(planned.sample);
        }
        assert_eq!(samples.len(), CASES.len() * 2 * 2);
        for (cell, samples) in samples {
            let case = crate::cases::find(&cell.case, &cell.param).unwrap();
            assert!(samples.into_iter().eq(0..case.samples(false)), "{cell:?}");
        }
    }

    #[test]
    fn what_is_absent_is_asked_for_once() {
        let line = Line {
            case: "ping-pong",
            param: "",
            samples: 5,
            raw: vec!["a"],
            goish: vec!["a", "go"],
        };
        let plan = plan(&[line], |engine| engine == "go");
        let samples = |engine: &str| {
            let of_engine = plan.iter().filter(|planned| planned.cell.engine == engine);
            of_engine.count()
        };
        assert_eq!((samples("a"), samples("go")), (10, 1));
    }

    #[test]
    fn orders_count_from_zero_without_a_gap() {
        let plan = everything(&["a", "b"]);
        assert!(
            plan.iter()
                .map(|planned| planned.order)
                .eq(0..plan.len() as u64)
        );
    }

    #[test]
    fn two_engines_follow_each_other_as_a_b_b_a() {
        assert_eq!(turn(&["a", "b"], 0), ["a", "b"]);
        assert_eq!(turn(&["a", "b"], 1), ["b", "a"]);
    }

    #[test]
    fn each_of_three_engines_comes_first_and_last_as_often_as_the_others() {
        let mut first: BTreeMap<&str, u32> = BTreeMap::new();
        let mut last: BTreeMap<&str, u32> = BTreeMap::new();
        for sample in 0..6 {
            let order = turn(&["a", "b", "c"], sample);
            *first.entry(order[0]).or_default() += 1;
            *last.entry(order[2]).or_default() += 1;
        }
        assert!(
            first.values().chain(last.values()).all(|&count| count == 2),
            "{first:?} {last:?}"
        );
    }

    #[test]
    fn few_samples_are_spread_over_the_whole_run() {
        let rounds: Vec<u32> = (0..20)
            .filter(|&round| sample_in_round(round, 20, 5).is_some())
            .collect();
        assert_eq!(rounds, [3, 7, 11, 15, 19]);
    }

    #[test]
    fn the_engines_of_one_sample_are_neighbours() {
        for pair in everything(&["a", "b"]).chunks(2) {
            assert_eq!(pair[0].cell.case, pair[1].cell.case);
            assert_eq!(pair[0].cell.mode, pair[1].cell.mode);
            assert_eq!(pair[0].sample, pair[1].sample);
        }
    }
}
