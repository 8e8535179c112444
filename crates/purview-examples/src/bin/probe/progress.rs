use std::{io, time::Duration};

use indicatif::{ProgressBar, ProgressStyle};

/// A bar on stderr, if that is a terminal.
#[derive(Debug)]
pub(crate) struct Progress(ProgressBar);

impl Progress {
    pub(crate) fn new(targets: usize) -> Self {
        let style =
            ProgressStyle::with_template("{elapsed:>4} [{bar:40}] {pos}/{len} targets").expect("a valid template");
        Self(ProgressBar::new(targets as u64).with_style(style.progress_chars("=> ")))
    }

    pub(crate) fn one_done(&self) {
        self.0.inc(1);
    }

    /// Keeps the elapsed time moving while no target ends.
    pub(crate) async fn tick(&self) -> io::Result<()> {
        loop {
            purview::sleep(Duration::from_millis(100)).await;
            self.0.tick();
        }
    }

    pub(crate) fn clear(&self) {
        self.0.finish_and_clear();
    }
}
