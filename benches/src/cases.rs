//! The register of cases: the design's table, with how often each is sampled.

use std::collections::BTreeSet;

use goish_engines::{Info, Support};
use goish_results::record::Mode;

use crate::subject::Capacity;
use crate::workloads::Workload;
use crate::workloads::cancel::Order;
use crate::workloads::surface::{Arms, DefaultArms, Surface};

/// One case with one of its parameters: a line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// The fixed name, for example `fan-in`.
    pub name: &'static str,
    /// The parameter, for example `n=1000`; empty when the case has none.
    pub param: &'static str,
    /// What is run.
    pub workload: Workload,
    /// How much of a run's time one sample takes.
    pub(crate) weight: Weight,
}

/// The parameter of a case that is measured with mimalloc in the place of the system's allocator.
pub(crate) const WITH_MIMALLOC: &str = "allocator=mimalloc";

/// How much time a sample takes, and so how often it can be afforded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    /// A tenth of a second.
    Light,
    /// About a second: a million tasks.
    Heavy,
    /// A sample that on some engine runs into its deadline every time.
    Endless,
}

impl Weight {
    /// Samples that a run takes of each engine and mode.
    pub(crate) fn samples(self, quick: bool) -> u32 {
        match (self, quick) {
            (Weight::Light, true) => 11,
            (Weight::Light, false) => 40,
            (Weight::Heavy, true) => 5,
            (Weight::Heavy, false) => 15,
            (Weight::Endless, true) => 2,
            (Weight::Endless, false) => 7,
        }
    }

    /// Samples that a run of the whole field takes of each: of more subjects fewer.
    pub(crate) fn samples_of_field(self, quick: bool) -> u32 {
        match (self, quick) {
            (Weight::Light, true) => 5,
            (Weight::Light, false) => 15,
            (Weight::Heavy, true) => 3,
            (Weight::Heavy, false) => 9,
            (Weight::Endless, true) => 1,
            (Weight::Endless, false) => 5,
        }
    }

    /// Roughly how long one sample takes on two cores, child process included, for the estimate
    /// that a run begins with.
    pub(crate) fn seconds(self, deadline: f64) -> f64 {
        match self {
            Weight::Light => 0.1,
            Weight::Heavy => 1.2,
            // One of the four engines and modes reaches its deadline.
            Weight::Endless => 1.2 + deadline / 4.0,
        }
    }
}

impl Case {
    /// Samples that a run takes of each engine and mode.
    pub fn samples(&self, quick: bool) -> u32 {
        self.weight.samples(quick)
    }

    /// Roughly how long one sample takes: see `Weight::seconds`.
    pub fn seconds(&self, deadline: f64) -> f64 {
        self.weight.seconds(deadline)
    }

    /// Whether only a run of the whole field has it: it needs another program.
    pub fn only_in_field(&self) -> bool {
        self.param == WITH_MIMALLOC
    }

    /// What a gate divides this case's counts by, so that one sample takes some 50 ms.
    pub(crate) fn gate_scale(&self) -> u64 {
        match self.weight {
            Weight::Light => 1,
            Weight::Heavy | Weight::Endless => 20,
        }
    }

    /// Whether a gate can take hundreds of samples of it.
    pub(crate) fn can_be_gated(&self) -> bool {
        let ends = self.weight != Weight::Endless || self.workload == Workload::Parked;
        ends && !self.workload.is_of_surface()
    }

    /// Why an engine cannot run this case in this mode, by its own capabilities.
    pub fn refusal(&self, mode: Mode, engine: &Info) -> Option<String> {
        if mode == Mode::Raw {
            return None;
        }
        let capabilities = &engine.capabilities;
        let needs = [
            // Whoever lacks even a buffer is measured raw only.
            (true, capabilities.buffered),
            (self.workload.needs_rendezvous(), capabilities.rendezvous),
            (self.workload.needs_unbounded(), capabilities.unbounded),
        ];
        needs
            .into_iter()
            .find_map(|(needed, support)| match support {
                Support::Missing(reason) if needed => Some(reason.to_owned()),
                _ => None,
            })
    }

