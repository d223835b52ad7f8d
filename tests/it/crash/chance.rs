//! Numbers by chance that a seed brings back.

use std::hash::{BuildHasher, Hasher, RandomState};

/// `SplitMix64`: small, and good enough to choose a moment.
pub(super) struct Chance {
    pub(super) seed: u64,
    state: u64,
}

impl Chance {
    /// By the seed in `LATCHKEY_TEST_SEED`, else by a new one.
    pub(super) fn new() -> Self {
        let seed = setting("LATCHKEY_TEST_SEED").unwrap_or_else(|| RandomState::new().build_hasher().finish());
        Self { seed, state: seed }
    }

    /// From 0 to `end`, without `end`.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }

    /// One of them, if there is one.
    pub(super) fn pick<T: Clone>(&mut self, choices: &[T]) -> Option<T> {
        let count = u64::try_from(choices.len()).unwrap();
        (count > 0).then(|| choices[usize::try_from(self.below(count)).unwrap()].clone())
    }
}

/// A number from the environment, for runs by hand: a seed to repeat, or more loops.
#[expect(clippy::disallowed_methods, reason = "a setting of this test, not of the product")]
pub(super) fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}
