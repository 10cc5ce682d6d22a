//! The programs of the field: found or built, or a sentence on why there is none.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use super::register::{self, Entry, MIMALLOC, Source};
use crate::attend::{self, Ended};
use crate::console::note;
use crate::place;

/// Nothing of the field takes as long to build; it bounds a hang.
const LIMIT: Duration = Duration::from_secs(20 * 60);

/// What a user does to have Go.
const NO_GO: &str = "there is no Go on the PATH; scripts/go.sh fetches one for the lab";

/// A program, or why there is none.
type Had = Result<PathBuf, String>;

/// The programs that a run needs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Programs {
    subjects: BTreeMap<&'static str, Had>,
    /// The lab's own engines with mimalloc.
    mimalloc: Option<Had>,
    /// For each subject what it is and its version, for example `may 0.3.51`.
    pub(crate) versions: BTreeMap<String, String>,
}

/// Where a sample's program is.
pub(crate) enum Place<'a> {
    /// This very program takes it.
    Here,
    /// This very program does, on the default engine's channels and this scheduler.
    HereOn(&'static str),
    /// Another does, whose goroutines run on this scheduler if one is named.
    There(&'a Path, Option<&'static str>),
    /// None can, for this reason.
    Nowhere(&'a str),
}

impl Programs {
    /// Builds what the subjects need, and the program with mimalloc if it is wanted. `None` when it
    /// was interrupted.
    pub(crate) fn prepare(
        workspace: &Path,
        subjects: &[&'static Entry],
        mimalloc: bool,
        interrupted: &AtomicBool,
    ) -> Option<Self> {
        let builder = Builder {
            workspace,
            target: target(workspace),
            interrupted,
        };
        let mut programs = Programs::default();
        for subject in subjects {
            let source = match subject.scheduler() {
                Some(_) => register::GOISH_PROGRAM,
                None => subject.source,
            };
            let had = builder.have(subject.name, source)?;
            let version = version(workspace, subject, &had);
            programs.versions.insert(subject.name.to_owned(), version);
            programs.subjects.insert(subject.name, had);
        }
        if mimalloc {
            programs.mimalloc = Some(builder.have("mimalloc", MIMALLOC)?);
        }
        Some(programs)
    }

    /// Who takes a sample of this case with this parameter, for this engine or subject.
    pub(crate) fn place(&self, engine: &str, case: &str, param: &str) -> Place<'_> {
        let scheduler = register::find(engine).and_then(Entry::scheduler);
        if let Some(scheduler) = scheduler
            && !super::cases::names().contains(&case)
        {
            return Place::HereOn(scheduler);
        }
        let had = match self.subjects.get(engine) {
            Some(had) => Some(had),
            None if param == crate::cases::WITH_MIMALLOC => self.mimalloc.as_ref(),
            None => None,
        };
        match had {
            None => Place::Here,
            Some(Ok(program)) => Place::There(program, scheduler),
            Some(Err(reason)) => Place::Nowhere(reason),
        }
    }

    /// The program of a subject, if there is one.
    pub(crate) fn program(&self, subject: &str) -> Option<&Path> {
        let had = self.subjects.get(subject)?;
        had.as_deref().ok()
    }

    /// Whether a subject has no program.
    pub(crate) fn lacks(&self, subject: &str) -> bool {
        self.subjects.get(subject).is_some_and(Result::is_err)
    }
}

/// The folder that this program was built in, where it is told by its place, else cargo's usual one.
fn target(workspace: &Path) -> PathBuf {
    let here = std::env::current_exe().ok();
    let folder = here.as_deref().and_then(Path::parent);
    let target = folder.and_then(|folder| {
        let built = folder.join("build").is_dir() || folder.join("deps").is_dir();
        built.then(|| folder.parent()).flatten()
    });
    target.map_or_else(|| workspace.join("target"), Path::to_owned)
}

/// Builds programs one after the other.
struct Builder<'a> {
    workspace: &'a Path,
    target: PathBuf,
    interrupted: &'a AtomicBool,
}

