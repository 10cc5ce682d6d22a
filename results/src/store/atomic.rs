//! Files that are written whole or not at all.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use tempfile::{Builder, TempDir};

use super::StoreError;

/// Writes a file whole or not at all: into a scratch file beside it, synced, then moved into place.
/// What was there before stays until the new content is safe on the disk. Folders that are missing
/// on the way are made.
///
/// # Errors
///
/// [`StoreError::Io`], naming the path; the old content, if any, is untouched then.
pub fn write_atomically(path: &Path, content: &[u8]) -> Result<(), StoreError> {
    let parent = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(parent).map_err(|cause| StoreError::io("create", parent, cause))?;
    let failed = |cause| StoreError::io("write", path, cause);
    let mut scratch = builder(0o666).tempfile_in(parent).map_err(failed)?;
    scratch.write_all(content).map_err(failed)?;
    scratch.as_file().sync_all().map_err(failed)?;
    scratch
        .persist(path)
        .map_err(|refused| failed(refused.error))?;
    sync_directory(parent)
}

/// A folder with a name that no run can have, removed again unless it is kept.
pub(super) fn scratch_directory(parent: &Path) -> Result<TempDir, StoreError> {
    builder(0o777)
        .tempdir_in(parent)
        .map_err(|cause| StoreError::io("write", parent, cause))
}

/// Makes names in a folder survive a loss of power. Only Unix can sync a folder; elsewhere the
/// system looks after it.
pub(super) fn sync_directory(directory: &Path) -> Result<(), StoreError> {
    if cfg!(unix) {
        File::open(directory)
            .and_then(|directory| directory.sync_all())
            .map_err(|cause| StoreError::io("sync", directory, cause))?;
    }
    Ok(())
}

/// Scratch names begin with a dot, and are readable by whom the user's mask says: the library's own
/// default is the owner alone, which would make every report private.
fn builder(mode: u32) -> Builder<'static, 'static> {
    let mut builder = Builder::new();
    builder.prefix(".scratch-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(mode));
    }
    #[cfg(not(unix))]
    let _ = mode;
    builder
}
