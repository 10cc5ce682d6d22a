//! The table of a self-test: what was tried, what came of it, and whether that is good enough.

use std::collections::BTreeMap;
use std::io::Write;

use goish_results::gate::Verdict;

use super::decision::{Decision, Kind, describe};
use crate::failure::Failure;

/// What must come out, and whether it did; `None` while there is nothing to hold against it.
fn aim(kind: Kind, made: &[&Decision]) -> (&'static str, Option<bool>) {
    let count = |verdict| made.iter().filter(|one| one.verdict == verdict).count();
    let all = made.len();
    let caught = count(Verdict::Slower);
    // Caught where it was slowed, or honestly not known.
    let honest = caught + count(Verdict::Ambiguous);
    let same_in_vain = made
        .iter()
        .filter(|one| one.verdict == Verdict::Same && one.hi.is_none_or(|hi| hi >= 1.03))
        .count();
    let (aim, met) = match kind {
        Kind::Identical | Kind::Layout => ("at most 1 false \"slower\" in 50", caught * 50 <= all),
        Kind::Slow(3) => (
            "never \"same\" unless the interval excludes 3 %",
            same_in_vain == 0,
        ),
        Kind::Slow(5) => (
            "19 in 20 slower, or ambiguous with the reason",
            honest * 20 >= all * 19,
        ),
        Kind::Slow(_) => ("always slower", caught == all),
        Kind::Bytes => (
            "more heap per channel, exit code 3",
            made.iter()
                .any(|one| one.what.starts_with("heap") && one.verdict == Verdict::Slower)
                && made.iter().all(|one| one.exit_code == 3),
        ),
        Kind::Removed | Kind::Broken | Kind::Checksum => {
            ("exit code 5", made.iter().all(|one| one.exit_code == 5))
        }
    };
    (aim, (all > 0).then_some(met))
}

/// Prints a line for each thing that was tried, as a Markdown table.
pub(super) fn print(decisions: &[Decision]) -> Result<(), Failure> {
    let mut kinds: BTreeMap<Kind, Vec<&Decision>> = BTreeMap::new();
    for decision in decisions {
        kinds.entry(decision.kind).or_default().push(decision);
    }
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "| what | decisions | slower | ambiguous | same | faster | invalid | aim | met |\n|---|--:|--:|--:|--:|--:|--:|---|---|"
    )?;
    for (kind, made) in &kinds {
        let count = |verdict| made.iter().filter(|one| one.verdict == verdict).count();
        let (aim, met) = aim(*kind, made);
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} | {aim} | {} |",
            describe(*kind),
            made.len(),
            count(Verdict::Slower),
            count(Verdict::Ambiguous),
            count(Verdict::Same),
            count(Verdict::Faster),
            count(Verdict::Invalid),
            met.map_or("–", |met| if met { "yes" } else { "no" }),
        )?;
    }
    Ok(out.flush()?)
}

#[cfg(test)]
mod tests {
    use super::super::decision::tests::decision;
    use super::*;

    #[test]
    fn the_aims_can_be_missed() {
        let with = |kind, verdict, hi| Decision {
            verdict,
            hi,
            ..decision(kind, 0)
        };
        let met = |one: Decision| aim(one.kind, &[&one]).1;
        assert_eq!(
            met(with(Kind::Identical, Verdict::Slower, None)),
            Some(false)
        );
        assert_eq!(
            met(with(Kind::Identical, Verdict::Ambiguous, None)),
            Some(true)
        );
        assert_eq!(
            met(with(Kind::Slow(10), Verdict::Ambiguous, None)),
            Some(false)
        );
        assert_eq!(met(with(Kind::Slow(5), Verdict::Same, None)), Some(false));
        assert_eq!(
            met(with(Kind::Slow(3), Verdict::Same, Some(1.04))),
            Some(false)
        );
        assert_eq!(
            met(with(Kind::Slow(3), Verdict::Same, Some(1.02))),
            Some(true)
        );
        assert_eq!(met(decision(Kind::Removed, 0)), Some(false));
    }
}
