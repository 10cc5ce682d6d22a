//! The append-only log of rows: every line whole and on the disk, or taken back.

use std::fs::File;
use std::io::{self, Write};

/// Where a log's bytes go. A file is the one that counts; tests put one in its place that runs out
/// of space.
pub(crate) trait Sink: Write {
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
pub(crate) enum AppendError {
    /// It could not be written, and what was written of it has been taken back.
    Refused(io::Error),
    /// Part of a line is in the log and could not be taken back: nothing may be appended to it.
    Torn,
}

/// A log that ends with a whole line, or knows that it does not.
#[derive(Debug)]
pub(crate) struct Log<S> {
    sink: S,
    length: u64,
    torn: bool,
}

impl<S: Sink> Log<S> {
    /// A log whose first `length` bytes are whole lines and which has nothing after them.
    pub(crate) fn new(sink: S, length: u64) -> Log<S> {
        Log {
            sink,
            length,
            torn: false,
        }
    }

    /// Appends one line in one write, and returns once it is on the disk.
    pub(crate) fn append(&mut self, line: &[u8]) -> Result<(), AppendError> {
        if self.torn {
            self.take_back();
        }
        if self.torn {
            return Err(AppendError::Torn);
        }
        let written = self.sink.write_all(line).and_then(|()| self.sink.sync());
        if let Err(cause) = written {
            // Half a line followed by a whole one could not be told from damage, so the half goes.
            self.take_back();
            return Err(AppendError::Refused(cause));
        }
        self.length += line.len() as u64;
        Ok(())
    }

    /// Cuts away what follows the last whole line, and remembers whether that went well.
    fn take_back(&mut self) {
        self.torn = self.sink.cut(self.length).is_err();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sink with so much room, of which the last bytes may come in pieces, and whose parts can
    /// be made to fail.
    #[derive(Default)]
    struct Disk {
        bytes: Vec<u8>,
        room: usize,
        sync_fails: bool,
        cut_fails: bool,
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let taken = bytes.len().min(self.room - self.bytes.len());
            if taken == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.bytes.extend(&bytes[..taken]);
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Sink for &mut Disk {
        fn sync(&mut self) -> io::Result<()> {
            if self.sync_fails {
                Err(io::ErrorKind::StorageFull.into())
            } else {
                Ok(())
            }
        }

        fn cut(&mut self, length: u64) -> io::Result<()> {
            if self.cut_fails {
                return Err(io::ErrorKind::Other.into());
            }
            self.bytes
                .truncate(usize::try_from(length).expect("a small test"));
            Ok(())
        }
    }

    fn disk(room: usize) -> Disk {
        Disk {
            room,
            ..Disk::default()
        }
    }

    #[test]
    fn a_line_that_does_not_fit_leaves_nothing_of_itself() {
        for room in 4..8 {
            let mut disk = disk(room);
            let mut log = Log::new(&mut disk, 0);
            log.append(b"one\n").expect("room");
            let error = log.append(b"two\n").expect_err("no room");
            assert!(
                matches!(&error, AppendError::Refused(cause) if cause.kind() == io::ErrorKind::StorageFull)
            );
            log.sink.room = 100;
            log.append(b"two\n").expect("room now");
            assert_eq!(disk.bytes, b"one\ntwo\n", "room for {room}");
        }
    }

    #[test]
    fn a_line_that_is_not_known_to_be_on_the_disk_is_taken_back() {
        let mut disk = disk(100);
        disk.sync_fails = true;
        let mut log = Log::new(&mut disk, 0);
        assert!(matches!(log.append(b"one\n"), Err(AppendError::Refused(_))));
        log.sink.sync_fails = false;
        log.append(b"one\n").expect("it works again");
        assert_eq!(disk.bytes, b"one\n");
    }

    #[test]
    fn nothing_follows_half_a_line() {
        let mut disk = disk(6);
        let mut log = Log::new(&mut disk, 0);
        log.append(b"one\n").expect("room");
        log.sink.cut_fails = true;
        assert!(matches!(log.append(b"two\n"), Err(AppendError::Refused(_))));
        log.sink.room = 100;
        assert!(matches!(log.append(b"three\n"), Err(AppendError::Torn)));
        assert_eq!(log.sink.bytes, b"one\ntw");
        log.sink.cut_fails = false;
        log.append(b"three\n").expect("the half is gone");
        assert_eq!(disk.bytes, b"one\nthree\n");
    }
}
