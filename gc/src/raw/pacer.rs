//! When to collect, and how much of the nursery to keep young.

use std::time::Duration;

use crate::options::HeapOptions;

/// The nursery grows while minor collections take more than this share of the time. A smaller
/// nursery stays in the processor's cache, so it does not grow without need.
const MINOR_SHARE: f64 = 0.03;

/// When so much of what survived once survives again, copying it a second time is in vain.
const TENURE_SHARE: f64 = 0.8;

/// And when so much of the nursery survives at all; below that, there is little to copy.
const SURVIVAL_SHARE: f64 = 0.2;

/// Minor collections that promote at once before one looks again whether that is right.
const EARLY_MINORS: u32 = 7;

/// What one minor collection did.
#[derive(Debug, Clone, Copy)]
pub(super) struct Minor {
    /// Time of the processor in it.
    pub(super) pause: Duration,
    /// The same since the collection before.
    pub(super) mutator: Duration,
    /// Bytes of new objects, of which `copied` lived on.
    pub(super) fresh: usize,
    pub(super) copied: usize,
    /// Bytes that were promoted, all of them.
    pub(super) promoted: usize,
}

/// Steers by what collections have cost so far.
#[derive(Debug)]
pub(super) struct Pacer {
    nursery_blocks: usize,
    full_threshold: usize,
    /// Bytes that the last minor collection left in the nursery.
    survivors: usize,
    early_left: u32,
}

impl Pacer {
    pub(super) fn new(options: &HeapOptions) -> Self {
        Self {
            nursery_blocks: options.nursery_blocks_min(),
            full_threshold: options.full_threshold_min(),
            survivors: 0,
            early_left: 0,
        }
    }

    /// Blocks of new objects after which a minor collection is wanted.
    pub(super) fn nursery_blocks(&self) -> usize {
        self.nursery_blocks
    }

    /// Old and external bytes at which a full collection is wanted.
    pub(super) fn full_threshold(&self) -> usize {
        self.full_threshold
    }

    /// Whether the next minor collection promotes what has survived nothing yet.
    pub(super) fn promotes_early(&self) -> bool {
        self.early_left > 0
    }

    /// A minor collection has ended.
    pub(super) fn after_minor(&mut self, minor: Minor, options: &HeapOptions) {
        self.steer_nursery(minor, options);
        if self.early_left > 0 {
            self.early_left -= 1;
            self.survivors = 0;
            return;
        }
        let tenured = share(minor.promoted, self.survivors) >= TENURE_SHARE;
        if tenured && share(minor.copied, minor.fresh) >= SURVIVAL_SHARE {
            self.early_left = EARLY_MINORS;
        }
        self.survivors = minor.copied;
    }

    /// A full collection has ended with `live` old and external bytes. The next one is due when
    /// these have doubled, but not beyond half of the way to the limit.
    pub(super) fn after_full(&mut self, live: usize, options: &HeapOptions) {
        self.survivors = 0;
        let grown = live.saturating_mul(2).max(options.full_threshold_min());
        let left = options.max_old_space_size.saturating_sub(live);
        self.full_threshold = grown.min(live.saturating_add(left / 2));
    }

    fn steer_nursery(&mut self, minor: Minor, options: &HeapOptions) {
        let total = minor.pause + minor.mutator;
        let blocks = self.nursery_blocks;
        self.nursery_blocks = if minor.pause > options.pause_goal {
            let share = options.pause_goal.as_secs_f64() / minor.pause.as_secs_f64();
            ((blocks as f64 * share) as usize).max(options.nursery_blocks_min())
        } else if minor.pause * 2 < options.pause_goal
            && minor.pause.as_secs_f64() > total.as_secs_f64() * MINOR_SHARE
        {
            (blocks * 2).min(options.nursery_blocks_max())
        } else {
            blocks
        };
    }
}

fn share(part: usize, whole: usize) -> f64 {
    match whole {
        0 => 0.0,
        _ => part as f64 / whole as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1 << 20;

    fn minor(pause_us: u64, mutator_us: u64) -> Minor {
        Minor {
            pause: Duration::from_micros(pause_us),
            mutator: Duration::from_micros(mutator_us),
            fresh: MIB,
            copied: MIB / 100,
            promoted: MIB / 1000,
        }
    }

    #[test]
    fn the_nursery_grows_when_collections_cost_much_and_shrinks_when_they_are_long() {
        let options = HeapOptions::new();
        let mut pacer = Pacer::new(&options);
        let least = pacer.nursery_blocks();
        for _ in 0..3 {
            pacer.after_minor(minor(10, 1000), &options);
        }
        assert_eq!(pacer.nursery_blocks(), least, "a hundredth is little");
        for _ in 0..30 {
            pacer.after_minor(minor(500, 1000), &options);
        }
        assert_eq!(pacer.nursery_blocks(), options.nursery_blocks_max());
        pacer.after_minor(minor(1500, 1000), &options);
        assert_eq!(pacer.nursery_blocks(), options.nursery_blocks_max());
        for _ in 0..30 {
            pacer.after_minor(minor(2500, 100_000), &options);
        }
        assert_eq!(pacer.nursery_blocks(), least);
    }

    #[test]
    fn what_survives_anyway_is_promoted_at_once_until_it_does_not() {
        let options = HeapOptions::new();
        let mut pacer = Pacer::new(&options);
        let all_lives = Minor {
            copied: MIB,
            promoted: MIB,
            ..minor(100, 1000)
        };
        pacer.after_minor(all_lives, &options);
        assert!(!pacer.promotes_early(), "nothing has survived twice yet");
        pacer.after_minor(all_lives, &options);
        for _ in 0..EARLY_MINORS {
            assert!(pacer.promotes_early());
            pacer.after_minor(all_lives, &options);
        }
        assert!(!pacer.promotes_early(), "it looks again");
        let dies_in_the_end = Minor {
            promoted: MIB / 10,
            ..all_lives
        };
        pacer.after_minor(all_lives, &options);
        pacer.after_minor(dies_in_the_end, &options);
        assert!(!pacer.promotes_early());
    }

    #[test]
    fn full_collections_come_at_twice_what_lives_within_the_limit() {
        let options = HeapOptions::new().max_old_space_size(100 * MIB);
        let mut pacer = Pacer::new(&options);
        assert_eq!(pacer.full_threshold(), 8 * MIB);
        pacer.after_full(MIB, &options);
        assert_eq!(pacer.full_threshold(), 8 * MIB);
        pacer.after_full(20 * MIB, &options);
        assert_eq!(pacer.full_threshold(), 40 * MIB);
        pacer.after_full(80 * MIB, &options);
        assert_eq!(pacer.full_threshold(), 90 * MIB);
    }
}
