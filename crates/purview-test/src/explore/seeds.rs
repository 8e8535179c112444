use std::ops::{Range, RangeInclusive};

/// Which schedules [`explore`](crate::explore()) tries: a range or a list of seeds, or the number of them, from 0 on.
///
/// # Examples
///
/// ```
/// use purview_test::Seeds;
///
/// assert_eq!(3.into_seeds(), [0, 1, 2]);
/// assert_eq!((7..9).into_seeds(), [7, 8]);
/// assert_eq!([5].into_seeds(), [5]);
/// ```
pub trait Seeds {
    /// The seeds, in the order in which they are tried.
    fn into_seeds(self) -> Vec<u64>;
}

impl Seeds for u64 {
    fn into_seeds(self) -> Vec<u64> {
        (0..self).collect()
    }
}

impl Seeds for Range<u64> {
    fn into_seeds(self) -> Vec<u64> {
        self.collect()
    }
}

impl Seeds for RangeInclusive<u64> {
    fn into_seeds(self) -> Vec<u64> {
        self.collect()
    }
}

impl Seeds for Vec<u64> {
    fn into_seeds(self) -> Vec<u64> {
        self
    }
}

impl<const N: usize> Seeds for [u64; N] {
    fn into_seeds(self) -> Vec<u64> {
        self.into()
    }
}

impl Seeds for &[u64] {
    fn into_seeds(self) -> Vec<u64> {
        self.into()
    }
}
