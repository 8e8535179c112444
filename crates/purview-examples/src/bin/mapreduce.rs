//! Counts the words of every file in a folder: blocking reads, parallel counting, one result.
//!
//! `cargo run -p purview-examples --bin mapreduce` counts this repository; give another folder as argument. A limit
//! bounds how many files are in memory, a deadline how long it may take; what was counted until then is still reported.
//! The totals are those of `wc -w` in a UTF-8 locale; of files that are no text GNU's counts fewer before its release 9.5,
//! which leaves out words without a single character that can be printed.

use std::{
    cmp::Reverse,
    collections::HashMap,
    fs,
    io::{self, Write},
    num::NonZeroUsize,
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::Parser;
use futures::StreamExt;
use purview::{CancelReason, CancelToken, TaskError, gather, settled};
use purview_examples::cli::{self, Executor};

const EXIT_CODES: &str = "\
Folders named `.git`, and those that hold a CACHEDIR.TAG, such as cargo's `target`, are left out; symbolic links are
not followed.

Exit code: 0 when every file was counted, 1 when one could not be read or the deadline came first, 2 for bad usage.";

/// Counts the words of every file in a folder.
#[derive(Debug, Parser)]
#[command(name = "mapreduce", after_help = EXIT_CODES)]
struct Args {
    /// The folder whose files are counted; without it, this repository
    #[arg(default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../.."), hide_default_value = true)]
    folder: PathBuf,

    /// How many files are read or counted at the same time
    #[arg(long, value_name = "N", default_value = "16", value_parser = cli::limit)]
    limit: NonZeroUsize,

    /// How long the whole may take
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = cli::duration)]
    deadline: Duration,

    /// How many of the most frequent words are shown
    #[arg(long, value_name = "N", default_value_t = 10)]
    top: usize,

    /// The executor to run on
    #[arg(long, value_enum, default_value_t = Executor::Embedded)]
    runtime: Executor,
}

/// How often each word occurs.
#[derive(Debug, Default)]
struct Words(HashMap<String, u64>);

impl Words {
    /// What `wc -w` takes for words: whatever stands between white space. Bytes that are no UTF-8 belong to their word.
    fn count(text: &[u8]) -> Self {
        let mut words = Self::default();
        for word in String::from_utf8_lossy(text).split(Self::are_parted_by) {
            if !word.is_empty() {
                *words.0.entry(word.to_owned()).or_default() += 1;
            }
        }
        words
    }

    /// Unicode's white space, except for two characters in which `wc` differs from it: NEL and the word joiner.
    fn are_parted_by(c: char) -> bool {
        c == '\u{2060}' || c.is_whitespace() && c != '\u{85}'
    }

    fn add(&mut self, other: Self) {
        for (word, count) in other.0 {
            *self.0.entry(word).or_default() += count;
        }
    }

    fn total(&self) -> u64 {
        self.0.values().sum()
    }

    fn most_frequent(&self, top: usize) -> Vec<(&str, u64)> {
        let mut words: Vec<_> = self.0.iter().map(|(word, count)| (word.as_str(), *count)).collect();
        words.sort_unstable_by_key(|&(word, count)| (Reverse(count), word));
        words.truncate(top);
        words
    }
}

/// What has been counted by the end, whether or not that is all.
#[derive(Debug, Default)]
struct Tally {
    words: Words,
    /// Files that were found; not all there are, where the walk was stopped.
    found: usize,
    /// Whether the walk came to its end.
    walked: bool,
    /// Files that were counted.
    counted: usize,
    unreadable: Vec<(PathBuf, String)>,
    stopped: Option<CancelReason>,
}

/// What is in a folder.
#[derive(Debug, Default)]
struct Found {
    files: Vec<PathBuf>,
    /// Whether no folder was left out because the walk was stopped.
    all: bool,
    unreadable: Vec<(PathBuf, String)>,
}

