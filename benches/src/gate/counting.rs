//! The tier that noise does not touch: instructions, allocations and bytes, counted on both sides.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use goish_results::gate::record::{Count, Counts};

use super::cells::Target;
use super::program::{PROTOCOL, Program};
use crate::attend::{self, Ended};
use crate::count::{Answer, Request};

/// More instructions than this share are more. Fewer than that come from elsewhere, such as the
/// length of a path in the environment.
const TOLERANCE: f64 = 0.005;

/// Operations of the smaller of the two runs.
const OPERATIONS: u64 = 4_000;

/// How often a run is repeated for its allocations. Now and then threads meet in a way that takes a few
/// more: seen in one run of twelve of `spawn-1m`, two allocations of 4,000. The fewest are the
/// workload's own.
const REPEATS: usize = 5;

/// A count takes less than a second.
const LIMIT: Duration = Duration::from_secs(60);

/// The two sides, and what else counting needs.
#[derive(Debug)]
pub(crate) struct Counter<'a> {
    pub(crate) base: &'a Program,
    pub(crate) head: &'a Program,
    /// For callgrind's files.
    pub(crate) scratch: &'a Path,
    pub(crate) interrupted: &'a AtomicBool,
}

/// What two runs of one side differ in.
struct Difference {
    operations: f64,
    allocations: f64,
    held: Option<f64>,
}

impl Counter<'_> {
    /// Counts every target on both sides. What cannot be counted is said, and never passed over.
    pub(crate) fn count(&self, targets: &[Target]) -> Counts {
        for (side, program) in [("base", self.base), ("head", self.head)] {
            if program.protocol() < PROTOCOL {
                let sentence = format!(
                    "nothing was counted: the lab of {side} is older than `lab count`; choose a later {side}"
                );
                return Counts {
                    not_run: vec![sentence],
                    counts: Vec::new(),
                };
            }
        }
        let mut not_run = Vec::new();
        let valgrind = valgrind();
        if valgrind.is_none() {
            not_run.push(
                "instructions were not counted: there is no valgrind here; `apt-get install valgrind` or the like brings it"
                    .to_owned(),
            );
        }
        let counts = self.all(targets, valgrind.as_deref());
        Counts { not_run, counts }
    }

    /// Every target, on as many threads as there are cores: counts do not disturb each other.
    fn all(&self, targets: &[Target], valgrind: Option<&Path>) -> Vec<Count> {
        let next = AtomicUsize::new(0);
        let found: Mutex<Vec<(usize, Vec<Count>)>> = Mutex::default();
        let threads = std::thread::available_parallelism().map_or(1, |count| count.get());
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    while !self.interrupted.load(Ordering::Relaxed) {
                        let place = next.fetch_add(1, Ordering::Relaxed);
                        let Some(target) = targets.get(place) else {
                            return;
                        };
                        let counts = self.of(place, target, valgrind);
                        if let Ok(mut found) = found.lock() {
                            found.push((place, counts));
                        }
                    }
                });
            }
        });
        let mut found = found.into_inner().unwrap_or_default();
        found.sort_by_key(|(place, _)| *place);
        found.into_iter().flat_map(|(_, counts)| counts).collect()
    }

    fn of(&self, place: usize, target: &Target, valgrind: Option<&Path>) -> Vec<Count> {
        let cell = &target.cell;
        let memory = target.case.workload.counts_heap();
        let (base, head) = (
            self.difference(self.base, target),
            self.difference(self.head, target),
        );
        let mut counts = Vec::new();
        let mut judge = |name: (&str, &str), tolerance, base, head| {
            counts.push(Count::judge(cell.clone(), name, tolerance, base, head));
        };
        let of = |side: &Result<Difference, String>, value: fn(&Difference) -> Option<f64>| {
            side.as_ref()
                .map_err(Clone::clone)
                .and_then(|difference| value(difference).ok_or_else(|| "it has none".to_owned()))
        };
        if memory {
            let each = match target.case.workload.is_about_goroutines() {
                true => "heap-per-goroutine",
                false => "heap-per-channel",
            };
            let held: fn(&Difference) -> Option<f64> = |difference| difference.held;
            judge((each, "bytes"), 0.0, of(&base, held), of(&head, held));
        }
        let allocations: fn(&Difference) -> Option<f64> =
            |difference| Some(difference.allocations / difference.operations);
        judge(
            ("allocations-per-operation", "allocations"),
            0.0,
            of(&base, allocations),
            of(&head, allocations),
        );
        if let Some(valgrind) = valgrind
            && !memory
        {
            let instructions = |program: &Program, side| {
                self.instructions(valgrind, program, target, &format!("{place}-{side}"))
            };
            judge(
                ("instructions-per-operation", "instructions"),
                TOLERANCE,
                instructions(self.base, "base"),
                instructions(self.head, "head"),
            );
        }
        counts
    }

    /// What twice the operations allocate more than once.
    fn difference(&self, program: &Program, target: &Target) -> Result<Difference, String> {
        let (few, many) = (
            self.fewest(program, target, 1)?,
            self.fewest(program, target, 2)?,
        );
        let (
            Answer::Counted {
                operations: fewer,
                allocations: less,
                ..
            },
            Answer::Counted {
                operations,
                allocations,
                held,
            },
        ) = (few, many)
        else {
            return Err("it was not counted".to_owned());
        };
        Ok(Difference {
            operations: operations.saturating_sub(fewer) as f64,
            allocations: allocations as f64 - less as f64,
            held,
        })
    }

    /// The run with the fewest allocations.
    fn fewest(&self, program: &Program, target: &Target, times: u64) -> Result<Answer, String> {
        let mut fewest = self.run(program, target, times)?;
        for _ in 1..REPEATS {
            let again = self.run(program, target, times)?;
            if again.allocations() < fewest.allocations() {
                fewest = again;
            }
        }
        Ok(fewest)
    }

    fn run(&self, program: &Program, target: &Target, times: u64) -> Result<Answer, String> {
        let ended = program
            .launcher
            .execute(&request(target, times).arguments(), 1, LIMIT)
            .map_err(|error| format!("it cannot be started: {error}"))?;
        answer(ended)
    }

    /// Instructions of one operation.
    fn instructions(
        &self,
        valgrind: &Path,
        program: &Program,
        target: &Target,
        name: &str,
    ) -> Result<f64, String> {
        let mut totals = [(0.0, 0.0); 2];
        for (times, total) in (1..).zip(&mut totals) {
            let file = self.scratch.join(format!("callgrind-{name}-{times}"));
            let mut command = Command::new(valgrind);
            command
                .args(["--tool=callgrind", "--quiet"])
                .arg(format!("--callgrind-out-file={}", file.display()))
                .arg(program.launcher.program())
                .args(request(target, times).arguments())
                .env("GOMAXPROCS", "1")
                .env("RUST_BACKTRACE", "0");
            let ended = attend::run(&mut command, Instant::now() + LIMIT, self.interrupted)
                .map_err(|error| format!("valgrind cannot be started: {error}"))?;
            let Answer::Counted { operations, .. } = answer(ended)? else {
                return Err("it was not counted".to_owned());
            };
            let text = std::fs::read_to_string(&file)
                .map_err(|error| format!("cannot read {}: {error}", file.display()))?;
            // Each is some hundred kilobytes, and of no use any more.
            let _ = std::fs::remove_file(&file);
            let instructions = total_of(&text).ok_or("callgrind gave no total")?;
            *total = (instructions, operations as f64);
        }
        let [(fewer, few), (more, many)] = totals;
        Ok((more - fewer) / (many - few))
    }
}