    /// What a reader must know about this case on this engine to compare it.
    pub fn note(&self, mode: Mode, engine: &Info) -> Option<String> {
        match engine.capabilities.raw_rendezvous {
            Support::Missing(reason) if mode == Mode::Raw && self.workload.needs_rendezvous() => {
                Some(format!("capacity 1: {reason}"))
            }
            _ => None,
        }
    }
}

/// Every case, in the order of the design's table and of every report.
pub const CASES: &[Case] = {
    use Weight::{Endless, Heavy, Light};
    const fn case(
        name: &'static str,
        param: &'static str,
        workload: Workload,
        weight: Weight,
    ) -> Case {
        Case {
            name,
            param,
            workload,
            weight,
        }
    }
    const fn cancel(param: &'static str, count: u64, order: Order) -> Case {
        // A crate that searches its queue for each cancelled receive needs minutes at 100,000.
        let weight = if count < 100_000 { Light } else { Endless };
        case("cancel", param, Workload::Cancel(count, order), weight)
    }
    const fn surface(name: &'static str, param: &'static str, surface: Surface) -> Case {
        case(name, param, Workload::Surface(surface), Light)
    }
    &[
        case("ping-pong", "", Workload::PingPong, Light),
        case(
            "prod-cons-1",
            "",
            Workload::ProdCons(Capacity::Bounded(1)),
            Light,
        ),
        case(
            "prod-cons-1024",
            "",
            Workload::ProdCons(Capacity::Bounded(1024)),
            Light,
        ),
        case(
            "prod-cons-unbounded",
            "",
            Workload::ProdCons(Capacity::Unbounded),
            Light,
        ),
        case(
            "contended-16",
            "capacity=16",
            Workload::Contended(16),
            Light,
        ),
        case("contended-16", "capacity=0", Workload::Contended(0), Light),
        case(
            "contended-16",
            "capacity=1024",
            Workload::Contended(1024),
            Light,
        ),
        case("rss-100k", "capacity=0", Workload::Rss(0), Light),
        case("rss-100k", "capacity=16", Workload::Rss(16), Light),
        case("spawn-1m", "", Workload::Spawn, Heavy),
        case("spawn-1m", WITH_MIMALLOC, Workload::Spawn, Heavy),
        case("parked-1m", "", Workload::Parked, Endless),
        case("parked-1m", WITH_MIMALLOC, Workload::Parked, Endless),
        case("fan-in", "n=1000", Workload::FanIn(1_000), Light),
        case("fan-in", "n=10000", Workload::FanIn(10_000), Light),
        case("fan-in", "n=100000", Workload::FanIn(100_000), Endless),
        case("fan-in", "n=1000000", Workload::FanIn(1_000_000), Endless),
        cancel("n=1000,order=fifo", 1_000, Order::Fifo),
        cancel("n=1000,order=lifo", 1_000, Order::Lifo),
        cancel("n=1000,order=random", 1_000, Order::Random),
        cancel("n=10000,order=fifo", 10_000, Order::Fifo),
        cancel("n=10000,order=lifo", 10_000, Order::Lifo),
        cancel("n=10000,order=random", 10_000, Order::Random),
        cancel("n=100000,order=fifo", 100_000, Order::Fifo),
        cancel("n=100000,order=lifo", 100_000, Order::Lifo),
        cancel("n=100000,order=random", 100_000, Order::Random),
        surface("select-2", "", Surface::Select(Arms::Two)),
        surface("select-8", "", Surface::Select(Arms::Eight)),
        surface(
            "select-default",
            "arms=1",
            Surface::SelectDefault(DefaultArms::One),
        ),
        surface(
            "select-default",
            "arms=2",
            Surface::SelectDefault(DefaultArms::Two),
        ),
        surface("mutex-contended", "", Surface::MutexContended),
        surface("rw-mutex-read-mostly", "", Surface::RwMutexReadMostly),
        case(
            "wait-group",
            "",
            Workload::Surface(Surface::WaitGroup),
            Heavy,
        ),
        surface("timer-1m", "", Surface::Timer),
        surface("sleep-100k", "", Surface::Sleep),
        surface("gosched", "", Surface::Gosched),
        surface("plain-ping-pong", "", Surface::PlainPingPong),
        surface("plain-parked", "n=1000", Surface::PlainParked(1_000)),
        case(
            "plain-parked",
            "n=8000",
            Workload::Surface(Surface::PlainParked(8_000)),
            Heavy,
        ),
        case(
            "unfair-waker",
            "",
            Workload::Surface(Surface::UnfairWaker),
            Heavy,
        ),
        surface("hogs", "", Surface::Hogs),
        surface("syscalls", "", Surface::Syscalls),
        surface("pool-8", "", Surface::Pool),
        case(
            "tcp-echo",
            "connections=1",
            Workload::Surface(Surface::TcpEcho(1)),
            Heavy,
        ),
        case(
            "tcp-echo",
            "connections=1000",
            Workload::Surface(Surface::TcpEcho(1_000)),
            Heavy,
        ),
        surface("idle-cpu", "", Surface::IdleCpu),
    ]
};

