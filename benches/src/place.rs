//! Where we are: the workspace, its commit, and the versions of the engines in it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use goish_engines::Info;
use serde::Deserialize;

/// The root of the workspace: the nearest folder upwards of the current one that is it, else the
/// one that this program was built in.
pub(crate) fn workspace() -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    let upwards = here.ancestors().find(|folder| is_workspace(folder));
    let built_in = || Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    upwards
        .or_else(built_in)
        .unwrap_or(Path::new("."))
        .to_owned()
}

fn is_workspace(folder: &Path) -> bool {
    let manifest = std::fs::read_to_string(folder.join("benches/Cargo.toml")).unwrap_or_default();
    manifest.contains("name = \"goish-lab\"") && folder.join("Cargo.toml").is_file()
}

/// What is checked out, as git says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Checkout {
    /// The commit, or `unknown` without git.
    pub(crate) commit: String,
    /// Whether the sources differ from it. True when that is not known.
    pub(crate) dirty: bool,
}

impl Checkout {
    /// Asks git about the workspace. What the lab itself writes, runs and reports, does not count
    /// as a difference: a run would otherwise make the next one dirty.
    pub(crate) fn of(workspace: &Path) -> Self {
        let commit = git(workspace, &["rev-parse", "HEAD"]);
        let status = [
            "status",
            "--porcelain",
            "--",
            ".",
            ":(exclude)results/runs",
            ":(exclude)results/reports",
            ":(exclude)results/gates",
        ];
        let status = git(workspace, &status);
        Checkout {
            commit: commit.unwrap_or_else(|| "unknown".to_owned()),
            dirty: status.is_none_or(|status| !status.is_empty()),
        }
    }
}

fn git(workspace: &Path, arguments: &[&str]) -> Option<String> {
    said_by(Command::new("git").current_dir(workspace).args(arguments))
}

/// What a command says on its standard output, if it succeeds.
pub(crate) fn said_by(command: &mut Command) -> Option<String> {
    command.stdin(Stdio::null()).stderr(Stdio::null());
    let output = command
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The lock file that this program was built with, not the one that lies around when it runs.
const LOCK: &str = include_str!("../../Cargo.lock");

#[derive(Deserialize)]
struct Lock {
    package: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    #[serde(default)]
    dependencies: Vec<String>,
}

/// For each engine the crate behind it and that crate's version, for example `flume` to
/// `flume 0.12.0`.
pub(crate) fn engine_versions(engines: &[Info]) -> BTreeMap<String, String> {
    let lock: Lock = toml::from_str(LOCK).unwrap_or(Lock {
        package: Vec::new(),
    });
    let described = |engine: &Info| {
        let version = version(&lock, engine.package).unwrap_or("unknown");
        (
            engine.name.to_owned(),
            format!("{} {version}", engine.package),
        )
    };
    engines.iter().map(described).collect()
}

/// The lock file of the field.
const FIELD_LOCK: &str = include_str!("../field/Cargo.lock");

/// The version of a package that the field uses: the newest, where the lock file has several.
pub(crate) fn field_version(name: &str) -> Option<String> {
    let lock: Lock = toml::from_str(FIELD_LOCK).ok()?;
    let field = lock
        .package
        .iter()
        .find(|package| package.name == "goish-field")?;
    let named = |dependency: &&String| dependency.split(' ').next() == Some(name);
    let exact = field.dependencies.iter().find(named)?.split(' ').nth(1);
    let only = || lock.package.iter().find(|package| package.name == name);
    exact
        .or_else(|| only().map(|package| package.version.as_str()))
        .map(str::to_owned)
}

/// The version of a package that goish-engines uses. The lock file may have several; it then says
/// which one a package depends on.
fn version<'a>(lock: &'a Lock, name: &str) -> Option<&'a str> {
    const ENGINES: &str = "goish-engines";
    let engines = lock
        .package
        .iter()
        .find(|package| package.name == ENGINES)?;
    let exact = engines.dependencies.iter().find_map(|dependency| {
        let (package, rest) = dependency.split_once(' ')?;
        (package == name).then(|| rest.split(' ').next().unwrap_or(rest))
    });
    let only = || lock.package.iter().find(|package| package.name == name);
    exact.or_else(|| only().map(|package| package.version.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_engine_has_a_version() {
        for (engine, version) in engine_versions(&goish_engines::built()) {
            assert!(!version.ends_with("unknown"), "{engine}: {version}");
        }
    }

    #[test]
    fn of_several_versions_the_one_that_the_engines_use_counts() {
        let lock: Lock = toml::from_str(
            r#"
            [[package]]
            name = "flume"
            version = "0.11.1"
            [[package]]
            name = "flume"
            version = "0.12.0"
            [[package]]
            name = "goish-engines"
            version = "0.1.0"
            dependencies = ["flume 0.12.0"]
            "#,
        )
        .unwrap();
        assert_eq!(version(&lock, "flume"), Some("0.12.0"));
        assert_eq!(version(&lock, "goish-engines"), Some("0.1.0"));
        assert_eq!(version(&lock, "kanal"), None);
    }

    #[test]
    fn the_workspace_is_found_from_within() {
        assert!(is_workspace(&workspace()));
    }

    #[test]
    fn outside_of_git_the_commit_is_unknown() {
        let folder = tempfile::tempdir().unwrap();
        let checkout = Checkout::of(folder.path());
        assert_eq!(
            checkout,
            Checkout {
                commit: "unknown".to_owned(),
                dirty: true
            }
        );
    }
}
