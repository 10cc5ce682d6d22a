//! What is compared: a commit, or the work tree as it is.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::failure::Failure;
use crate::place::Checkout;

/// What to build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A commit, in a work tree of its own.
    Commit {
        /// As the user named it.
        name: String,
        commit: String,
    },
    /// The work tree as it is.
    WorkTree { commit: String, dirty: bool },
}

impl Source {
    /// The commit of this name.
    ///
    /// # Errors
    ///
    /// [`Failure::Usage`] when there is none, or when it has no lab.
    pub(crate) fn of(workspace: &Path, name: &str) -> Result<Source, Failure> {
        let unknown = || {
            Failure::Usage(format!(
                "there is no revision `{name}` here; name a branch, a tag or a commit that `git log` shows, \
                 and fetch it first if it is remote"
            ))
        };
        if name.starts_with('-') {
            return Err(unknown());
        }
        let commit = git(
            workspace,
            &[
                "rev-parse",
                "--verify",
                "--quiet",
                &format!("{name}^{{commit}}"),
            ],
        )
        .ok_or_else(unknown)?;
        if git(
            workspace,
            &["cat-file", "-e", &format!("{commit}:benches/src/child.rs")],
        )
        .is_none()
        {
            return Err(Failure::Usage(format!(
                "the revision `{name}` ({}) has no lab that a gate could run; choose a later one",
                short(&commit)
            )));
        }
        Ok(Source::Commit {
            name: name.to_owned(),
            commit,
        })
    }

    /// The work tree.
    pub(crate) fn work_tree(workspace: &Path) -> Source {
        let Checkout { commit, dirty } = Checkout::of(workspace);
        Source::WorkTree { commit, dirty }
    }

    pub(crate) fn commit(&self) -> &str {
        match self {
            Source::Commit { commit, .. } | Source::WorkTree { commit, .. } => commit,
        }
    }

    pub(crate) fn dirty(&self) -> bool {
        matches!(self, Source::WorkTree { dirty: true, .. })
    }

    /// Whether this is the commit of another, with nothing changed.
    pub(crate) fn is_exactly(&self, other: &Source) -> bool {
        self.commit() == other.commit() && !self.dirty() && !other.dirty()
    }

    /// For a reader.
    pub(crate) fn name(&self) -> String {
        match self {
            Source::Commit { name, .. } => name.clone(),
            Source::WorkTree { .. } => "work tree".to_owned(),
        }
    }

    /// A file of the revision; `None` when it has none.
    pub(crate) fn file(&self, workspace: &Path, path: &str) -> Option<String> {
        match self {
            Source::Commit { commit, .. } => git(workspace, &["show", &format!("{commit}:{path}")]),
            Source::WorkTree { .. } => std::fs::read_to_string(workspace.join(path)).ok(),
        }
    }

    /// The paths below a folder that differ between base and this.
    pub(crate) fn changed_since(
        &self,
        workspace: &Path,
        base: &Source,
        folder: &str,
    ) -> Vec<String> {
        let mut arguments = vec!["diff", "--name-only", base.commit()];
        if let Source::Commit { commit, .. } = self {
            arguments.push(commit);
        }
        arguments.extend(["--", folder]);
        let paths = git(workspace, &arguments).unwrap_or_default();
        paths.lines().map(str::to_owned).collect()
    }
}

/// As much of a commit as a reader needs.
pub(crate) fn short(commit: &str) -> &str {
    commit.get(..7).unwrap_or(commit)
}

/// What git prints, or `None` when it fails.
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .current_dir(folder)
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// A commit like another, whose sources no compiler takes. No branch knows it, and nothing that is
/// checked out changes.
///
/// # Errors
///
/// When git refuses.
pub(crate) fn broken_commit(workspace: &Path, commit: &str) -> Result<Source, Failure> {
    /// A crate that is built early, so that the error comes soon.
    const FILE: &str = "results/src/lib.rs";
    let refused = || Failure::Other("git cannot make a commit that does not build".to_owned());
    let scratch = tempfile::tempdir().map_err(|_| refused())?;
    let index = scratch.path().join("index");
    let broken = scratch.path().join("broken.rs");
    std::fs::write(&broken, "this is no Rust\n").map_err(|_| refused())?;
    let run = |arguments: &[&str]| -> Result<String, Failure> {
        let output = Command::new("git")
            .current_dir(workspace)
            .args(arguments)
            .env("GIT_INDEX_FILE", &index)
            .envs(["AUTHOR", "COMMITTER"].into_iter().flat_map(|who| {
                [
                    (format!("GIT_{who}_NAME"), "self-test"),
                    (format!("GIT_{who}_EMAIL"), "self-test@localhost"),
                    (format!("GIT_{who}_DATE"), "2000-01-01T00:00:00Z"),
                ]
            }))
            .stdin(Stdio::null())
            .output()
            .ok()
            .filter(|output| output.status.success())
            .ok_or_else(refused)?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    run(&["read-tree", commit])?;
    let blob = run(&["hash-object", "-w", &broken.to_string_lossy()])?;
    run(&[
        "update-index",
        "--cacheinfo",
        &format!("100644,{blob},{FILE}"),
    ])?;
    let tree = run(&["write-tree"])?;
    let commit = run(&[
        "commit-tree",
        &tree,
        "-p",
        commit,
        "-m",
        "This does not build",
    ])?;
    Ok(Source::Commit {
        name: "a head that does not build".to_owned(),
        commit,
    })
}
