use std::{fmt, sync::Arc};

use clap::ValueEnum;
use purview::Runtime;

/// The executor that runs the program, and whose clock Purview keeps time with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Executor {
    /// No executor at all: the calling thread.
    Embedded,
    /// A tokio runtime with several threads.
    Tokio,
    /// smol's `block_on`, and its global executor.
    Smol,
    /// async-std's `block_on`, and its executor.
    AsyncStd,
}

impl Executor {
    /// Runs `program` to its end on this executor.
    pub fn block_on<F: Future>(self, program: F) -> F::Output {
        match self {
            Self::Embedded => purview::block_on(program),
            Self::Tokio => tokio::runtime::Builder::new_multi_thread()
                .enable_all()
                .build()
                .expect("tokio could not start its threads")
                .block_on(program),
            Self::Smol => smol::block_on(program),
            Self::AsyncStd => async_std::task::block_on(program),
        }
    }

    /// What a scope asks of this executor; call it inside [`block_on`](Self::block_on).
    pub fn runtime(self) -> Arc<dyn Runtime> {
        match self {
            Self::Embedded => Arc::new(purview::Embedded),
            Self::Tokio => Arc::new(purview::Tokio::current()),
            Self::Smol => Arc::new(purview::Smol),
            Self::AsyncStd => Arc::new(purview::AsyncStd),
        }
    }
}

impl fmt::Display for Executor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Embedded => "embedded",
            Self::Tokio => "tokio",
            Self::Smol => "smol",
            Self::AsyncStd => "async-std",
        })
    }
}
