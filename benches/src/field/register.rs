//! The register of the field's subjects.

use goish_results::record::{Kind, Mode, Subject};

/// One subject.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its name in rows and reports.
    pub name: &'static str,
    /// What kind of thing it is.
    pub kind: Kind,
    /// Whether it takes part in the cases of channels.
    pub channels: bool,
    /// Whether it takes part in the cases of goroutine runtimes.
    pub goroutines: bool,
    /// Where its program comes from.
    pub(crate) source: Source,
    /// How it is set up: its fastest documented configuration.
    setup: &'static str,
    /// What it does not do that others do.
    lacks: &'static [&'static str],
}

/// Where a program comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A program of `benches/field`.
    Field {
        /// The program's name.
        program: &'static str,
        /// The feature that brings its dependencies, if it needs one.
        feature: Option<&'static str>,
        /// The package whose version is shown, as the field's lock file has it; `None` for what the
        /// compiler brings.
        package: Option<&'static str>,
    },
    /// The program of `benches/go`.
    Go,
    /// goish on this scheduler: the lab itself, and the field's goish for the cases of goroutine
    /// runtimes.
    Scheduler(&'static str),
}

impl Entry {
    /// In which mode its rows stand: goish for what has Go's rules.
    pub fn mode(&self) -> Mode {
        match self.kind {
            Kind::Go | Kind::Published | Kind::Scheduler => Mode::Goish,
            Kind::Channels | Kind::Runtime if self.name == GOISH => Mode::Goish,
            Kind::Channels | Kind::Runtime => Mode::Raw,
        }
    }

    /// Whether it takes part in the cases over the whole of goish's surface.
    pub fn has_surface(&self) -> bool {
        matches!(self.kind, Kind::Go | Kind::Scheduler)
    }

    /// The scheduler that its goroutines run on, if it is goish on one that is named.
    pub(crate) fn scheduler(&self) -> Option<&'static str> {
        match self.source {
            Source::Scheduler(name) => Some(name),
            Source::Field { .. } | Source::Go => None,
        }
    }

    /// What a run's header says of it.
    pub fn subject(&self) -> Subject {
        Subject {
            kind: self.kind,
            setup: self.setup.to_owned(),
            lacks: self.lacks.iter().map(|&lack| lack.to_owned()).collect(),
        }
    }
}

/// The version of goish that was published with the decision record.
pub(crate) const PUBLISHED: &str = "0.20.7";

/// goish's own goroutines, among the runtimes.
pub const GOISH: &str = "goish";

/// goish as it was published, whose promises are tried as well.
pub(crate) const PUBLISHED_GOISH: &str = "goish-0.20.7";

/// Go.
pub const GO: &str = "go";

const fn field(
    program: &'static str,
    feature: Option<&'static str>,
    package: Option<&'static str>,
) -> Source {
    Source::Field {
        program,
        feature,
        package,
    }
}

const fn runtime(
    name: &'static str,
    source: Source,
    setup: &'static str,
    lacks: &'static [&'static str],
) -> Entry {
    Entry {
        name,
        kind: Kind::Runtime,
        channels: false,
        goroutines: true,
        source,
        setup,
        lacks,
    }
}

const fn channels(
    name: &'static str,
    source: Source,
    setup: &'static str,
    lacks: &'static [&'static str],
) -> Entry {
    Entry {
        name,
        kind: Kind::Channels,
        channels: true,
        goroutines: false,
        source,
        setup,
        lacks,
    }
}

/// Every subject, in the order of the report.
pub const SUBJECTS: &[Entry] = &[
    Entry {
        name: GO,
        kind: Kind::Go,
        channels: true,
        goroutines: true,
        source: Source::Go,
        setup: "its defaults, with GOMAXPROCS as many as the workers",
        lacks: &["unbounded channels", "a receive that can be dropped"],
    },
    Entry {
        name: PUBLISHED_GOISH,
        kind: Kind::Published,
        channels: true,
        goroutines: true,
        source: field("goish-0-20-7", Some("published"), Some("goish")),
        setup: "its Chan and its goroutines, as it was published",
        lacks: &[
            "unbounded channels",
            "a close that wakes parked senders",
            "a goroutine's result",
        ],
    },
    runtime(
        GOISH,
        GOISH_PROGRAM,
        "its goroutines and its default engine's channels",
        &[],
    ),
    Entry {
        name: "goish-on-tokio",
        kind: Kind::Scheduler,
        channels: true,
        goroutines: true,
        source: Source::Scheduler("tokio"),
        setup: "its default engine's channels, and goroutines that are tasks of tokio's multi-threaded runtime",
        lacks: &["relief for goroutines that wait behind one that computes"],
    },
    runtime(
        "tokio-spawn",
        field("tokio", None, Some("tokio")),
        "tokio::spawn on the multi-threaded scheduler, tokio::sync::mpsc between tasks",
        &["bodies that block"],
    ),
    runtime(
        "spawn-blocking",
        field("spawn-blocking", None, Some("tokio")),
        "tokio::task::spawn_blocking with its default pool, tokio::sync::mpsc between threads",
        &["more than 512 bodies at once: what waits occupies a thread"],
    ),
    runtime(
        "std-thread",
        field("std-thread", None, None),
        "std::thread with its default stacks, std::sync::mpsc between threads",
        &["more threads than the system has room for"],
    ),
    runtime(
        "may",
        field("may", Some("may"), Some("may")),
        "stackful coroutines with default stacks, may::sync::mpsc between them",
        &[
            "bounded channels",
            "stacks that grow: an overflow ends the program",
        ],
    ),
    runtime(
        "async-std",
        field("async-std", Some("async-std"), Some("async-std")),
        "async_std::task::spawn, async_std::channel between tasks",
        &[
            "bodies that block",
            "maintenance: it is discontinued, and names smol instead",
        ],
    ),
    runtime(
        "smol",
        field("smol", Some("smol"), Some("smol")),
        "smol::spawn on the global executor, smol::channel between tasks",
        &["bodies that block", "a cooperative budget"],
    ),
    runtime(
        "glommio",
        field("glommio", Some("glommio"), Some("glommio")),
        "spawn_local on one executor, local channels between tasks",
        &[
            "a second core for goroutines that talk to each other",
            "systems without io_uring",
        ],
    ),
    channels(
        "loole",
        field("loole", Some("loole"), Some("loole")),
        "its async API on tokio",
        &[
            "a rendezvous in its async API",
            "select",
            "a cooperative budget",
        ],
    ),
    channels(
        "tokio-mpsc",
        field("tokio-mpsc", None, Some("tokio")),
        "tokio::sync::mpsc on tokio",
        &["more than one receiver", "a rendezvous", "select"],
    ),
];

/// The program of goish's goroutines.
pub(crate) const GOISH_PROGRAM: Source = field("goish", None, None);

/// The allocator's program: the lab's own engines with mimalloc.
pub(crate) const MIMALLOC: Source = field("mimalloc", Some("mimalloc"), None);

/// The subject of that name.
pub fn find(name: &str) -> Option<&'static Entry> {
    SUBJECTS.iter().find(|subject| subject.name == name)
}
