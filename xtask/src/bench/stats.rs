//! Medians, quartiles and ratios.

/// One measured value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sample {
    pub(crate) case: String,
    pub(crate) unit: &'static str,
    pub(crate) value: f64,
}

/// Units of which more is better.
const MORE_IS_BETTER: [&str; 1] = ["req/s"];

/// How many times better ours is than theirs: over 1 means that Synodic is better.
pub(crate) fn ratio(unit: &str, ours: f64, theirs: f64) -> f64 {
    if MORE_IS_BETTER.contains(&unit) {
        ours / theirs
    } else {
        theirs / ours
    }
}

/// The value that half of the others stay under; 0 when there is none.
pub(crate) fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// Half the distance between the quartiles: half of all values are no farther from the middle.
pub(crate) fn half_spread(values: &[f64]) -> f64 {
    (quantile(values, 0.75) - quantile(values, 0.25)) / 2.0
}

fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else {
        return 0.0;
    };
    let at = last as f64 * share;
    let (low, high) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    low + (high - low) * at.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_one_is_better_in_every_unit() {
        assert_eq!(ratio("ns", 10.0, 20.0), 2.0);
        assert_eq!(ratio("req/s", 10.0, 20.0), 0.5);
    }

    #[test]
    fn medians_and_spreads() {
        assert_eq!(median(&[3.0, 1.0, 2.0, 4.0]), 2.5);
        assert_eq!(median(&[]), 0.0);
        assert_eq!(half_spread(&[1.0, 2.0, 3.0, 4.0, 5.0]), 1.0);
    }
}