fn request(target: &Target, times: u64) -> Request {
    let cell = &target.cell;
    Request {
        case: cell.case.clone(),
        param: cell.param.clone(),
        mode: cell.mode,
        engine: cell.engine.clone(),
        operations: OPERATIONS * times,
    }
}

fn answer(ended: Ended) -> Result<Answer, String> {
    match ended {
        Ended::Interrupted => Err("it was interrupted".to_owned()),
        Ended::TimedOut => Err(format!("it took longer than {} s", LIMIT.as_secs())),
        Ended::Exited {
            status,
            stdout,
            stderr,
        } => {
            let said = || {
                stderr
                    .lines()
                    .find(|line| !line.trim().is_empty())
                    .unwrap_or("nothing")
                    .to_owned()
            };
            match serde_json::from_str(stdout.trim()) {
                Ok(Answer::Failed { reason }) => Err(reason),
                Ok(counted) if status.success() => Ok(counted),
                _ => Err(format!("it failed ({status}) and says: {}", said())),
            }
        }
    }
}

/// The total of a file of callgrind's.
fn total_of(text: &str) -> Option<f64> {
    let line = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
    let total = line("totals:").or_else(|| line("summary:"))?;
    total.split_whitespace().next()?.parse().ok()
}

/// Where valgrind is, if it is anywhere.
fn valgrind() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let mut folders = std::env::split_paths(&path);
    folders.find_map(|folder| {
        let program = folder.join("valgrind");
        program.is_file().then_some(program)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callgrinds_total_is_found() {
        assert_eq!(
            total_of("version: 1\nsummary: 17\nfn=(1)\ntotals: 42\n"),
            Some(42.0)
        );
        assert_eq!(total_of("summary: 17 3\n"), Some(17.0));
        assert_eq!(total_of("nothing"), None);
    }
}
