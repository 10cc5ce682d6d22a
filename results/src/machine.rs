//! The machine that a measurement was taken on: its components, its fingerprint, and what makes it
//! noisy.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;

mod probe;

/// What a component is called when the system does not tell.
const UNKNOWN: &str = "unknown";

/// Bytes in a GiB. Memory is compared in whole ones, because a kernel keeps a little more or less
/// for itself from one boot to the next.
const GIB: u64 = 1 << 30;

/// With fewer cores than this, whatever else runs takes a visible share of the machine.
const FEW_CORES: u32 = 4;

/// The components of a machine that a measurement depends on.
///
/// Only what stays the same from one start of a program to the next stands here: no clock rate
/// that was measured, no load, no free memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// The processor as it calls itself.
    pub cpu_model: String,
    /// Cores that this program may use.
    pub cores: u32,
    /// Memory of the machine, in bytes; 0 when the system does not tell.
    pub memory_bytes: u64,
    /// The kernel's name and release.
    pub kernel: String,
    /// What sets the cores' clock, for example `performance`; several are joined by `+`.
    pub governor: String,
    /// Simultaneous multithreading: `on`, `off` or `unknown`.
    pub smt: String,
    /// What the machine runs under: `none`, a product's name, `present` when there is one that
    /// does not give its name, or `unknown`.
    pub hypervisor: String,
    /// The memory allocator that the measured program was built with.
    pub allocator: String,
    /// Tokio worker threads that the measured program was given.
    pub workers: u32,
}

/// A component in which two machines differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The component's name, for example `cpu model`.
    pub component: String,
    /// What it is on the machine that was asked.
    pub left: String,
    /// What it is on the other.
    pub right: String,
}

impl Machine {
    /// Reads the components of the machine that this runs on. The allocator and the number of
    /// workers are the caller's to know.
    ///
    /// What the system does not tell is `unknown` (0 for the memory): on anything but Linux that
    /// is most of it.
    pub fn detect(allocator: &str, workers: u32) -> Machine {
        let cores = std::thread::available_parallelism().map_or(1, |count| count.get());
        let cores = u32::try_from(cores).unwrap_or(u32::MAX);
        Machine::detect_under(Path::new("/"), cores, allocator, workers)
    }

    /// The same, with `proc` and `sys` looked for under `root`.
    fn detect_under(root: &Path, cores: u32, allocator: &str, workers: u32) -> Machine {
        Machine {
            cpu_model: probe::cpu_model(root),
            cores,
            memory_bytes: probe::memory_bytes(root),
            kernel: probe::kernel(root),
            governor: probe::governor(root),
            smt: probe::smt(root),
            hypervisor: probe::hypervisor(root),
            allocator: allocator.to_owned(),
            workers,
        }
    }

    /// A digest of the components, 16 hexadecimal digits, the same on every start of a program on
    /// the same machine. Two machines have the same one exactly when
    /// [`differences`](Machine::differences) finds none, but for a chance of one in 2^64.
    pub fn fingerprint(&self) -> String {
        let mut digest = Digest::new();
        for (name, value) in self.components() {
            digest.add(name.as_bytes());
            digest.add(&[0]);
            digest.add(value.as_bytes());
            digest.add(&[0]);
        }
        digest.hex()
    }

    /// The components in which the two differ, in the order in which this type declares them.
    pub fn differences(&self, other: &Machine) -> Vec<Difference> {
        let pairs = self.components().into_iter().zip(other.components());
        pairs
            .filter(|((_, left), (_, right))| left != right)
            .map(|((component, left), (_, right))| Difference {
                component: component.to_owned(),
                left,
                right,
            })
            .collect()
    }

    /// What makes measurements on this machine noisy, one sentence each, as far as its components
    /// tell; [`load`] adds what is so at this moment.
    pub fn noise(&self) -> Vec<String> {
        let mut sentences = Vec::new();
        match self.hypervisor.as_str() {
            "none" => {}
            UNKNOWN => sentences.push(
                "It is not known whether this machine is virtual; a virtual one shares its cores with others."
                    .to_owned(),
            ),
            name => sentences.push(format!(
                "This machine is virtual (hypervisor: {name}): others may use its cores and memory bandwidth at any time."
            )),
        }
        match self.governor.as_str() {
            "performance" => {}
            UNKNOWN => sentences.push(
                "The frequency governor is unknown, so the clock rate may change during a run.".to_owned(),
            ),
            name => sentences.push(format!(
                "The frequency governor is `{name}`, which changes the clock rate during a run; `performance` is steadier."
            )),
        }
        match self.smt.as_str() {
            "off" => {}
            UNKNOWN => sentences.push(
                "It is not known whether two threads share a core (SMT); where they do, each slows the other."
                    .to_owned(),
            ),
            _ => sentences.push(
                "Simultaneous multithreading is on: two threads on one core slow each other.".to_owned(),
            ),
        }
        if self.cores < FEW_CORES {
            sentences.push(format!(
                "There are few cores ({}): whatever else runs takes a visible share of them.",
                self.cores
            ));
        }
        if self.workers > self.cores {
            sentences.push(format!(
                "There are more workers ({}) than cores ({}): the kernel decides which of them run.",
                self.workers, self.cores
            ));
        }
        sentences
    }

    /// Every component by name, as text, in the order of declaration: the one list behind the
    /// fingerprint and the differences.
    fn components(&self) -> [(&'static str, String); 9] {
        [
            ("cpu model", self.cpu_model.clone()),
            ("cores", self.cores.to_string()),
            ("memory", memory_text(self.memory_bytes)),
            ("kernel", self.kernel.clone()),
            ("governor", self.governor.clone()),
            ("smt", self.smt.clone()),
            ("hypervisor", self.hypervisor.clone()),
            ("allocator", self.allocator.clone()),
            ("workers", self.workers.to_string()),
        ]
    }
}

/// How busy the machine that this runs on is at this moment, as one sentence; `None` when it is
/// idle or does not tell. It is no part of a [`Machine`], because it is no part of a record.
pub fn load() -> Option<String> {
    probe::load_average(Path::new("/")).and_then(load_sentence)
}

/// The sentence for a load average, when it is worth one.
fn load_sentence(average: f64) -> Option<String> {
    (average >= 0.2).then(|| {
        format!("The load average over the last minute is {average:.2}: something else is running.")
    })
}

/// Memory as it is compared: whole GiB, rounded to the nearest.
fn memory_text(bytes: u64) -> String {
    match bytes {
        0 => UNKNOWN.to_owned(),
        bytes if bytes < GIB => format!("{} MiB", bytes >> 20),
        bytes => format!("{} GiB", (bytes + GIB / 2) / GIB),
    }
}

#[cfg(test)]
mod tests;
