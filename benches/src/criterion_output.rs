//! What the criterion suites leave under `target/criterion`, and whether it may be believed.
//!
//! criterion's files do not say what was measured where. So each suite leaves a [`Stamp`] beside
//! them, and what has no stamp, or another commit's, another machine's or another build's, is
//! refused: by name, and with the mend.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use goish_results::machine::Machine;
use goish_results::store::{StoreError, write_atomically};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::place::{self, Checkout};

/// The suites by name, and the cases that each measures.
pub const SUITES: &[(&str, &[&str])] = &[
    (
        "bakeoff",
        &[
            "ping-pong",
            "prod-cons-1",
            "prod-cons-1024",
            "prod-cons-unbounded",
            "contended-16",
            "rss-100k",
        ],
    ),
    ("spawn", &["spawn-1m"]),
    ("fan_in", &["fan-in"]),
];

/// Where criterion keeps what the suites of a program in this target folder measured.
///
/// # Errors
///
/// When the system does not say where this program is.
pub fn folder() -> io::Result<PathBuf> {
    if let Some(home) = std::env::var_os("CRITERION_HOME") {
        return Ok(home.into());
    }
    Ok(target_folder()?.join("criterion"))
}

/// The target folder that this program was built in.
///
/// # Errors
///
/// When the system does not say where this program is.
pub(crate) fn target_folder() -> io::Result<PathBuf> {
    let program = std::env::current_exe()?;
    // The lab is in <target>/<profile>, a suite or a test in <target>/<profile>/deps.
    let mut profile = program.parent().unwrap_or(Path::new("."));
    if profile.ends_with("deps") {
        profile = profile.parent().unwrap_or(profile);
    }
    Ok(profile.parent().unwrap_or(profile).to_owned())
}

/// What a suite measured, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// The suite's name.
    suite: String,
    /// The commit.
    commit: String,
    /// Whether the sources differed from it.
    dirty: bool,
    /// The engines' crates and versions.
    engine_versions: BTreeMap<String, String>,
    /// The machine's fingerprint.
    machine: String,
    /// When the suite was built: what is older was measured by another build.
    built: SystemTime,
}

impl Stamp {
    /// Leaves a suite's stamp. To be called by the suite itself, before it measures.
    ///
    /// # Errors
    ///
    /// When the folder cannot be written, or the system does not say when this program was built.
    pub fn leave(suite: &str, folder: &Path) -> Result<(), Box<dyn std::error::Error>> {
        let built = fs::metadata(std::env::current_exe()?)?.modified()?;
        let here = Here::find();
        let stamp = Stamp {
            suite: suite.to_owned(),
            commit: here.checkout.commit,
            dirty: here.checkout.dirty,
            engine_versions: here.engine_versions,
            machine: here.machine,
            built,
        };
        Ok(write_atomically(
            &stamp_path(suite, folder),
            &serde_json::to_vec_pretty(&stamp)?,
        )?)
    }
}

fn stamp_path(suite: &str, folder: &Path) -> PathBuf {
    folder.join(format!("goish-lab-{suite}.json"))
}

/// What a stamp is held against.
struct Here {
    checkout: Checkout,
    engine_versions: BTreeMap<String, String>,
    machine: String,
}

impl Here {
    fn find() -> Self {
        Here {
            checkout: Checkout::of(&place::workspace()),
            engine_versions: place::engine_versions(&goish_engines::built()),
            machine: Machine::detect(crate::ALLOCATOR, crate::workers()).fingerprint(),
        }
    }

