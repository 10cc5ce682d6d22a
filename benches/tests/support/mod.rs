//! The lab as its users meet it: a program with arguments, an exit code and two outputs.

#![allow(dead_code, reason = "each test file uses its own part of this")]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A laboratory with a store of its own, whose samples are ten thousand times too small.
pub(crate) struct Lab {
    folder: TempDir,
    child: Option<PathBuf>,
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// The one sentence that the command failed with. Whatever else happens, nothing panics.
    pub(crate) fn sentence(&self) -> &str {
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        let lines: Vec<_> = self
            .stderr
            .lines()
            .filter_map(|line| line.strip_prefix("error: "))
            .collect();
        assert_eq!(lines.len(), 1, "one sentence is expected:\n{}", self.stderr);
        lines[0]
    }

    /// Asserts the exit code, and that the sentence has these words.
    pub(crate) fn failed_with(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:?}");
        let sentence = self.sentence();
        for word in words {
            assert!(
                sentence.contains(word),
                "`{word}` is missing from: {sentence}"
            );
        }
    }

    pub(crate) fn succeeded(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Ended {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Lab {
    pub(crate) fn new() -> Self {
        Lab {
            folder: tempfile::tempdir().unwrap(),
            child: None,
        }
    }

    /// A laboratory whose child processes are this shell script. `$LAB` is the real program.
    pub(crate) fn with_child(script: &str) -> Self {
        use std::os::unix::fs::PermissionsExt;
        let mut lab = Lab::new();
        let path = lab.folder.path().join("child.sh");
        let program = env!("CARGO_BIN_EXE_lab");
        fs::write(&path, format!("#!/bin/sh\nLAB='{program}'\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        lab.child = Some(path);
        lab
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    pub(crate) fn results(&self) -> PathBuf {
        self.path("results")
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
        command
            .args(arguments)
            .env("GOISH_RESULTS", self.results())
            .env_remove("GOISH_LAB_CHILD")
            .stdin(Stdio::null());
        if let Some(child) = &self.child {
            command.env("GOISH_LAB_CHILD", child);
        }
        command
    }

    pub(crate) fn lab(&self, arguments: &[&str]) -> Ended {
        self.command(arguments).output().unwrap().into()
    }

    /// Runs the smallest samples of these cases on the default engine.
    pub(crate) fn run(&self, cases: &str, more: &[&str]) -> Ended {
        self.lab(&self::run(cases, more))
    }

    /// The id of the only run.
    pub(crate) fn id(&self) -> String {
        let mut runs = fs::read_dir(self.results().join("runs")).unwrap();
        let id = runs
            .next()
            .unwrap()
            .unwrap()
            .file_name()
            .into_string()
            .unwrap();
        assert!(runs.next().is_none());
        id
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.results().join("runs").join(self.id()).join(name)
    }

    pub(crate) fn rows(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.file("rows.jsonl")).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// The reason of the only kind of outcome that there is, which must be an error.
    pub(crate) fn error(&self) -> String {
        let rows = self.rows();
        assert!(!rows.is_empty());
        for row in &rows {
            assert_eq!(row["status"], "error", "{row}");
            assert_eq!(row["reason"], rows[0]["reason"]);
        }
        rows[0]["reason"].as_str().unwrap().to_owned()
    }

    /// Changes a field of the run's header.
    pub(crate) fn change_header(&self, change: impl FnOnce(&mut Value)) {
        let path = self.file("run.json");
        let mut header = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        change(&mut header);
        fs::write(path, serde_json::to_vec(&header).unwrap()).unwrap();
    }
}

/// The arguments for the smallest samples of these cases on the default engine.
pub(crate) fn run<'a>(cases: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec![
        "run",
        "--scale",
        "10000",
        "--samples",
        "1",
        "--cases",
        cases,
    ];
    arguments.extend(["--engines", goish_engines::built()[0].name]);
    arguments.extend(more);
    arguments
}
