//! What a round consists of, drawn from its seed.

use fastrand::Rng;

/// The capacities; `None` has no limit.
const CAPACITIES: [Option<usize>; 5] = [Some(0), Some(1), Some(16), Some(1024), None];

/// The most that each sender sends. Under Miri everything takes a thousand times as long.
const VALUES: usize = if cfg!(miri) { 20 } else { 600 };
/// The most that take part on either side.
const ACTORS: usize = if cfg!(miri) { 3 } else { 8 };

/// One round: some senders and some receivers, on one or two channels.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) capacities: Vec<Option<usize>>,
    pub(crate) senders: usize,
    pub(crate) receivers: usize,
    /// How many values each sender makes.
    pub(crate) values: usize,
    /// Whether senders give up.
    pub(crate) sends_are_cancelled: bool,
    /// Whether receivers give up. A value that one of several receivers had been handed when it
    /// gave up goes to the next, which may have received later ones: then there is no order.
    pub(crate) receives_are_cancelled: bool,
    /// Whether the channels are closed while senders still send.
    pub(crate) closes_early: bool,
}

impl Plan {
    pub(crate) fn new(seed: u64) -> Self {
        let rng = &mut Rng::with_seed(seed);
        let capacities = (0..rng.usize(1..=2)).map(|_| rng.choice(CAPACITIES).unwrap());
        Self {
            seed,
            capacities: capacities.collect(),
            senders: rng.usize(1..=ACTORS),
            receivers: rng.usize(1..=ACTORS),
            values: rng.usize(1..=VALUES),
            sends_are_cancelled: rng.bool(),
            receives_are_cancelled: rng.bool(),
            closes_early: rng.u8(..4) == 0,
        }
    }

    /// Whether senders may receive too: then there is no single receiver.
    pub(crate) fn senders_receive(&self) -> bool {
        !(self.receives_are_cancelled && self.keeps_order())
    }

    /// Whether each receiver gets each sender's values in the order in which they were sent.
    pub(crate) fn keeps_order(&self) -> bool {
        !self.receives_are_cancelled || (self.receivers == 1 && self.capacities.len() == 1)
    }
}