/// Walks `folder`, which blocks, until the token says stop.
fn walk(folder: &Path, token: &CancelToken) -> io::Result<Found> {
    fs::read_dir(folder)?;
    let (mut found, mut folders) = (Found::default(), vec![folder.to_owned()]);
    while !token.is_cancelled() {
        let Some(folder) = folders.pop() else {
            found.all = true;
            break;
        };
        if let Err(error) = enter(&folder, &mut found.files, &mut folders) {
            found.unreadable.push((folder, error.to_string()));
        }
    }
    found.files.sort_unstable();
    Ok(found)
}

fn enter(folder: &Path, files: &mut Vec<PathBuf>, folders: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_file() {
            files.push(entry.path());
        } else if kind.is_dir() && entry.file_name() != ".git" && !entry.path().join("CACHEDIR.TAG").exists() {
            folders.push(entry.path());
        }
    }
    Ok(())
}

async fn count(args: &Args) -> io::Result<Tally> {
    let mut tally = Tally::default();
    let ended = settled()
        .name("mapreduce")
        .runtime(args.runtime.runtime())
        .timeout(args.deadline)
        .run(async |s| {
            let folder = args.folder.clone();
            let found = match s.spawn_blocking(move |token| walk(&folder, &token)).await {
                Ok(found) => found,
                Err(TaskError::Failed(error)) => return Err(error),
                // The end of the scope has the reason.
                Err(_) => return Ok(()),
            };
            tally.found = found.files.len();
            tally.walked = found.all;
            tally.unreadable = found.unreadable;

            // Map: each file is read on the blocking pool and counted on the executor, a few files at a time.
            let counts = found.files.into_iter().map(|path| {
                let s = s.clone();
                async move {
                    let file = path.clone();
                    let words = match s.spawn_blocking(move |_| fs::read(file)).await {
                        Ok(text) => s.spawn_parallel(async move { Ok(Words::count(&text)) }).await,
                        Err(error) => Err(error),
                    };
                    words.map_err(|error| (path, error))
                }
            });
            // Reduce: as they come.
            let mut counts = gather(counts).limit(args.limit).as_completed();
            while let Some((_, result)) = counts.next().await {
                match result {
                    Ok(words) => {
                        tally.counted += 1;
                        tally.words.add(words);
                    }
                    Err(TaskError::Failed((path, TaskError::Failed(error)))) => {
                        tally.unreadable.push((path, error.to_string()));
                    }
                    Err(TaskError::Failed((path, TaskError::Panicked(panic)))) => {
                        tally.unreadable.push((path, panic.to_string()));
                    }
                    // Cut by the deadline.
                    Err(_) => {}
                }
            }
            Ok(())
        })
        .await;
    match ended {
        Ok(settlement) => tally.stopped = settlement.stopped,
        // The body had no value when the deadline came; what it had counted is here all the same.
        Err(error) => {
            let reason = error.reason().clone();
            match error.into_failure() {
                Some(failure) => return Err(failure),
                None => tally.stopped = Some(reason),
            }
        }
    }
    Ok(tally)
}

fn report(tally: &Tally, top: usize, elapsed: Duration, out: &mut impl Write) -> io::Result<()> {
    for (word, count) in tally.words.most_frequent(top) {
        writeln!(out, "{count:>9}  {word}")?;
    }
    writeln!(
        out,
        "{:>9}  words in {} files, {} different, in {elapsed:.2?}",
        tally.words.total(),
        tally.counted,
        tally.words.0.len()
    )?;
    if let Some(reason) = &tally.stopped {
        let left = tally.found - tally.counted;
        let more = if tally.walked {
            ""
        } else {
            ", nor those in folders not walked"
        };
        writeln!(out, "stopped: {reason}; {left} files not counted{more}")?;
    }
    Ok(())
}

fn main() -> ExitCode {
    cli::exit(run(&Args::parse()))
}

fn run(args: &Args) -> Result<bool, String> {
    let began = Instant::now();
    let tally = args.runtime.block_on(count(args)).map_err(|error| {
        format!(
            "cannot walk {}: {error}; give a folder that can be read",
            args.folder.display()
        )
    })?;
    for (path, reason) in &tally.unreadable {
        cli::warn(format_args!("{}: {reason}", path.display()));
    }
    cli::print(|out| report(&tally, args.top, began.elapsed(), out))?;
    Ok(tally.stopped.is_none() && tally.unreadable.is_empty())
}
