//! What a gate samples, and the floors below which a change is not held against anybody.

use goish_engines::Info;
use goish_results::gate::Floor;
use goish_results::record::{Cell, Mode};

use crate::cases::{self, Case};
use crate::protocol::mode_name;

/// One case, parameter, mode and engine, with what its samples are made of.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) case: &'static Case,
    pub(crate) cell: Cell,
}

impl Target {
    /// As a reader names it.
    pub(crate) fn name(&self) -> String {
        name(&self.cell)
    }

    /// What the case's counts are divided by, so that a sample takes a twentieth of a second.
    pub(crate) fn scale(&self) -> u64 {
        self.case.gate_scale()
    }

    /// The figure that is judged and its unit: the case's headline.
    pub(crate) fn headline(&self) -> (&'static str, &'static str) {
        goish_results::gate::headline(self.case.name)
    }

    /// The floors of the figure.
    ///
    /// Time: 3 %, because the same source in another place of the program already differs by up to
    /// that (see `docs/gate.md` for what was measured), and half a nanosecond, the cost of one or
    /// two instructions. Resident memory: 1 % and a byte, because a page more or less is chance.
    pub(crate) fn floor(&self) -> Floor {
        match self.headline() {
            (_, "bytes") => Floor {
                relative: 0.01,
                absolute: 1.0,
            },
            _ => Floor {
                relative: 0.03,
                absolute: 0.5,
            },
        }
    }
}

/// A cell as a reader names it.
pub(crate) fn name(cell: &Cell) -> String {
    let parts = [
        cell.case.as_str(),
        &cell.param,
        mode_name(cell.mode),
        &cell.engine,
    ];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(" ")
}

/// Every case of these names on these engines in these modes that the engine does not refuse. `quick`
/// takes the first parameter of each case only.
pub(crate) fn targets(
    cases: &[&'static Case],
    engines: &[Info],
    modes: &[Mode],
    quick: bool,
) -> Vec<Target> {
    let mut targets = Vec::new();
    let mut before = "";
    for case in cases.iter().filter(|case| case.can_be_gated()) {
        if quick && case.name == before {
            continue;
        }
        before = case.name;
        for engine in engines {
            for mode in modes {
                if case.refusal(*mode, engine).is_none() {
                    targets.push(Target {
                        case,
                        cell: Cell {
                            case: case.name.to_owned(),
                            param: case.param.to_owned(),
                            mode: *mode,
                            engine: engine.name.to_owned(),
                        },
                    });
                }
            }
        }
    }
    targets
}

/// The cases that a gate samples when none are named: all but the million parked goroutines, whose
/// memory is counted instead.
pub(crate) fn usual() -> Vec<&'static Case> {
    let cases = cases::CASES.iter();
    cases.filter(|case| case.name != "parked-1m").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quick_gate_samples_every_usual_case_once() {
        let engines = goish_engines::built();
        let targets = targets(&usual(), &engines[..1], &[Mode::Goish], true);
        let names: Vec<_> = targets.iter().map(|target| target.case.name).collect();
        let gated = cases::CASES.iter().filter(|case| case.can_be_gated());
        let mut expected: Vec<_> = gated.map(|case| case.name).collect();
        expected.dedup();
        expected.retain(|name| *name != "parked-1m");
        assert_eq!(names, expected);
        // What is timed over the whole surface sleeps and computes: it cannot be sampled by hundreds.
        assert!(!names.contains(&"hogs"));
    }

    #[test]
    fn every_case_has_a_headline() {
        for case in cases::CASES {
            assert_ne!(
                goish_results::gate::headline(case.name),
                ("", ""),
                "{}",
                case.name
            );
        }
    }
}
