//! The gate on simulated machines, where the truth is known: it must find what is there, and not
//! what is not.

use super::{Floor, Order, Rules, Step, Trial, Verdict};
use crate::gate::schedule::{Arm, SAMPLES};

/// A machine that takes samples: each takes so many times as long as the undisturbed one.
struct Machine {
    coins: fastrand::Rng,
    noise: Noise,
    /// Samples so far.
    taken: u64,
    /// What a slow neighbour does now, where there is one.
    slow: bool,
    walk: f64,
}

#[derive(Clone, Copy, Debug)]
enum Noise {
    /// Normal logarithms.
    Quiet,
    /// Cauchy logarithms: no mean, no variance.
    HeavyTails,
    /// A neighbour on the same core makes everything 1.7 times as slow, on and off for long.
    Bimodal,
    /// Slower and slower, by a fifth over a thousand samples, and a random walk.
    Drift,
    /// Delays of an exponential length, which only ever add.
    Skewed,
}

const NOISES: [Noise; 5] = [
    Noise::Quiet,
    Noise::HeavyTails,
    Noise::Bimodal,
    Noise::Drift,
    Noise::Skewed,
];

impl Machine {
    fn new(noise: Noise, seed: u64) -> Machine {
        Machine {
            coins: fastrand::Rng::with_seed(seed),
            noise,
            taken: 0,
            slow: false,
            walk: 0.0,
        }
    }

    /// The logarithm of the next sample's disturbance.
    fn disturbance(&mut self) -> f64 {
        self.taken += 1;
        match self.noise {
            Noise::Quiet => 0.04 * self.normal(),
            Noise::HeavyTails => {
                let cauchy = (std::f64::consts::PI * (self.coins.f64() - 0.5)).tan();
                // A sample may take a hundred times as long, but not for ever.
                (0.01 * cauchy).clamp(-4.6, 4.6)
            }
            Noise::Bimodal => {
                if self.coins.f64() < 0.05 {
                    self.slow = !self.slow;
                }
                let neighbour = if self.slow { 0.53 } else { 0.0 };
                neighbour + 0.02 * self.normal()
            }
            Noise::Drift => {
                self.walk += 0.01 * self.normal();
                self.taken as f64 * 0.0002 + self.walk + 0.02 * self.normal()
            }
            Noise::Skewed => (1.0 + 0.2 * -(1.0 - self.coins.f64()).ln()).ln(),
        }
    }