    /// In what a stamp's suite was measured elsewhere, or otherwise.
    fn difference(&self, stamp: &Stamp) -> Option<String> {
        let Checkout { commit, dirty } = &self.checkout;
        if stamp.commit != *commit || stamp.dirty != *dirty {
            let changed = |dirty| if dirty { " with changes" } else { "" };
            return Some(format!(
                "at commit {}{}, and this is {commit}{}",
                stamp.commit,
                changed(stamp.dirty),
                changed(*dirty)
            ));
        }
        if stamp.machine != self.machine {
            return Some(format!(
                "on the machine {}, and this is {}",
                stamp.machine, self.machine
            ));
        }
        // The suites may be built with fewer engines than the lab, not with others.
        let other = stamp.engine_versions.iter().find(|&(engine, then)| {
            self.engine_versions
                .get(engine)
                .is_some_and(|now| now != then)
        });
        other.map(|(engine, then)| format!("with {then} as {engine}"))
    }
}

/// One benchmark's figures, for one operation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// criterion's full id, `case/mode/engine` and the parameter if the case has one.
    pub id: String,
    /// `ns` or `bytes`.
    pub unit: &'static str,
    /// The median.
    pub median: f64,
    /// The lower end of the median's 95 % interval.
    pub lo: f64,
    /// The upper end of the median's 95 % interval.
    pub hi: f64,
    /// How many samples criterion took.
    pub samples: usize,
}

/// Why criterion's output is not taken in.
#[derive(Debug, thiserror::Error)]
pub enum CriterionError {
    /// There is nothing.
    #[error("there is nothing of criterion in {}; `cargo bench` measures", .0.display())]
    Nothing(PathBuf),
    /// A benchmark that none of our suites has.
    #[error("{} is foreign: none of this lab's suites measures `{id}`; move it away, or name another folder", .path.display())]
    Foreign {
        /// The benchmark's folder.
        path: PathBuf,
        /// The benchmark's id.
        id: String,
    },
    /// A benchmark without a stamp of its suite.
    #[error("{} is foreign: the suite `{suite}` left no stamp here, so it is not known what was measured; `cargo bench --bench {suite}` measures again", .path.display())]
    NoStamp {
        /// The benchmark's folder.
        path: PathBuf,
        /// The suite.
        suite: &'static str,
    },
    /// A benchmark of another time or place.
    #[error("{} is stale: it was measured {how}; `cargo bench --bench {suite}` measures again", .path.display())]
    Stale {
        /// The benchmark's folder.
        path: PathBuf,
        /// The suite.
        suite: &'static str,
        /// In what it differs.
        how: String,
    },
    /// A file that cannot be read, or is not what criterion writes.
    #[error("{} cannot be read: {cause}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the reader stumbled over.
        cause: String,
    },
    /// The figures cannot be written.
    #[error(transparent)]
    Write(#[from] StoreError),
}

/// Reads what criterion left in a folder, ordered by id. All of it is ours and fresh, or none of it
/// is taken.
///
/// # Errors
///
/// [`CriterionError`], one sentence that names the path and the mend.
pub fn read(folder: &Path) -> Result<Vec<Estimate>, CriterionError> {
    let mut folders = Vec::new();
    if folder.is_dir() {
        benchmarks(folder, &mut folders)?;
    }
    if folders.is_empty() {
        return Err(CriterionError::Nothing(folder.to_owned()));
    }
    let here = Here::find();
    let mut estimates = folders
        .iter()
        .map(|benchmark| estimate(benchmark, folder, &here))
        .collect::<Result<Vec<_>, _>>()?;
    estimates.sort_by(|left, right| left.id.cmp(&right.id));
    Ok(estimates)
}

/// Collects the `new` folders below: criterion keeps the newest measurement of each benchmark there.
fn benchmarks(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), CriterionError> {
    let unreadable = |cause: io::Error| unreadable(folder, cause);
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if !path.is_dir() {
            continue;
        }
        if path.ends_with("new") && path.join("benchmark.json").is_file() {
            found.push(path);
        } else {
            benchmarks(&path, found)?;
        }
    }
    Ok(())
}

/// `benchmark.json`, as far as it is needed.
#[derive(Deserialize)]
struct Benchmark {
    group_id: String,
    full_id: String,
    throughput: Option<Throughput>,
}

