use std::{num::NonZeroU32, str::FromStr, time::Duration};

use purview_examples::cli;

const REMEDY: &str = "write a number and a period, such as 1000/1s or 20/100ms";

/// So many in any period.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    pub(crate) max: NonZeroU32,
    pub(crate) period: Duration,
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (max, period) = text.split_once('/').ok_or(REMEDY)?;
        let max = max.parse().map_err(|error| format!("{error}; {REMEDY}"))?;
        Ok(Self {
            max,
            period: cli::duration(period)?,
        })
    }
}