    fn normal(&mut self) -> f64 {
        let (radius, angle) = (1.0 - self.coins.f64(), self.coins.f64());
        (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
    }
}

/// Gates one of several cases, of 100 ns.
fn gate(noise: Noise, ratios: (f64, f64), cases: usize, seed: u64) -> super::Finding {
    let (head, second_copy) = ratios;
    let mut machine = Machine::new(noise, seed);
    let floor = Floor {
        relative: 0.03,
        absolute: 0.5,
    };
    let mut trial = Trial::new(Rules::of(cases), floor);
    while trial.step() != Step::Decided {
        let order = Order::drawn(seed, 0, trial.blocks() as u64);
        let arms = order.arms();
        let values: [f64; SAMPLES] = std::array::from_fn(|place| {
            let truth = match arms[place] {
                Arm::BaseOne => 1.0,
                Arm::BaseTwo => second_copy,
                Arm::Head => head,
            };
            100.0 * truth * machine.disturbance().exp()
        });
        trial.push(order.block(values).expect("values above zero"));
    }
    trial.finish()
}

/// How many of `repeats` gates satisfy a condition.
fn count(noise: Noise, ratio: f64, repeats: u64, holds: impl Fn(&super::Finding) -> bool) -> u64 {
    let seeds = (0..repeats).map(|repeat| repeat * 7_919 + 17);
    let gated = seeds.map(|seed| gate(noise, (ratio, 1.0), 12, seed));
    gated.filter(|finding| holds(finding)).count() as u64
}

const REPEATS: u64 = 400;

#[test]
fn what_did_not_change_is_never_called_slower_whatever_the_noise() {
    for noise in NOISES {
        let wrong = count(noise, 1.0, REPEATS, |finding| {
            matches!(finding.verdict, Verdict::Slower | Verdict::Faster)
        });
        assert_eq!(wrong, 0, "{noise:?}");
    }
}

/// The level of the first condition alone, over all looks, when one case has it to itself and
/// nothing has to be confirmed: 5 % at most, of 2,000 trials (6.0 % is two deviations more).
#[test]
fn looking_five_times_keeps_the_level() {
    for noise in NOISES {
        let rules = Rules::of(1);
        let found = (0..2_000u64).filter(|repeat| {
            let mut machine = Machine::new(noise, repeat * 31 + 5);
            let mut effects = Vec::new();
            rules.looks.iter().any(|look| {
                // The larger looks cost most and decide the least often: three will do.
                if *look > 64 {
                    return false;
                }
                while effects.len() < *look {
                    let order = Order::drawn(*repeat, 0, effects.len() as u64);
                    let values = std::array::from_fn(|_| machine.disturbance().exp());
                    effects.push(order.block(values).expect("values above zero").effect);
                }
                super::signed_rank::p_two_sided(&effects) <= 0.05 / 3.0
            })
        });
        let found = found.count();
        assert!(found <= 120, "{noise:?}: {found} of 2000");
    }
}

#[test]
fn a_tenth_is_caught_and_five_percent_is_caught_or_ambiguous() {
    for noise in [Noise::Quiet, Noise::HeavyTails, Noise::Skewed, Noise::Drift] {
        let caught = count(noise, 1.10, 100, |finding| {
            finding.verdict == Verdict::Slower
        });
        assert_eq!(caught, 100, "{noise:?}");
        let caught = count(noise, 1.05, 100, |finding| {
            finding.verdict == Verdict::Slower
        });
        assert!(caught >= 95, "{noise:?}: {caught}");
    }
    for ratio in [1.05, 1.10, 1.25] {
        let overlooked = count(Noise::Bimodal, ratio, 100, |finding| {
            !matches!(finding.verdict, Verdict::Slower | Verdict::Ambiguous)
        });
        assert_eq!(overlooked, 0, "bimodal at {ratio}");
    }
}

#[test]
fn a_gain_is_called_faster() {
    let caught = count(Noise::Quiet, 0.9, 100, |finding| {
        finding.verdict == Verdict::Faster
    });
    assert_eq!(caught, 100);
}

#[test]
fn what_is_called_the_same_lies_within_the_floors() {
    for noise in NOISES {
        // At the floor itself the interval may miss the truth as often as it may: 5 % of 400, and
        // two deviations.
        let wrong = count(noise, 1.03, REPEATS, |finding| {
            if finding.verdict == Verdict::Same {
                assert!(finding.ratio.expect("an interval").hi < 1.03);
            }
            finding.verdict == Verdict::Same
        });
        assert!(wrong <= 28, "{noise:?}: {wrong}");
    }
}

#[test]
fn the_interval_holds_the_truth_wherever_sampling_stopped() {
    for noise in NOISES {
        for ratio in [1.0, 1.02, 1.05] {
            let held = count(noise, ratio, REPEATS, |finding| {
                finding
                    .ratio
                    .is_some_and(|interval| (interval.lo..=interval.hi).contains(&ratio))
            });
            // 95 % of 400 less two deviations.
            assert!(held >= 371, "{noise:?} at {ratio}: {held} of {REPEATS}");
        }
    }
}

#[test]
fn a_base_that_differs_from_itself_makes_the_case_invalid() {
    for noise in [Noise::Quiet, Noise::HeavyTails, Noise::Skewed, Noise::Drift] {
        for seed in 0..50 {
            let finding = gate(noise, (1.0, 1.15), 12, seed);
            assert_eq!(finding.verdict, Verdict::Invalid, "{noise:?} {finding:?}");
        }
    }
}

#[test]
fn a_quiet_case_is_decided_early_and_a_noisy_one_late() {
    let quiet = gate(Noise::Quiet, (1.0, 1.0), 12, 1);
    let noisy = gate(Noise::Skewed, (1.0, 1.0), 12, 1);
    assert_eq!(quiet.verdict, Verdict::Same);
    assert!(quiet.discovery_blocks <= 64, "{quiet:?}");
    assert!(noisy.discovery_blocks > quiet.discovery_blocks, "{noisy:?}");
}

#[test]
fn what_is_detectable_is_detected_nine_times_in_ten() {
    let floor = Floor {
        relative: 0.0,
        absolute: 0.0,
    };
    let mut rules = Rules::of(12);
    rules.looks = vec![32];
    let run = |ratio: f64, seed: u64| {
        let mut machine = Machine::new(Noise::Quiet, seed);
        let mut trial = Trial::new(rules.clone(), floor);
        while trial.step() != Step::Decided {
            let order = Order::drawn(seed, 0, trial.blocks() as u64);
            let arms = order.arms();
            let values = std::array::from_fn(|place| {
                let truth = if arms[place] == Arm::Head { ratio } else { 1.0 };
                truth * machine.disturbance().exp()
            });
            trial.push(order.block(values).expect("values above zero"));
        }
        trial.finish()
    };
    let detectable: Vec<f64> = (0..50)
        .filter_map(|seed| run(1.0, seed).detectable)
        .collect();
    let typical = crate::statistics::median(&detectable).expect("values");
    let found = (1_000..1_200)
        .filter(|seed| {
            run(typical, *seed)
                .p
                .is_some_and(|p| p <= rules.look_level())
        })
        .count();
    assert!((160..=198).contains(&found), "{found} of 200 at {typical}");
}
