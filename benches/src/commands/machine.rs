//! `lab machine`: the fingerprint, and what makes this machine noisy.

use std::io::Write;

use goish_results::machine::{self, Machine};

use crate::failure::Failure;

/// Show this machine's fingerprint, and what makes it noisy
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Print one JSON array with one object
    #[arg(long)]
    json: bool,
}

/// This machine, with the workers that samples run on.
pub(super) fn detect() -> Machine {
    Machine::detect(crate::ALLOCATOR, crate::workers())
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let machine = detect();
    let mut noise = machine.noise();
    noise.extend(machine::load());
    if arguments.json {
        let mut object = serde_json::to_value(&machine)?;
        object["fingerprint"] = machine.fingerprint().into();
        object["noise"] = noise.into();
        return super::print_json(&[object]);
    }
    let mut out = std::io::stdout().lock();
    writeln!(out, "fingerprint  {}", machine.fingerprint())?;
    let memory = format!(
        "{:.1} GiB",
        machine.memory_bytes as f64 / f64::from(1 << 30)
    );
    for (name, value) in [
        ("cpu", machine.cpu_model.as_str()),
        ("cores", &machine.cores.to_string()),
        ("memory", &memory),
        ("kernel", &machine.kernel),
        ("governor", &machine.governor),
        ("smt", &machine.smt),
        ("hypervisor", &machine.hypervisor),
        ("allocator", &machine.allocator),
        ("workers", &machine.workers.to_string()),
    ] {
        writeln!(out, "{name:<12} {value}")?;
    }
    writeln!(out, "\nwhat makes it noisy")?;
    for sentence in &noise {
        writeln!(out, "- {sentence}")?;
    }
    if noise.is_empty() {
        writeln!(out, "- nothing that can be seen from here")?;
    }
    Ok(out.flush()?)
}
