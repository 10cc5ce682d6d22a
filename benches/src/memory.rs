//! How much memory this process has, and how much a sample may have.

use crate::stage::Wrong;

/// Resident and heap bytes at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Footprint {
    resident: i64,
    heap: i64,
}

impl Footprint {
    /// Reads both.
    ///
    /// # Errors
    ///
    /// Where there is no `/proc/self/statm`.
    pub fn now() -> Result<Self, Wrong> {
        Ok(Footprint {
            resident: resident()? as i64,
            heap: crate::allocator::bytes(),
        })
    }

    /// Resident bytes that came since `earlier`, shared out over `count`.
    pub fn resident_per(self, earlier: Footprint, count: u64) -> f64 {
        (self.resident - earlier.resident) as f64 / count as f64
    }

    /// Heap bytes that came since `earlier`, shared out over `count`.
    pub fn heap_per(self, earlier: Footprint, count: u64) -> f64 {
        (self.heap - earlier.heap) as f64 / count as f64
    }
}

/// Resident bytes of this process.
///
/// # Errors
///
/// Where there is no `/proc/self/statm`.
#[cfg(target_os = "linux")]
pub fn resident() -> Result<u64, Wrong> {
    const PATH: &str = "/proc/self/statm";
    let text =
        std::fs::read_to_string(PATH).map_err(|error| Wrong::Memory(format!("{PATH}: {error}")))?;
    let pages = text
        .split_ascii_whitespace()
        .nth(1)
        .and_then(|pages| pages.parse::<u64>().ok());
    let pages = pages.ok_or_else(|| Wrong::Memory(format!("{PATH} says `{}`", text.trim())))?;
    Ok(pages * rustix::param::page_size() as u64)
}

/// Resident bytes of this process.
///
/// # Errors
///
/// Always: only Linux has `/proc/self/statm`.
#[cfg(not(target_os = "linux"))]
pub fn resident() -> Result<u64, Wrong> {
    Err(Wrong::Memory(
        "this system has no /proc/self/statm".to_owned(),
    ))
}

/// Lets this process have as many files open as the system allows it: a thousand connections within
/// one process are two thousand. Without more, the connections say what they lack.
pub(crate) fn allow_open_files() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let limit = getrlimit(Resource::Nofile);
        let _ = setrlimit(
            Resource::Nofile,
            Rlimit {
                current: limit.maximum,
                maximum: limit.maximum,
            },
        );
    }
}

/// Bytes that one sample may take so that the machine never suffers: three quarters of what is
/// free now, within the control group if there is one. `None` where that cannot be found out.
pub(crate) fn allowance() -> Option<u64> {
    let available = meminfo_available()?;
    let limit = control_group_room().map_or(available, |room| room.min(available));
    Some(limit / 4 * 3)
}

fn meminfo_available() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

fn control_group_room() -> Option<u64> {
    let read = |name: &str| -> Option<u64> {
        std::fs::read_to_string(format!("/sys/fs/cgroup/{name}"))
            .ok()?
            .trim()
            .parse()
            .ok()
    };
    Some(read("memory.max")?.saturating_sub(read("memory.current")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn resident_memory_grows_with_what_is_touched() {
        let before = Footprint::now().unwrap();
        let block = vec![1u8; 64 << 20];
        let after = Footprint::now().unwrap();
        assert!(after.resident_per(before, 1) > f64::from(32 << 20));
        drop(block);
    }
}
