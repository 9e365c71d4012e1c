//! Medians, ranges and percentiles of a handful of figures.

/// The middle and the ends of some figures.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

impl Spread {
    /// `None` where there are no figures.
    pub(crate) fn of(figures: impl IntoIterator<Item = f64>) -> Option<Self> {
        let sorted = sorted(figures);
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        let upper = *sorted.get(sorted.len() / 2)?;
        let lower = *sorted.get((sorted.len() - 1) / 2)?;
        Some(Self {
            median: f64::midpoint(lower, upper),
            min,
            max,
        })
    }
}

/// The figure that `percent` of all do not exceed (nearest rank); `None` where there are none.
pub(crate) fn percentile(figures: impl IntoIterator<Item = f64>, percent: usize) -> Option<f64> {
    let sorted = sorted(figures);
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

fn sorted(figures: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut sorted: Vec<f64> = figures.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_odd_number_is_the_one_in_the_middle() {
        let spread = Spread::of([3.0, 1.0, 2.0]).unwrap();
        assert_eq!((spread.median, spread.min, spread.max), (2.0, 1.0, 3.0));
    }

    #[test]
    fn the_median_of_an_even_number_is_halfway() {
        assert_eq!(Spread::of([4.0, 1.0, 2.0, 3.0]).unwrap().median, 2.5);
    }

    #[test]
    fn no_figures_have_no_spread_and_no_percentile() {
        assert_eq!(Spread::of([]), None);
        assert_eq!(percentile([], 50), None);
    }

    #[test]
    fn percentiles_are_figures_that_were_measured() {
        let hundred = || (1..=100).map(f64::from);
        assert_eq!(percentile(hundred(), 50), Some(50.0));
        assert_eq!(percentile(hundred(), 99), Some(99.0));
        assert_eq!(percentile([7.0], 99), Some(7.0));
    }
}
