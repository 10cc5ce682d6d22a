//! The order of a block's eight samples, and the two contrasts that are formed of them.

use serde::{Deserialize, Serialize};

/// Samples in a block.
pub const SAMPLES: usize = 8;

/// What a sample is taken of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arm {
    /// One copy of base's program.
    BaseOne,
    /// Another copy of the same program, in another file.
    BaseTwo,
    /// Head's program.
    Head,
}

/// The arms of a block's samples, in the order in which they are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order([Arm; SAMPLES]);

impl Order {
    /// The order that two coins give: whether head takes the outer places of both A B B A, and which
    /// copy of base comes first and last.
    ///
    /// ```
    /// # use goish_results::gate::{Arm, Order};
    /// use Arm::{BaseOne as A, BaseTwo as a, Head as B};
    /// assert_eq!(Order::of(false, false).arms(), [A, B, B, a, a, B, B, A]);
    /// assert_eq!(Order::of(true, false).arms(), [B, A, a, B, B, a, A, B]);
    /// ```
    pub fn of(head_outside: bool, second_first: bool) -> Order {
        use Arm::{BaseOne, BaseTwo, Head};
        let (one, two) = if second_first {
            (BaseTwo, BaseOne)
        } else {
            (BaseOne, BaseTwo)
        };
        let half = if head_outside {
            [Head, one, two, Head]
        } else {
            [one, Head, Head, two]
        };
        let mut arms = [Head; SAMPLES];
        for (place, arm) in half.into_iter().enumerate() {
            arms[place] = arm;
            arms[SAMPLES - 1 - place] = arm;
        }
        Order(arms)
    }

    /// The order of this block of this case, by coins that only the seed, the case and the block
    /// decide, so that a recorded gate can be followed.
    pub fn drawn(seed: u64, case: u64, block: u64) -> Order {
        let mixed = mix(mix(mix(seed) ^ case) ^ block);
        Order::of(mixed & 1 == 1, mixed & 2 == 2)
    }

    /// The arms, one for each sample.
    pub fn arms(self) -> [Arm; SAMPLES] {
        self.0
    }

    /// What a block's samples say. `None` unless all are finite and above zero.
    pub fn block(self, values: [f64; SAMPLES]) -> Option<Block> {
        if !values.iter().all(|value| value.is_finite() && *value > 0.0) {
            return None;
        }
        let mean = |arm: Arm| {
            let mut sum = (0.0, 0.0);
            for (value, _) in values.iter().zip(self.0).filter(|(_, of)| *of == arm) {
                sum = (sum.0 + value.ln(), sum.1 + 1.0);
            }
            sum.0 / sum.1
        };
        let (one, two, head) = (mean(Arm::BaseOne), mean(Arm::BaseTwo), mean(Arm::Head));
        let base = (one + two) / 2.0;
        Some(Block {
            effect: head - base,
            null: two - one,
            base,
            head,
        })
    }
}

/// The finalizer of G. L. Steele, D. Lea and C. H. Flood's SplitMix (OOPSLA 2014): every bit of what
/// comes out depends on every bit that went in, so neighbouring numbers give unrelated coins.
fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// What the samples of one block say, in logarithms.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Block {
    /// Head against base.
    pub effect: f64,
    /// The second copy of base against the first: the null control.
    pub null: f64,
    /// The mean of base's samples.
    pub base: f64,
    /// The mean of head's samples.
    pub head: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn orders() -> impl Iterator<Item = Order> {
        [false, true]
            .into_iter()
            .flat_map(|outside| [false, true].map(|second| Order::of(outside, second)))
    }

    #[test]
    fn head_has_half_of_the_samples_and_each_copy_of_base_a_quarter() {
        for order in orders() {
            let count = |arm| order.arms().iter().filter(|of| **of == arm).count();
            assert_eq!(count(Arm::Head), 4);
            assert_eq!(count(Arm::BaseOne), 2);
            assert_eq!(count(Arm::BaseTwo), 2);
        }
    }

    #[test]
    fn base_and_head_alternate_as_a_b_b_a() {
        for order in orders() {
            let is_head: Vec<bool> = order.arms().iter().map(|arm| *arm == Arm::Head).collect();
            for half in is_head.chunks(4) {
                assert_eq!(half[0], half[3]);
                assert_eq!(half[1], half[2]);
                assert_ne!(half[0], half[1]);
            }
        }
    }

    #[test]
    fn a_steady_drift_says_nothing_of_either_contrast() {
        for order in orders() {
            let drifting: [f64; SAMPLES] =
                std::array::from_fn(|place| 100.0 * 1.02f64.powi(place as i32));
            let block = order.block(drifting).unwrap();
            assert!(block.effect.abs() < 1e-12, "{block:?}");
            assert!(block.null.abs() < 1e-12, "{block:?}");
        }
    }

    #[test]
    fn the_contrasts_are_what_they_say() {
        for order in orders() {
            let values = order.arms().map(|arm| match arm {
                Arm::BaseOne => 100.0,
                Arm::BaseTwo => 121.0,
                Arm::Head => 220.0,
            });
            let block = order.block(values).unwrap();
            assert!((block.effect.exp() - 2.0).abs() < 1e-12);
            assert!((block.null.exp() - 1.21).abs() < 1e-12);
            assert!((block.base.exp() - 110.0).abs() < 1e-9);
        }
    }

    #[test]
    fn the_coins_are_fair_and_repeat() {
        let orders: Vec<Order> = (0..4_000).map(|block| Order::drawn(7, 3, block)).collect();
        for order in self::orders() {
            let count = orders.iter().filter(|drawn| **drawn == order).count();
            assert!((850..1_150).contains(&count), "{order:?} {count}");
        }
        assert_eq!(Order::drawn(7, 3, 11), Order::drawn(7, 3, 11));
    }

    #[test]
    fn what_is_no_number_makes_no_block() {
        for wrong in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(
                Order::of(false, false).block([1.0, 1.0, wrong, 1.0, 1.0, 1.0, 1.0, 1.0]),
                None
            );
        }
    }
}
