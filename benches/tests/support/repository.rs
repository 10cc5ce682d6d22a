//! A repository with a lab of a few lines of shell in it, for what a gate does around the samples.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::Ended;

/// A lab whose every sample of `prod-cons-1` takes 100 ns.
pub(crate) const STEADY: &str = r#"
protocol() { echo '{"protocol":2,"cases":[["prod-cons-1",""]],"engines":["native"]}'; }
child() { value 100; }
"#;

/// What every script begins with. Functions that a revision defines again take their place.
const PRELUDE: &str = r#"#!/bin/sh
value() { echo "{\"status\":\"ok\",\"figures\":[{\"metric\":\"per-message\",\"unit\":\"ns\",\"value\":$1}]}"; }
failed() { echo "{\"status\":\"error\",\"reason\":\"$1\"}"; }
operations() { for argument; do case "$argument" in --operations=*) echo "${argument#*=}";; esac; done; }
counted() { echo "{\"counted\":{\"operations\":$1,\"allocations\":$2,\"held\":null}}"; }
count() { n=$(operations "$@"); counted $n $((n * 2)); }
"#;

/// What every script ends with.
const POSTLUDE: &str = "\ncommand=$1; shift; \"$command\" \"$@\"\n";

/// A `cargo` that finds the program in the work tree, and refuses one that says so.
const CARGO: &str = r#"#!/bin/sh
echo build >> "$(dirname "$0")/builds"
if grep -q 'does not build' lab.sh; then
    echo 'error[E0425]: cannot find value `x` in this scope' >&2
    echo '  --> engines/src/flume.rs:3:1' >&2
    exit 101
fi
chmod +x lab.sh
echo "{\"reason\":\"compiler-artifact\",\"executable\":\"$PWD/lab.sh\"}"
"#;

pub(crate) struct Repository {
    folder: TempDir,
}

impl Repository {
    /// A repository with one commit, tagged `base`, whose lab is this script.
    pub(crate) fn new(script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let repository = Repository { folder };
        repository.write("cargo", CARGO);
        let tree = repository.tree();
        fs::create_dir_all(tree.join("benches/src")).unwrap();
        fs::write(tree.join("Cargo.toml"), "").unwrap();
        fs::write(tree.join("benches/Cargo.toml"), "name = \"goish-lab\"\n").unwrap();
        fs::write(tree.join("benches/src/child.rs"), "").unwrap();
        repository.git(&["init", "--quiet"]);
        repository.commit(script);
        repository.git(&["tag", "base"]);
        repository
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    pub(crate) fn tree(&self) -> PathBuf {
        self.path("tree")
    }

    pub(crate) fn cache(&self) -> PathBuf {
        self.path("cache")
    }

    /// Puts a script into the work tree.
    pub(crate) fn script(&self, script: &str) {
        let text = format!("{PRELUDE}{script}{POSTLUDE}");
        fs::write(self.tree().join("lab.sh"), text).unwrap();
    }

    /// Commits a script, and gives the commit.
    pub(crate) fn commit(&self, script: &str) -> String {
        self.script(script);
        self.git(&["add", "--all"]);
        self.git(&[
            "commit",
            "--quiet",
            "--allow-empty",
            "--message",
            "Change the lab",
        ]);
        self.git(&["rev-parse", "HEAD"])
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .current_dir(self.tree())
            .args(["-c", "user.name=t", "-c", "user.email=t@localhost"])
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// How often cargo was run.
    pub(crate) fn builds(&self) -> usize {
        fs::read_to_string(self.path("builds")).map_or(0, |text| text.lines().count())
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
        command
            .current_dir(self.tree())
            .args(arguments)
            .env("GOISH_RESULTS", self.path("results"))
            .env("GOISH_LAB_GATE_CACHE", self.cache())
            .env("CARGO", self.path("cargo"))
            // Counting instructions of a shell takes its time, and says nothing here.
            .env("PATH", without_valgrind())
            .env_remove("GITHUB_STEP_SUMMARY")
            .env_remove("GOISH_LAB_CHILD")
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn lab(&self, arguments: &[&str]) -> Ended {
        self.command(arguments).output().unwrap().into()
    }

    /// Gates the work tree against `base` on the one case that the scripts have.
    pub(crate) fn gate(&self, more: &[&str]) -> Ended {
        self.lab(&gate(more))
    }

    /// The folder of the only gate.
    pub(crate) fn gate_folder(&self) -> PathBuf {
        let mut gates = fs::read_dir(self.path("results/gates")).unwrap();
        let gate = gates.next().unwrap().unwrap().path();
        assert!(gates.next().is_none());
        gate
    }

    pub(crate) fn report(&self) -> Value {
        serde_json::from_slice(&fs::read(self.gate_folder().join("report.json")).unwrap()).unwrap()
    }

    pub(crate) fn rows(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.gate_folder().join("rows.jsonl")).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

/// The arguments of a gate on the one case that the scripts have.
pub(crate) fn gate<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["gate", "--base", "base", "--cases", "prod-cons-1"];
    arguments.extend(["--engines", "native"]);
    if !more.contains(&"--budget") {
        arguments.extend(["--budget", "1"]);
    }
    arguments.extend(more);
    arguments
}

fn without_valgrind() -> std::ffi::OsString {
    let path = std::env::var_os("PATH").unwrap();
    // Links to what the scripts need, so that a folder with valgrind in it can be left out.
    let folders = std::env::split_paths(&path).filter(|folder: &PathBuf| !has(folder, "valgrind"));
    let folders: Vec<PathBuf> = folders.collect();
    let enough = ["sh", "git", "grep", "dirname", "sleep"]
        .iter()
        .all(|program| folders.iter().any(|folder| has(folder, program)));
    if enough {
        return std::env::join_paths(folders).unwrap();
    }
    let links = Path::new(env!("CARGO_TARGET_TMPDIR")).join("without-valgrind");
    fs::create_dir_all(&links).unwrap();
    for program in ["sh", "git", "grep", "dirname", "sleep", "chmod", "cat"] {
        if let Some(folder) = std::env::split_paths(&path).find(|folder| has(folder, program)) {
            let _ = std::os::unix::fs::symlink(folder.join(program), links.join(program));
        }
    }
    links.into_os_string()
}

fn has(folder: &Path, program: &str) -> bool {
    folder.join(program).is_file()
}
