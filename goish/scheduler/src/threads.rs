//! How many threads there may be.
//!
//! A goroutine that blocks in a plain function occupies one. What limits them is the system's: so
//! the limit is looked for here, and named when it is met.

use std::fmt;
use std::fs;
use std::path::Path;

use crate::stack;

/// Mappings of memory that a thread of Rust's takes on Linux: its stack and the stack that overflows
/// are handled on, with a guard page each.
const MAPPINGS: u64 = 4;

/// Threads that remain for the workers, and for others than goroutines.
const RESERVE: u64 = 1_000;

/// Where nothing is known: Go's own limit.
const UNKNOWN: u64 = 10_000;

/// A limit of the system's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Limit {
    name: &'static str,
    value: u64,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.name, self.value)
    }
}

/// How many threads may run goroutines or wait in plain functions of theirs, and what limits them.
///
/// When a process has no mapping left the system may still give it a thread, which then cannot set
/// up the rest of what it needs, and aborts the program. So that limit is kept from being met. Where
/// another is lower, the system says so by refusing a thread.
pub(crate) fn most() -> (usize, Limit) {
    let mappings = number("/proc/sys/vm/max_map_count");
    let (threads, limit) = match mappings {
        Some(value) => (
            value / MAPPINGS,
            Limit {
                name: "vm.max_map_count",
                value,
            },
        ),
        None => (
            UNKNOWN,
            Limit {
                name: "Go's limit on threads",
                value: UNKNOWN,
            },
        ),
    };
    let most = threads.saturating_sub(RESERVE).max(1);
    (usize::try_from(most).unwrap_or(usize::MAX >> 8), limit)
}

/// Why the system gives no more threads, as far as one can see.
pub(crate) fn refused() -> String {
    let threads = status("Threads:").unwrap_or(0);
    let limit = memory(ARENA).or_else(|| {
        let limits = [
            ("kernel.threads-max", number("/proc/sys/kernel/threads-max")),
            ("kernel.pid_max", number("/proc/sys/kernel/pid_max")),
            ("pids.max of its control group", control_group()),
            ("ulimit -u", resource(Resource::Processes)),
        ];
        let known = limits
            .into_iter()
            .filter_map(|(name, value)| value.map(|value| Limit { name, value }));
        known.min_by_key(|limit| limit.value)
    });
    match limit {
        Some(limit) => format!(
            "the system gives no more threads: this program has {threads}, and the lowest limit \
             is {limit}"
        ),
        None => format!("the system gives no more threads: this program has {threads}"),
    }
}

/// Whether the address space, if it is limited, has room for one thread more.
///
/// A thread that gets the last of it starts, and cannot allocate the little that it needs: libc then
/// aborts the program, before anybody can say why. So the last of it is left alone.
pub(crate) fn is_room() -> bool {
    /// What libc adds to a stack, and the same for some that start at the same time.
    const REST: u64 = 14 << 20;
    memory(REST).is_none()
}

/// What libc maps for a moment while a thread starts, to keep the half of it that is aligned. Whoever
/// is refused a thread meanwhile finds the room again a moment later.
const ARENA: u64 = 128 << 20;

/// The limit on memory, if there is no room for the stack of one thread more and so much beside it.
fn memory(beside: u64) -> Option<Limit> {
    /// Of a thread that Rust starts.
    const STACK: usize = 2 << 20;
    let value = resource(Resource::Memory)?;
    let used = status("VmSize:")? << 10;
    let stack = stack::size().unwrap_or(STACK) as u64;
    (used + stack + beside > value).then_some(Limit {
        name: "ulimit -v",
        value: value >> 10,
    })
}

fn number(file: impl AsRef<Path>) -> Option<u64> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

/// A line of what the system tells of this process.
fn status(line: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let value = status.lines().find_map(|text| text.strip_prefix(line))?;
    value.split_whitespace().next()?.parse().ok()
}

/// The limit of this process' control group, of either version.
fn control_group() -> Option<u64> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let limits = groups.lines().filter_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next()?, parts.next()?);
        let path = path.trim_start_matches('/');
        let root = match controllers {
            "" => Path::new("/sys/fs/cgroup"),
            "pids" => Path::new("/sys/fs/cgroup/pids"),
            _ => return None,
        };
        number(root.join(path).join("pids.max"))
    });
    limits.min()
}

enum Resource {
    Processes,
    Memory,
}

#[cfg(target_os = "linux")]
fn resource(resource: Resource) -> Option<u64> {
    let resource = match resource {
        Resource::Processes => libc::RLIMIT_NPROC,
        Resource::Memory => libc::RLIMIT_AS,
    };
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the pointer is to a value of the type that is written.
    let got = unsafe { libc::getrlimit(resource, &raw mut limit) } == 0;
    (got && limit.rlim_cur != libc::RLIM_INFINITY).then_some(limit.rlim_cur)
}

#[cfg(not(target_os = "linux"))]
fn resource(_: Resource) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_limits_threads_is_named() {
        let (most, limit) = most();
        assert!(most >= 1 && limit.to_string().contains(" of "));
        assert!(refused().starts_with("the system gives no more threads: this program has "));
    }
}
