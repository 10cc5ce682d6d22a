//! What the gate's self-test puts into a head, to see whether the gate finds it.
//!
//! A normal build has none of this: without the feature `gate-injection` every function here does
//! nothing and is compiled away. With it, the environment says what to inject into which case:
//!
//! ```text
//! GOISH_LAB_INJECT=slow:CASE:PERCENT     spin for that share of the timed part, within it
//! GOISH_LAB_INJECT=bytes:BYTES           leak that much with every channel
//! GOISH_LAB_INJECT=remove:CASE           know no such case
//! GOISH_LAB_INJECT=checksum:CASE         count a message that was never sent
//! ```

/// What the environment names the injection by.
pub(crate) const VARIABLE: &str = "GOISH_LAB_INJECT";

#[cfg(feature = "gate-injection")]
pub(crate) use real::{alter, fatten, removes, slow};

#[cfg(not(feature = "gate-injection"))]
pub(crate) use nothing::{alter, fatten, removes, slow};

#[cfg(not(feature = "gate-injection"))]
mod nothing {
    use std::time::Instant;

    #[inline(always)]
    pub(crate) fn slow(_: Instant) {}

    #[inline(always)]
    pub(crate) fn fatten() {}

    #[inline(always)]
    pub(crate) fn removes(_: &str) -> bool {
        false
    }

    #[inline(always)]
    pub(crate) fn alter(sum: u64) -> u64 {
        sum
    }
}

#[cfg(feature = "gate-injection")]
mod real {
    use std::sync::OnceLock;
    use std::time::Instant;

    /// What the environment says, for the case that this process runs.
    #[derive(Debug, Default)]
    struct Injection {
        percent: f64,
        bytes: usize,
        removed: Option<String>,
        wrong: bool,
    }

    /// The case that this process takes a sample of: `lab child --case=…`.
    fn case() -> Option<String> {
        let mut arguments = std::env::args();
        arguments.find_map(|argument| Some(argument.strip_prefix("--case=")?.to_owned()))
    }

    fn injection() -> &'static Injection {
        static INJECTION: OnceLock<Injection> = OnceLock::new();
        INJECTION.get_or_init(|| {
            let mut injection = Injection::default();
            let Ok(text) = std::env::var(super::VARIABLE) else {
                return injection;
            };
            let parts: Vec<&str> = text.split(':').collect();
            let here = |name: &str| case().as_deref() == Some(name);
            match parts.as_slice() {
                ["slow", name, percent] if here(name) => {
                    injection.percent = percent.parse().unwrap_or(0.0);
                }
                ["bytes", bytes] => injection.bytes = bytes.parse().unwrap_or(0),
                ["remove", name] => injection.removed = Some((*name).to_owned()),
                ["checksum", name] => injection.wrong = here(name),
                _ => {}
            }
            injection
        })
    }

    /// Works for a share of the time since `started`.
    pub(crate) fn slow(started: Instant) {
        let percent = injection().percent;
        if percent <= 0.0 {
            return;
        }
        let wanted = started.elapsed().mul_f64(1.0 + percent / 100.0);
        let mut work = 0u64;
        while started.elapsed() < wanted {
            for step in 0..16 {
                work = std::hint::black_box(work.wrapping_mul(31) ^ step);
            }
        }
    }

    /// Leaks memory.
    pub(crate) fn fatten() {
        let bytes = injection().bytes;
        if bytes > 0 {
            std::mem::forget(std::hint::black_box(vec![0u8; bytes]));
        }
    }

    /// Whether there is to be no such case.
    pub(crate) fn removes(case: &str) -> bool {
        injection().removed.as_deref() == Some(case)
    }

    /// The checksum, or a wrong one.
    pub(crate) fn alter(sum: u64) -> u64 {
        if injection().wrong { sum ^ 1 } else { sum }
    }
}