/// How many operations one of criterion's iterations is.
#[derive(Deserialize)]
struct Throughput {
    #[serde(rename = "Elements")]
    elements: Option<u64>,
}

/// `estimates.json`, as far as it is needed.
#[derive(Deserialize)]
struct Estimates {
    median: Median,
}

#[derive(Deserialize)]
struct Median {
    point_estimate: f64,
    confidence_interval: Confidence,
}

#[derive(Deserialize)]
struct Confidence {
    lower_bound: f64,
    upper_bound: f64,
}

/// `sample.json`, as far as it is needed.
#[derive(Deserialize)]
struct Sample {
    times: Vec<f64>,
}

fn estimate(path: &Path, folder: &Path, here: &Here) -> Result<Estimate, CriterionError> {
    let benchmark: Benchmark = json(&path.join("benchmark.json"))?;
    let group = benchmark.group_id.as_str();
    let suite = SUITES
        .iter()
        .find(|(_, cases)| cases.contains(&group))
        .map(|&(suite, _)| suite);
    let suite = suite.ok_or_else(|| CriterionError::Foreign {
        path: path.to_owned(),
        id: benchmark.full_id.clone(),
    })?;
    fresh(path, folder, suite, here)?;

    let Estimates { median } = json(&path.join("estimates.json"))?;
    let sample: Sample = json(&path.join("sample.json"))?;
    let operations = benchmark
        .throughput
        .and_then(|throughput| throughput.elements);
    let operations = operations.unwrap_or(1).max(1) as f64;
    Ok(Estimate {
        unit: if group == "rss-100k" { "bytes" } else { "ns" },
        id: benchmark.full_id,
        median: median.point_estimate / operations,
        lo: median.confidence_interval.lower_bound / operations,
        hi: median.confidence_interval.upper_bound / operations,
        samples: sample.times.len(),
    })
}

/// Refuses what was not measured here, now, and by the suite's newest build.
fn fresh(
    path: &Path,
    folder: &Path,
    suite: &'static str,
    here: &Here,
) -> Result<(), CriterionError> {
    let stamp = stamp_path(suite, folder);
    if !stamp.is_file() {
        return Err(CriterionError::NoStamp {
            path: path.to_owned(),
            suite,
        });
    }
    let stamp: Stamp = json(&stamp)?;
    let stale = |how| CriterionError::Stale {
        path: path.to_owned(),
        suite,
        how,
    };
    if let Some(how) = here.difference(&stamp) {
        return Err(stale(how));
    }
    let file = path.join("estimates.json");
    let measured = fs::metadata(&file).and_then(|file| file.modified());
    if measured.map_err(|cause| unreadable(&file, cause))? < stamp.built {
        return Err(stale("by an older build of the suite".to_owned()));
    }
    Ok(())
}

fn json<T: DeserializeOwned>(path: &Path) -> Result<T, CriterionError> {
    let text = fs::read(path).map_err(|cause| unreadable(path, cause))?;
    serde_json::from_slice(&text).map_err(|cause| unreadable(path, cause))
}

fn unreadable(path: &Path, cause: impl ToString) -> CriterionError {
    CriterionError::Unreadable {
        path: path.to_owned(),
        cause: cause.to_string(),
    }
}

/// Writes the estimates as comma-separated values.
///
/// # Errors
///
/// When the file cannot be written; what was there before stays.
pub fn write_csv(estimates: &[Estimate], path: &Path) -> Result<(), CriterionError> {
    let mut text = String::from("id,unit,median,lo,hi,samples\n");
    for Estimate {
        id,
        unit,
        median,
        lo,
        hi,
        samples,
    } in estimates
    {
        text.push_str(&format!("\"{id}\",{unit},{median},{lo},{hi},{samples}\n"));
    }
    Ok(write_atomically(path, text.as_bytes())?)
}