/// A case or a parameter that there is none of.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownCase {
    /// No case of that name.
    #[error("there is no case `{name}`; the cases are {}", names().join(", "))]
    Name {
        /// The name asked for.
        name: String,
    },
    /// The case has no such parameter.
    #[error("the case `{name}` has no parameter `{param}`; it has {}", params(.name).join(" and "))]
    Param {
        /// The case's name.
        name: String,
        /// The parameter asked for.
        param: String,
    },
}

/// The names of the cases, each once, in order.
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<_> = CASES.iter().map(|case| case.name).collect();
    names.dedup();
    names
}

fn params(name: &str) -> Vec<String> {
    let cases = CASES.iter().filter(|case| case.name == name);
    cases.map(|case| format!("`{}`", case.param)).collect()
}

/// The case of that name and parameter.
///
/// # Errors
///
/// [`UnknownCase`], which names those that there are.
pub fn find(name: &str, param: &str) -> Result<&'static Case, UnknownCase> {
    if !names().contains(&name) || crate::injection::removes(name) {
        return Err(UnknownCase::Name {
            name: name.to_owned(),
        });
    }
    CASES
        .iter()
        .find(|case| case.name == name && case.param == param)
        .ok_or_else(|| UnknownCase::Param {
            name: name.to_owned(),
            param: param.to_owned(),
        })
}

/// The cases of these names with all their parameters, in the table's order, each once; without
/// those that only a run of the whole field has.
///
/// # Errors
///
/// [`UnknownCase`], which names those that there are.
pub fn select(wanted: &[String]) -> Result<Vec<&'static Case>, UnknownCase> {
    if let Some(name) = wanted.iter().find(|name| !names().contains(&name.as_str())) {
        return Err(UnknownCase::Name { name: name.clone() });
    }
    let wanted: BTreeSet<&str> = wanted.iter().map(String::as_str).collect();
    Ok(CASES
        .iter()
        .filter(|case| wanted.contains(case.name) && !case.only_in_field())
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_is_found_by_its_name_and_parameter() {
        for case in CASES {
            assert_eq!(find(case.name, case.param).unwrap().workload, case.workload);
        }
    }

    #[test]
    fn an_unknown_case_is_answered_with_the_cases_that_there_are() {
        let error = select(&["fan-out".to_owned()]).unwrap_err().to_string();
        assert!(
            error.starts_with("there is no case `fan-out`; the cases are ping-pong, "),
            "{error}"
        );
        let error = find("fan-in", "n=7").unwrap_err().to_string();
        assert!(error.contains("`n=1000`"), "{error}");
    }

    #[test]
    fn cases_are_selected_once_each_in_the_order_of_the_table() {
        let wanted = ["rss-100k", "ping-pong", "rss-100k"].map(str::to_owned);
        let selected = select(&wanted).unwrap();
        let names: Vec<_> = selected
            .iter()
            .map(|case| (case.name, case.param))
            .collect();
        assert_eq!(
            names,
            [
                ("ping-pong", ""),
                ("rss-100k", "capacity=0"),
                ("rss-100k", "capacity=16")
            ]
        );
    }
}
