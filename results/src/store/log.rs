//! The append-only log of rows: every line whole and on the disk, or taken back.

use std::fs::File;
use std::io::{self, Write};

/// Where a log's bytes go. A file is the one that counts; tests put one in its place that runs out
/// of space.
pub(super) trait Sink: Write {
    /// Returns once everything that was written is on the disk.
    fn sync(&mut self) -> io::Result<()>;
    /// Cuts away what follows the first `length` bytes.
    fn cut(&mut self, length: u64) -> io::Result<()>;
}

impl Sink for File {
    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)?;
        self.sync_all()
    }
}

/// Why a line was not appended.
#[derive(Debug)]
pub(super) enum AppendError {
    /// It could not be written, and what was written of it has been taken back.
    Refused(io::Error),
    /// Part of a line is in the log and could not be taken back: nothing may be appended to it.
    Torn,
}

/// A log that ends with a whole line, or knows that it does not.
#[derive(Debug)]
pub(super) struct Log<S> {
    sink: S,
    length: u64,
    torn: bool,
}

impl<S: Sink> Log<S> {
    /// A log whose first `length` bytes are whole lines and which has nothing after them.
    pub(super) fn new(sink: S, length: u64) -> Log<S> {
        Log {
            sink,
            length,
            torn: false,
        }
    }

    /// Appends one line in one write, and returns once it is on the disk.
    pub(super) fn append(&mut self, line: &[u8]) -> Result<(), AppendError> {
        if self.torn {
            return Err(AppendError::Torn);
        }
        let written = self.sink.write_all(line).and_then(|()| self.sink.sync());
        if let Err(cause) = written {
            // Half a line followed by a whole one could not be told from damage, so the half goes.
            self.torn = self.sink.cut(self.length).is_err();
            return Err(AppendError::Refused(cause));
        }
        self.length += line.len() as u64;
        Ok(())
    }
}
