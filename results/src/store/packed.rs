//! A run's rows as they are kept: as they were written, or packed by `gzip` when the run is complete.
//! Raw samples are text that repeats itself, and take a thirteenth of the room then.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use super::{ROWS, StoreError};

/// The file with a run's rows, packed.
const PACKED: &str = "rows.jsonl.gz";

/// Where a run's rows are packed, if they are. What is there unpacked goes first.
pub(super) fn file(directory: &Path) -> Option<PathBuf> {
    let packed = directory.join(PACKED);
    (packed.exists() && !directory.join(ROWS).exists()).then_some(packed)
}

/// The bytes of a run's rows, none if there are no rows yet, and the file that they are from.
pub(super) fn read(directory: &Path) -> Result<(Vec<u8>, PathBuf), StoreError> {
    if let Some(packed) = file(directory) {
        return Ok((unpack(&packed)?, packed));
    }
    let path = directory.join(ROWS);
    match fs::read(&path) {
        Ok(bytes) => Ok((bytes, path)),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok((Vec::new(), path)),
        Err(cause) => Err(StoreError::io("read", &path, cause)),
    }
}

fn unpack(path: &Path) -> Result<Vec<u8>, StoreError> {
    let file = File::open(path).map_err(|cause| StoreError::io("read", path, cause))?;
    let mut bytes = Vec::new();
    match MultiGzDecoder::new(file).read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(cause) => Err(StoreError::NotPacked {
            file: path.to_owned(),
            cause,
        }),
    }
}
