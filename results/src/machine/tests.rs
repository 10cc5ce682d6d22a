//! Machines laid out in scratch folders, and the one that the tests run on.

use std::fs;
use std::path::Path;

use super::*;

/// An x86 machine's `/proc/cpuinfo`, cut down to what matters and what must not.
const CPUINFO: &str = "processor\t: 0\nmodel name\t: AMD EPYC\ncpu MHz\t\t: 2596.146\n\
    bogomips\t: 5192.29\nflags\t\t: fpu hypervisor lahf_lm\n\nprocessor\t: 1\n";

/// A machine's files under a scratch root.
struct Root(tempfile::TempDir);

impl Root {
    fn new(files: &[(&str, &str)]) -> Root {
        let root = Root(tempfile::tempdir().expect("a scratch folder"));
        files.iter().for_each(|(path, text)| root.write(path, text));
        root
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    fn machine(&self) -> Machine {
        Machine::detect_under(self.0.path(), 2, "system", 2)
    }
}

/// A virtual machine with two cores.
fn virtual_machine() -> Root {
    Root::new(&[
        ("proc/cpuinfo", CPUINFO),
        (
            "proc/meminfo",
            "MemTotal:        8140236 kB\nMemFree:         123 kB\n",
        ),
        ("proc/sys/kernel/osrelease", "6.18.44\n"),
        ("proc/sys/kernel/ostype", "Linux\n"),
        ("sys/devices/system/cpu/smt/active", "0\n"),
        (
            "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor",
            "powersave\n",
        ),
        (
            "sys/devices/system/cpu/cpu1/cpufreq/scaling_governor",
            "powersave\n",
        ),
    ])
}

#[test]
fn components_are_read() {
    let expected = Machine {
        cpu_model: "AMD EPYC".to_owned(),
        cores: 2,
        memory_bytes: 8_140_236 * 1024,
        kernel: "Linux 6.18.44".to_owned(),
        governor: "powersave".to_owned(),
        smt: "off".to_owned(),
        hypervisor: "present".to_owned(),
        allocator: "system".to_owned(),
        workers: 2,
    };
    assert_eq!(virtual_machine().machine(), expected);
}

#[test]
fn what_the_system_does_not_tell_is_unknown() {
    for root in [
        Root::new(&[]),
        Root::new(&[
            ("proc/cpuinfo", "\n: :\nmodel name :\nflags"),
            ("proc/meminfo", "MemTotal: lots\n"),
            ("sys/devices/system/cpu/smt/active", "perhaps\n"),
            (
                "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor",
                " \n",
            ),
        ]),
    ] {
        let machine = root.machine();
        assert_eq!(machine.cpu_model, UNKNOWN);
        assert_eq!(machine.memory_bytes, 0);
        assert_eq!(machine.governor, UNKNOWN);
        assert_eq!(machine.smt, UNKNOWN);
        assert_eq!(machine.hypervisor, UNKNOWN);
        assert_eq!(machine.kernel, std::env::consts::OS);
        assert!(
            machine
                .noise()
                .iter()
                .any(|sentence| sentence.contains("unknown"))
        );
    }
}

#[test]
fn other_processors_and_hypervisors_are_named() {
    let root = Root::new(&[("proc/cpuinfo", "CPU implementer : 0x41\nCPU part : 0xd0c\n")]);
    assert_eq!(root.machine().cpu_model, "implementer 0x41 part 0xd0c");

    let root = Root::new(&[]);
    root.write("proc/device-tree/model", b"Raspberry Pi 5 \xff\0");
    assert_eq!(root.machine().cpu_model, "Raspberry Pi 5 \u{fffd}");

    let root = virtual_machine();
    root.write("sys/class/dmi/id/sys_vendor", "QEMU\n");
    assert_eq!(root.machine().hypervisor, "QEMU");
    root.write("sys/hypervisor/type", "xen\n");
    assert_eq!(root.machine().hypervisor, "xen");
    root.write("proc/cpuinfo", "flags : fpu\n");
    fs::remove_file(root.0.path().join("sys/hypervisor/type")).expect("a file");
    assert_eq!(root.machine().hypervisor, "none");
}

#[test]
fn cores_with_different_governors_name_each_once() {
    let root = virtual_machine();
    root.write(
        "sys/devices/system/cpu/cpu1/cpufreq/scaling_governor",
        "performance\n",
    );
    assert_eq!(root.machine().governor, "performance+powersave");
}

#[test]
fn what_changes_from_moment_to_moment_is_not_in_the_fingerprint() {
    let root = virtual_machine();
    let before = root.machine().fingerprint();
    root.write(
        "proc/cpuinfo",
        CPUINFO
            .replace("2596.146", "3100.001")
            .replace("5192", "6200"),
    );
    root.write(
        "proc/meminfo",
        "MemTotal:        8140100 kB\nMemFree:         99999 kB\n",
    );
    root.write("proc/loadavg", "9.99 9.99 9.99 9/999 1\n");
    root.write("proc/uptime", "123456.78 1.0\n");
    assert_eq!(root.machine().fingerprint(), before);
    let this = Machine::detect("system", 2);
    assert_eq!(
        this.fingerprint(),
        Machine::detect("system", 2).fingerprint()
    );
    assert!(this.cores > 0);
}

/// Kept runs carry this digest: a change of it would part them from every later run on the same
/// machine.
#[test]
fn the_fingerprint_is_the_same_for_ever() {
    assert_eq!(
        virtual_machine().machine().fingerprint(),
        "c5e2f5c631515f16"
    );
    assert_eq!(Digest::new().hex(), "cbf29ce484222325");
    let mut digest = Digest::new();
    digest.add(b"foobar");
    assert_eq!(
        digest.hex(),
        "85944171f73967e8",
        "the published value for `foobar`"
    );
}

#[test]
fn every_component_counts_and_is_named() {
    let machine = virtual_machine().machine();
    type Change = fn(&mut Machine);
    let changes: [(&str, Change); 9] = [
        ("cpu model", |m| m.cpu_model.push('x')),
        ("cores", |m| m.cores += 1),
        ("memory", |m| m.memory_bytes *= 2),
        ("kernel", |m| m.kernel.push('x')),
        ("governor", |m| m.governor.push('x')),
        ("smt", |m| m.smt.push('x')),
        ("hypervisor", |m| m.hypervisor.push('x')),
        ("allocator", |m| m.allocator.push('x')),
        ("workers", |m| m.workers += 1),
    ];
    let mut fingerprints = vec![machine.fingerprint()];
    for (component, change) in changes {
        let mut other = machine.clone();
        change(&mut other);
        let differences = machine.differences(&other);
        assert_eq!(differences.len(), 1, "{component}");
        assert_eq!(differences[0].component, component);
        assert_ne!(differences[0].left, differences[0].right);
        fingerprints.push(other.fingerprint());
    }
    fingerprints.sort();
    fingerprints.dedup();
    assert_eq!(fingerprints.len(), 10);
    assert_eq!(machine.differences(&machine), []);
}

#[test]
fn neighbouring_components_do_not_run_into_each_other() {
    let mut left = virtual_machine().machine();
    let mut right = left.clone();
    (left.governor, left.smt) = ("a".to_owned(), "bc".to_owned());
    (right.governor, right.smt) = ("ab".to_owned(), "c".to_owned());
    assert_ne!(left.fingerprint(), right.fingerprint());
}

#[test]
fn noise_is_told_and_quiet_is_not() {
    let noise = virtual_machine().machine().noise().join("\n");
    for word in ["virtual", "powersave", "few cores (2)"] {
        assert!(noise.contains(word), "{word}: {noise}");
    }
    let quiet = Machine {
        cores: 16,
        governor: "performance".to_owned(),
        smt: "off".to_owned(),
        hypervisor: "none".to_owned(),
        ..virtual_machine().machine()
    };
    assert_eq!(quiet.noise(), [""; 0]);
    let crowded = Machine {
        workers: 17,
        smt: "on".to_owned(),
        ..quiet
    };
    assert_eq!(crowded.noise().len(), 2);
}

#[test]
fn load_is_told_when_there_is_some() {
    let root = Root::new(&[("proc/loadavg", "3.25 2.00 1.00 2/345 6789\n")]);
    let average = probe::load_average(root.0.path());
    assert_eq!(average, Some(3.25));
    assert!(
        average
            .and_then(load_sentence)
            .is_some_and(|text| text.contains("3.25"))
    );
    assert_eq!(load_sentence(0.05), None);
    assert_eq!(load_sentence(f64::NAN), None);
    assert_eq!(probe::load_average(Path::new("/nowhere")), None);
}

#[test]
fn a_machine_is_read_as_it_was_written() {
    let machine = virtual_machine().machine();
    let text = serde_json::to_string(&machine).expect("JSON");
    assert!(!text.to_lowercase().contains("mhz"), "{text}");
    assert_eq!(
        serde_json::from_str::<Machine>(&text).expect("a machine"),
        machine
    );
}
