//! Names of runs.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

use super::StoreError;

/// How much of a commit's digest stands in a run's name.
const SHORT_COMMIT: usize = 7;

/// The longest name that every file system takes with room to spare.
const LONGEST: usize = 128;

/// The name of a run that started at this time on this commit, for example
/// `2026-11-22T16-02-05Z-419bfed`. Colons are left out because some file systems and some shells
/// do not take them.
pub fn run_id(at: OffsetDateTime, commit: &str) -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]-[minute]-[second]Z");
    // Formatting fails only for a year beyond four digits, which is no time that a run starts at.
    let stamp = at
        .to_offset(time::UtcOffset::UTC)
        .format(&format)
        .unwrap_or_default();
    let short: String = commit
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(SHORT_COMMIT)
        .collect();
    if short.is_empty() {
        format!("{stamp}-no-commit")
    } else {
        format!("{stamp}-{short}")
    }
}

/// The present time as rows and headers keep it: RFC 3339 in UTC, to the second.
pub fn timestamp() -> String {
    let now = OffsetDateTime::now_utc();
    now.replace_nanosecond(0)
        .unwrap_or(now)
        .format(&Rfc3339)
        .unwrap_or_default()
}

/// Refuses a name that could reach outside the store, hide, or not be a folder's name.
pub(super) fn check(id: &str) -> Result<(), StoreError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let good = !id.is_empty()
        && id.len() <= LONGEST
        && !id.starts_with(['.', '-'])
        && id.chars().all(plain);
    if good {
        Ok(())
    } else {
        Err(StoreError::BadId { id: id.to_owned() })
    }
}

/// What names are sorted by: the name, with a closing number (that of a second run within the same
/// second) as a number.
pub(super) fn sort_key(id: &str) -> (&str, u64) {
    match id.rsplit_once('-') {
        // A short commit may be all digits, so only what follows one is a counter.
        Some((head, tail)) if head.matches('-').count() > 4 && !tail.starts_with('0') => {
            tail.parse().map_or((id, 0), |number| (head, number))
        }
        _ => (id, 0),
    }
}
