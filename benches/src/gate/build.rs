//! Builds of revisions, cached by commit below the target folder:
//!
//! ```text
//! target/lab-gate/
//!   lock                 held while a gate builds
//!   worktrees/<commit>/  git worktrees
//!   build/               the target folder that they share, so that only this project's own crates
//!                        are built again for each
//!   built/<commit>/      the program, and `built.json`, which is written last and has its digest
//! ```
//!
//! What a killed gate left is never trusted: a program without `built.json`, or with another digest
//! than it says, is built again, and a worktree that is not clean and at its commit is made anew.

use std::fs::{self, File, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::AtomicBool;

use goish_results::store::write_atomically;
use serde::{Deserialize, Serialize};

use super::revision::{Source, git, short};
use crate::attend;
use crate::console::note;
use crate::failure::Failure;

/// A program that was built of a revision.
#[derive(Clone, Debug)]
pub(crate) struct Built {
    pub(crate) program: PathBuf,
    pub(crate) digest: String,
}

/// What is known of a cached program.
#[derive(Debug, Serialize, Deserialize)]
struct Marker {
    commit: String,
    digest: String,
    features: String,
}

/// Where builds are kept, locked for this process while it lives.
#[derive(Debug)]
pub(crate) struct Cache {
    folder: PathBuf,
    _lock: File,
}

/// How programs are built; what the alias `cargo lab` says, and perhaps more features.
#[derive(Clone, Debug)]
pub(crate) struct Recipe {
    features: Vec<String>,
}

impl Recipe {
    /// As `cargo lab` builds.
    pub(crate) fn usual() -> Recipe {
        Recipe {
            features: vec!["all-engines".to_owned()],
        }
    }

    /// With one more feature.
    pub(crate) fn with(mut self, feature: &str) -> Recipe {
        self.features.push(feature.to_owned());
        self
    }

    fn command(&self, folder: &Path) -> Command {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command
            .current_dir(folder)
            .args([
                "build",
                "--release",
                "--locked",
                "--package",
                "goish-lab",
                "--bin",
                "lab",
            ])
            .args(["--features", &self.features.join(",")])
            .arg("--message-format=json-render-diagnostics")
            .stdin(Stdio::null());
        command
    }

    /// Distinguishes cached programs of one commit.
    fn suffix(&self) -> String {
        match self.features.as_slice() {
            [_] => String::new(),
            features => format!("-{}", features[1..].join("-")),
        }
    }
}

impl Cache {
    /// Opens the cache, and waits for nobody.
    ///
    /// # Errors
    ///
    /// When another gate has it, or it cannot be written.
    pub(crate) fn open(folder: PathBuf) -> Result<Cache, Failure> {
        fs::create_dir_all(&folder).map_err(|error| unwritable(&folder, &error))?;
        let path = folder.join("lock");
        let lock = File::create(&path).map_err(|error| unwritable(&path, &error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::Error(error)) if error.kind() == std::io::ErrorKind::Unsupported => {}
            Err(TryLockError::Error(error)) => return Err(unwritable(&path, &error)),
            Err(TryLockError::WouldBlock) => {
                return Err(Failure::Other(format!(
                    "another gate is running with {}; two gates at once would measure each other: wait for it to end",
                    folder.display()
                )));
            }
        }
        Ok(Cache {
            folder,
            _lock: lock,
        })
    }

    /// The program of a source, from the cache or built now. `None` when it was interrupted.
    ///
    /// # Errors
    ///
    /// [`Failure::Incomplete`] when it does not build, in the compiler's words.
    pub(crate) fn build(
        &self,
        workspace: &Path,
        source: &Source,
        recipe: &Recipe,
        interrupted: &AtomicBool,
    ) -> Result<Option<Built>, Failure> {
        match source {
            Source::WorkTree { .. } => {
                note("building the work tree");
                let Some(program) =
                    self.run_build(recipe.command(workspace), source, interrupted)?
                else {
                    return Ok(None);
                };
                let digest = digest(&program)?;
                Ok(Some(Built { program, digest }))
            }
            Source::Commit { commit, .. } => {
                let kept = self
                    .folder
                    .join("built")
                    .join(format!("{commit}{}", recipe.suffix()));
                if let Some(built) = trusted(&kept, commit) {
                    return Ok(Some(built));
                }
                note(&format!("building {} ({})", source.name(), short(commit)));
                let worktree = self.worktree(workspace, commit)?;
                let mut command = recipe.command(&worktree);
                command.env("CARGO_TARGET_DIR", self.folder.join("build"));
                let Some(program) = self.run_build(command, source, interrupted)? else {
                    return Ok(None);
                };
                keep(&program, &kept, commit, recipe).map(Some)
            }
        }
    }

    /// Where the copies that children are started from are kept.
    pub(crate) fn arms(&self) -> PathBuf {
        self.folder.join("arms")
    }

    /// A clean worktree of the commit: the one that is there, or a new one.
    fn worktree(&self, workspace: &Path, commit: &str) -> Result<PathBuf, Failure> {
        let folder = self.folder.join("worktrees").join(commit);
        if is_clean_at(&folder, commit) {
            return Ok(folder);
        }
        let shown = folder.to_string_lossy().into_owned();
        git(
            workspace,
            &["worktree", "remove", "--force", "--force", &shown],
        );
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(|error| unwritable(&folder, &error))?;
        }
        git(workspace, &["worktree", "prune"]);
        let output = Command::new("git")
            .current_dir(workspace)
            .args(["worktree", "add", "--detach", "--force", &shown, commit])
            .stdin(Stdio::null())
            .output()
            .map_err(|error| Failure::Other(format!("git cannot be started: {error}")))?;
        if output.status.success() && is_clean_at(&folder, commit) {
            return Ok(folder);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.lines().last().unwrap_or_default().trim();
        Err(Failure::Other(format!(
            "the worktree {shown} cannot be made: {said}"
        )))
    }

    /// Runs cargo, and gives the program that it made.
    fn run_build(
        &self,
        mut command: Command,
        source: &Source,
        interrupted: &AtomicBool,
    ) -> Result<Option<PathBuf>, Failure> {
        let log = |name: &str| self.folder.join(format!("build.{name}"));
        let open = |path: &Path| File::create(path).map_err(|error| unwritable(path, &error));
        let (out, err) = (log("out"), log("log"));
        command.stdout(open(&out)?).stderr(open(&err)?);
        let status = attend::run_logged(&mut command, interrupted)
            .map_err(|error| Failure::Other(format!("cargo cannot be started: {error}")))?;
        let Some(status) = status else {
            return Ok(None);
        };
        let said = fs::read_to_string(&err).unwrap_or_default();
        if !status.success() {
            return Err(Failure::Incomplete(format!(
                "{} ({}) does not build, so nothing was measured: {} (the whole output is in {})",
                source.name(),
                short(source.commit()),
                first_error(&said),
                err.display()
            )));
        }
        let messages = fs::read_to_string(&out).unwrap_or_default();
        executable(&messages).map(Some).ok_or_else(|| {
            Failure::Other(format!("cargo built no program `lab` of {}", source.name()))
        })
    }
}

/// Whether a folder is a worktree at that commit, with nothing changed.
fn is_clean_at(folder: &Path, commit: &str) -> bool {
    folder.join(".git").exists()
        && git(folder, &["rev-parse", "HEAD"]).as_deref() == Some(commit)
        && git(folder, &["status", "--porcelain"]).as_deref() == Some("")
}

/// The cached program, if it is whole and what its marker says.
fn trusted(kept: &Path, commit: &str) -> Option<Built> {
    let marker = fs::read(kept.join("built.json")).ok()?;
    let marker: Marker = serde_json::from_slice(&marker).ok()?;
    let program = kept.join("lab");
    let digest = digest(&program).ok()?;
    (marker.commit == commit && marker.digest == digest).then_some(Built { program, digest })
}

/// Copies a program into the cache, and then says that it is there.
fn keep(program: &Path, kept: &Path, commit: &str, recipe: &Recipe) -> Result<Built, Failure> {
    if kept.exists() {
        fs::remove_dir_all(kept).map_err(|error| unwritable(kept, &error))?;
    }
    fs::create_dir_all(kept).map_err(|error| unwritable(kept, &error))?;
    let place = kept.join("lab");
    fs::copy(program, &place).map_err(|error| unwritable(&place, &error))?;
    let built = Built {
        digest: digest(&place)?,
        program: place,
    };
    let marker = Marker {
        commit: commit.to_owned(),
        digest: built.digest.clone(),
        features: recipe.features.join(","),
    };
    write_atomically(&kept.join("built.json"), &serde_json::to_vec(&marker)?)?;
    Ok(built)
}

/// A digest of a file's content.
pub(crate) fn digest(path: &Path) -> Result<String, Failure> {
    let unreadable =
        |error: std::io::Error| Failure::Other(format!("cannot read {}: {error}", path.display()));
    let mut file = File::open(path).map_err(unreadable)?;
    let mut digest = goish_results::digest::Digest::new();
    let mut bytes = vec![0; 1 << 20];
    loop {
        match file.read(&mut bytes).map_err(unreadable)? {
            0 => return Ok(digest.hex()),
            count => digest.add(&bytes[..count]),
        }
    }
}

/// The compiler's first error, with the place that it names.
fn first_error(said: &str) -> String {
    let lines: Vec<&str> = said.lines().collect();
    let Some(at) = lines.iter().position(|line| line.starts_with("error")) else {
        return lines
            .last()
            .unwrap_or(&"cargo says nothing")
            .trim()
            .to_owned();
    };
    let place = lines[at..]
        .iter()
        .take(4)
        .find_map(|line| line.trim().strip_prefix("--> "));
    match place {
        Some(place) => format!("{} at {place}", lines[at]),
        None => lines[at].to_owned(),
    }
}

/// The program among cargo's messages.
fn executable(messages: &str) -> Option<PathBuf> {
    #[derive(Deserialize)]
    struct Message {
        executable: Option<PathBuf>,
    }
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Message>(line).ok()?.executable)
        .next_back()
}