impl Builder<'_> {
    /// Has the program of a source. `None` when it was interrupted.
    fn have(&self, name: &str, source: Source) -> Option<Had> {
        note(&format!("building {name}"));
        let had = match source {
            Source::Field {
                program, feature, ..
            } => self.cargo(program, feature)?,
            Source::Go => self.go()?,
            // Its programs are those of another source.
            Source::Scheduler(_) => return Some(Err("it has no program of its own".to_owned())),
        };
        if let Err(reason) = &had {
            note(&format!("notice: {name} is not measured: {reason}"));
        }
        Some(had)
    }

    fn cargo(&self, program: &str, feature: Option<&str>) -> Option<Had> {
        let target = self.target.join("field");
        let manifest = self.workspace.join("benches/field/Cargo.toml");
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
        command
            .args(["build", "--release", "--locked", "--quiet", "--color=never"])
            .args(["--bin", program])
            .args(feature.map(|feature| format!("--features={feature}")))
            .arg("--manifest-path")
            .arg(manifest)
            .arg("--target-dir")
            .arg(&target);
        // What cargo set for the lab's own build is not meant for this one.
        for (name, _) in std::env::vars_os() {
            let ours = name.to_str().is_some_and(|name| {
                name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
            });
            if ours {
                command.env_remove(name);
            }
        }
        let built = self.run(&mut command)?;
        Some(built.map(|()| target.join("release").join(program)))
    }

    /// Builds with the first Go that can: that on the PATH, then that of scripts/go.sh.
    fn go(&self) -> Option<Had> {
        let fetched = self.workspace.join("target/go-toolchain/go/bin/go");
        let program = self.target.join("go").join("goish-go");
        let mut why = None;
        for go in [PathBuf::from("go"), fetched] {
            let mut command = Command::new(&go);
            command
                .current_dir(self.workspace.join("benches/go"))
                .args(["build", "-trimpath", "-o"])
                .arg(&program)
                .arg(".")
                // Nothing is fetched: neither another toolchain nor a module.
                .envs([("GOTOOLCHAIN", "local"), ("GOPROXY", "off")])
                .envs([("GOFLAGS", "-mod=readonly"), ("CGO_ENABLED", "0")]);
            match self.run(&mut command)? {
                Ok(()) => return Some(Ok(program)),
                Err(reason) if !reason.starts_with(NOT_THERE) => why = Some(reason),
                Err(_) => {}
            }
        }
        Some(Err(why.unwrap_or_else(|| NO_GO.to_owned())))
    }

    /// Runs a build: the reason is the sentence of the tool that says most.
    fn run(&self, command: &mut Command) -> Option<Result<(), String>> {
        let limit = Instant::now() + LIMIT;
        Some(match attend::run(command, limit, self.interrupted) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Err(format!("{NOT_THERE}{error}"))
            }
            Err(error) => Err(format!("its build cannot be started: {error}")),
            Ok(Ended::Interrupted) => return None,
            Ok(Ended::TimedOut) => Err(format!("its build took more than {} s", LIMIT.as_secs())),
            Ok(Ended::Exited { status, .. }) if status.success() => Ok(()),
            Ok(Ended::Exited { status, stderr, .. }) => Err(match telling(&stderr) {
                Some(line) => format!("it cannot be built here: {line}"),
                None => format!("it cannot be built here: {status}"),
            }),
        })
    }
}

/// Begins the reason when a tool is not there.
const NOT_THERE: &str = "its tool is not there: ";

/// The line of a compiler's output that says most: the first error, else the first that is not a
/// heading.
fn telling(stderr: &str) -> Option<String> {
    let lines = || {
        stderr
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
    };
    let error = lines().find(|line| line.starts_with("error"));
    let line = error.or_else(|| lines().find(|line| !line.starts_with('#')))?;
    Some(crate::launch::shortened(line))
}

/// What a subject is and its version.
fn version(workspace: &Path, subject: &Entry, had: &Had) -> String {
    match subject.source {
        Source::Go => {
            let said = had.as_ref().ok().and_then(|program| {
                place::said_by(Command::new(program).arg("version").current_dir(workspace))
            });
            said.unwrap_or_else(|| "go, of which there is none".to_owned())
        }
        Source::Scheduler(_) => format!("goish {}", env!("CARGO_PKG_VERSION")),
        Source::Field { package: None, .. } if subject.name == register::GOISH => {
            format!("goish {}", env!("CARGO_PKG_VERSION"))
        }
        Source::Field { package: None, .. } => {
            let said = place::said_by(Command::new("rustc").arg("-V").current_dir(workspace));
            let version = said.as_deref().and_then(|said| said.split(' ').nth(1));
            format!("std {}", version.unwrap_or("unknown"))
        }
        Source::Field {
            package: Some(package),
            ..
        } => {
            let exact = (subject.kind == goish_results::record::Kind::Published)
                .then_some(register::PUBLISHED);
            let version = exact
                .map(str::to_owned)
                .or_else(|| place::field_version(package));
            format!("{package} {}", version.as_deref().unwrap_or("unknown"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_says_more_than_what_stands_before_it() {
        let stderr = "warning: unused\n\nerror[E0425]: cannot find `x`\n --> src/main.rs\n";
        assert_eq!(
            telling(stderr).as_deref(),
            Some("error[E0425]: cannot find `x`")
        );
        let go = "# goish-go\n./main.go:3:1: syntax error\n";
        assert_eq!(telling(go).as_deref(), Some("./main.go:3:1: syntax error"));
    }
}
