//! Changes for the worse that somebody accepted, with the reason: `blessed.jsonl` under the results'
//! root, kept in the repository, so that accepting is reviewed like any other change.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::record::{Cell, Mode};
use crate::store::{StoreError, write_atomically};

/// The version of the lines that this crate writes.
pub const SCHEMA: u32 = 1;

const FILE: &str = "blessed.jsonl";

/// One accepted change. What is `None` stands for all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blessing {
    /// [`SCHEMA`] at the time of writing.
    pub schema: u32,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// The commit that was checked out.
    pub commit: String,
    /// The case.
    pub case: String,
    /// Its parameter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub param: Option<String>,
    /// The engine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<String>,
    /// The mode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// The metric.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<String>,
    /// Why the change is worth its price.
    pub why: String,
}

impl Blessing {
    /// Whether it is about this figure.
    pub fn covers(&self, cell: &Cell, metric: &str) -> bool {
        let agrees = |wanted: &Option<String>, there: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == there)
        };
        self.case == cell.case
            && agrees(&self.param, &cell.param)
            && agrees(&self.engine, &cell.engine)
            && agrees(&self.metric, metric)
            && self.mode.is_none_or(|mode| mode == cell.mode)
    }
}

/// Where the blessings of a results' root are.
pub fn path(root: &Path) -> PathBuf {
    root.join(FILE)
}

/// Reads blessings, one a line.
///
/// # Errors
///
/// [`StoreError::NotJson`] and [`StoreError::NewerSchema`], naming the file and the line.
pub fn parse(text: &str, file: &Path) -> Result<Vec<Blessing>, StoreError> {
    #[derive(Deserialize)]
    struct Versioned {
        schema: u32,
    }
    let mut blessings = Vec::new();
    for (place, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let not_json = |cause: serde_json::Error| StoreError::NotJson {
            file: file.to_owned(),
            line: place + 1,
            cause: cause.to_string(),
        };
        let Versioned { schema } = serde_json::from_str(line).map_err(not_json)?;
        if schema > SCHEMA {
            return Err(StoreError::NewerSchema {
                file: file.to_owned(),
                line: place + 1,
                found: u64::from(schema),
            });
        }
        blessings.push(serde_json::from_str(line).map_err(not_json)?);
    }
    Ok(blessings)
}

/// The blessings of a results' root, the oldest first; none where there is no file.
///
/// # Errors
///
/// Those of [`parse`], and [`StoreError::Io`].
pub fn load(root: &Path) -> Result<Vec<Blessing>, StoreError> {
    let path = path(root);
    match fs::read_to_string(&path) {
        Ok(text) => parse(&text, &path),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(cause) => Err(StoreError::io("read", &path, cause)),
    }
}

/// Adds a blessing to those that there are.
///
/// # Errors
///
/// Those of [`load`]; nothing is added then.
pub fn add(root: &Path, blessing: &Blessing) -> Result<(), StoreError> {
    let mut all = load(root)?;
    all.push(blessing.clone());
    let mut text = Vec::new();
    for blessing in &all {
        serde_json::to_writer(&mut text, blessing)
            .map_err(|cause| StoreError::NotWritable { cause })?;
        text.push(b'\n');
    }
    write_atomically(&path(root), &text)
}

/// The reason of the newest blessing of this figure that head has and base does not: what head's
/// own change asks to be accepted.
pub fn accepted<'a>(
    base: &[Blessing],
    head: &'a [Blessing],
    cell: &Cell,
    metric: &str,
) -> Option<&'a str> {
    let new = head
        .iter()
        .rev()
        .filter(|blessing| !base.contains(blessing));
    new.filter(|blessing| blessing.covers(cell, metric))
        .map(|blessing| blessing.why.as_str())
        .next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blessing(case: &str, engine: Option<&str>) -> Blessing {
        Blessing {
            schema: SCHEMA,
            at: "2026-11-22T20:00:00Z".to_owned(),
            commit: "abc".to_owned(),
            case: case.to_owned(),
            param: None,
            engine: engine.map(str::to_owned),
            mode: None,
            metric: None,
            why: format!("{case} pays for fairness"),
        }
    }

    fn cell(case: &str) -> Cell {
        Cell {
            case: case.to_owned(),
            param: "capacity=0".to_owned(),
            mode: Mode::Goish,
            engine: "native".to_owned(),
        }
    }

    #[test]
    fn what_is_not_named_stands_for_all() {
        assert!(blessing("cancel", None).covers(&cell("cancel"), "ns"));
        assert!(blessing("cancel", Some("native")).covers(&cell("cancel"), "ns"));
        assert!(!blessing("cancel", Some("flume")).covers(&cell("cancel"), "ns"));
        assert!(!blessing("fan-in", None).covers(&cell("cancel"), "ns"));
    }

    #[test]
    fn only_what_head_adds_is_accepted() {
        let old = [blessing("cancel", None)];
        let new = [blessing("cancel", None), blessing("fan-in", None)];
        assert_eq!(accepted(&old, &new, &cell("cancel"), "ns"), None);
        assert_eq!(
            accepted(&old, &new, &cell("fan-in"), "ns"),
            Some("fan-in pays for fairness")
        );
    }

    #[test]
    fn blessings_are_kept_and_read_back() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(load(folder.path()).unwrap(), []);
        let all = [blessing("cancel", None), blessing("fan-in", Some("flume"))];
        for blessing in &all {
            add(folder.path(), blessing).unwrap();
        }
        assert_eq!(load(folder.path()).unwrap(), all);
    }

    #[test]
    fn damage_and_newer_lines_are_told_by_file_and_line() {
        let file = Path::new("results/blessed.jsonl");
        let sentence = |text: &str| parse(text, file).unwrap_err().to_string();
        assert!(sentence("\n{\"schema\":1").contains("results/blessed.jsonl, line 2"));
        assert!(sentence("{\"schema\":7}").contains("schema 7"));
    }
}