/// Copies a program to another place, whole.
pub(crate) fn copy(program: &Path, to: &Path) -> Result<(), Failure> {
    let failed = |error: std::io::Error| unwritable(to, &error);
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    // A program that runs cannot be written to, but another may take its name.
    let _ = fs::remove_file(to);
    fs::copy(program, to).map_err(failed)?;
    File::open(to)
        .and_then(|mut file| file.flush())
        .map_err(failed)
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    let mend = match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            "there is no space left; free some, for example by deleting the folder"
        }
        std::io::ErrorKind::PermissionDenied => "make it writable",
        _ => "",
    };
    match mend {
        "" => Failure::Other(format!("cannot write {}: {error}", path.display())),
        mend => Failure::Other(format!("cannot write {}: {mend}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_trusted_only_while_it_is_what_its_marker_says() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("program");
        fs::write(&program, "one").unwrap();
        let kept = folder.path().join("kept");
        assert!(trusted(&kept, "abc").is_none());
        keep(&program, &kept, "abc", &Recipe::usual()).unwrap();
        assert!(trusted(&kept, "abc").is_some());
        assert!(trusted(&kept, "def").is_none());
        // As a gate that was killed while it copied would leave it.
        fs::write(kept.join("lab"), "on").unwrap();
        assert!(trusted(&kept, "abc").is_none());
        fs::remove_file(kept.join("built.json")).unwrap();
        fs::write(kept.join("lab"), "one").unwrap();
        assert!(trusted(&kept, "abc").is_none());
    }

    #[test]
    fn the_first_error_is_told_with_its_place() {
        let said = "   Compiling goish\nerror[E0425]: cannot find `x`\n  --> src/lib.rs:3:1\n   |\nerror: aborting\n";
        assert_eq!(
            first_error(said),
            "error[E0425]: cannot find `x` at src/lib.rs:3:1"
        );
        assert_eq!(first_error(""), "cargo says nothing");
    }

    #[test]
    fn two_gates_do_not_share_a_cache_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let first = Cache::open(folder.path().to_owned()).unwrap();
        assert!(
            matches!(Cache::open(folder.path().to_owned()), Err(Failure::Other(sentence)) if sentence.contains("another gate"))
        );
        drop(first);
        assert!(Cache::open(folder.path().to_owned()).is_ok());
    }
}
