//! Latencies in buckets that are about 3% wide.

/// Buckets for each power of two.
const STEPS: usize = 32;

/// Counts of latencies in nanoseconds.
#[derive(Debug)]
pub struct Histogram {
    counts: Vec<u64>,
    total: u64,
}

impl Histogram {
    pub fn new() -> Self {
        Self {
            counts: vec![0; 64 * STEPS],
            total: 0,
        }
    }

    pub fn record(&mut self, ns: u64) {
        self.counts[bucket(ns)] += 1;
        self.total += 1;
    }

    /// The latency that the share `quantile` of all stay under, in nanoseconds.
    pub fn at(&self, quantile: f64) -> u64 {
        let rank = (self.total as f64 * quantile) as u64;
        let mut seen = 0;
        for (index, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen > rank {
                return lower_bound(index);
            }
        }
        0
    }
}

fn bucket(ns: u64) -> usize {
    if ns < STEPS as u64 {
        return ns as usize;
    }
    let power = ns.ilog2() as usize;
    let step = (ns >> (power - STEPS.ilog2() as usize)) as usize - STEPS;
    (power - STEPS.ilog2() as usize + 1) * STEPS + step
}

fn lower_bound(index: usize) -> u64 {
    if index < STEPS {
        return index as u64;
    }
    let power = index / STEPS - 1;
    ((STEPS + index % STEPS) as u64) << power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_starts_at_its_lower_bound() {
        for ns in [0, 1, 31, 32, 33, 63, 64, 100, 1_000, 123_456_789] {
            let low = lower_bound(bucket(ns));
            assert!(low <= ns && ns - low <= ns / 16, "{ns} lands at {low}");
        }
    }
}
