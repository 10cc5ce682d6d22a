//! Reading a machine's components from `/proc` and `/sys`. Each function looks under a given root,
//! so that tests can lay out a machine of their own, and answers `unknown` for what is not there.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::UNKNOWN;

/// The processor as it calls itself. `cpuinfo` names it on x86; other processors give an
/// implementer and a part number, or a board's name in the device tree.
pub(super) fn cpu_model(root: &Path) -> String {
    let info = text(root, "proc/cpuinfo").unwrap_or_default();
    let named = ["model name", "Processor", "cpu", "uarch"]
        .iter()
        .find_map(|key| field(&info, key))
        .or_else(|| {
            let (implementer, part) = (field(&info, "CPU implementer")?, field(&info, "CPU part")?);
            Some(format!("implementer {implementer} part {part}"))
        })
        .or_else(|| text(root, "proc/device-tree/model"));
    named.unwrap_or_else(|| UNKNOWN.to_owned())
}

/// The machine's memory in bytes, or 0.
pub(super) fn memory_bytes(root: &Path) -> u64 {
    let info = text(root, "proc/meminfo").unwrap_or_default();
    let kib = field(&info, "MemTotal")
        .and_then(|value| value.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0).saturating_mul(1024)
}

/// The kernel's name and release; elsewhere than on Linux the name of the system.
pub(super) fn kernel(root: &Path) -> String {
    match text(root, "proc/sys/kernel/osrelease") {
        Some(release) => {
            let name = text(root, "proc/sys/kernel/ostype").unwrap_or_else(|| "Linux".to_owned());
            format!("{name} {release}")
        }
        None => std::env::consts::OS.to_owned(),
    }
}

/// The frequency governors of all cores, each once.
pub(super) fn governor(root: &Path) -> String {
    let Ok(entries) = fs::read_dir(root.join("sys/devices/system/cpu")) else {
        return UNKNOWN.to_owned();
    };
    let governors: BTreeSet<String> = entries
        .flatten()
        .filter_map(|entry| text(&entry.path(), "cpufreq/scaling_governor"))
        .collect();
    if governors.is_empty() {
        return UNKNOWN.to_owned();
    }
    governors.into_iter().collect::<Vec<_>>().join("+")
}

/// Whether two threads share a core.
pub(super) fn smt(root: &Path) -> String {
    let active = text(root, "sys/devices/system/cpu/smt/active");
    match active.as_deref() {
        Some("1") => "on",
        Some("0") => "off",
        _ => UNKNOWN,
    }
    .to_owned()
}

/// What the machine runs under. The processor's own `hypervisor` flag decides whether there is
/// one; its name comes from the firmware's tables, which a small virtual machine may not have.
pub(super) fn hypervisor(root: &Path) -> String {
    if let Some(kind) = text(root, "sys/hypervisor/type") {
        return kind;
    }
    let info = text(root, "proc/cpuinfo").unwrap_or_default();
    let Some(flags) = field(&info, "flags") else {
        return UNKNOWN.to_owned();
    };
    if !flags.split_whitespace().any(|flag| flag == "hypervisor") {
        return "none".to_owned();
    }
    let product = [
        "sys/class/dmi/id/sys_vendor",
        "sys/class/dmi/id/product_name",
    ]
    .iter()
    .filter_map(|path| text(root, path))
    .collect::<Vec<_>>()
    .join(" ");
    if product.is_empty() {
        "present".to_owned()
    } else {
        product
    }
}

/// The load average over the last minute.
pub(super) fn load_average(root: &Path) -> Option<f64> {
    text(root, "proc/loadavg")?
        .split_whitespace()
        .next()?
        .parse()
        .ok()
}

/// The value of the first `key : value` line of a `/proc` file.
fn field(info: &str, key: &str) -> Option<String> {
    info.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.trim() == key)
        .map(|(_, value)| value.trim().to_owned())
        .filter(|value| !value.is_empty())
}

/// A small text file's content without surrounding blanks and closing NULs; `None` when it is not
/// there, cannot be read, or is empty. Bytes that are not UTF-8 are replaced: firmware writes what
/// it likes.
fn text(root: &Path, path: &str) -> Option<String> {
    let bytes = fs::read(root.join(path)).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    (!text.is_empty()).then(|| text.to_owned())
}
