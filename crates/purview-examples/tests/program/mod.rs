//! Runs the programs as a user does: with flags, pipes and exit codes.
#![allow(dead_code, reason = "no test uses all of it")]

use std::{
    io::Write,
    panic::resume_unwind,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    thread,
};

/// The executors that every program can run on.
const RUNTIMES: [&str; 4] = ["embedded", "tokio", "smol", "async-std"];

/// Runs `check` for every runtime, all at once, because most of what takes time here is waiting.
pub(crate) fn on_every_runtime<T: Send>(check: impl Fn(&'static str) -> T + Sync) -> [T; 4] {
    let check = &check;
    thread::scope(|s| {
        RUNTIMES
            .map(|runtime| s.spawn(move || check(runtime)))
            .map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })
}

/// Where `cargo test` has put a program.
pub(crate) fn path_of(name: &str) -> &'static Path {
    Path::new(match name {
        "crawl" => env!("CARGO_BIN_EXE_crawl"),
        "mapreduce" => env!("CARGO_BIN_EXE_mapreduce"),
        "probe" => env!("CARGO_BIN_EXE_probe"),
        "serve" => env!("CARGO_BIN_EXE_serve"),
        _ => panic!("this crate has no program `{name}`"),
    })
}

/// Runs a program to its end.
pub(crate) fn run(name: &str, args: &[&str]) -> Output {
    run_with_input(name, args, b"")
}

/// Runs a program to its end, with `input` on its stdin.
pub(crate) fn run_with_input(name: &str, args: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(path_of(name))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // One that does not care for its stdin may have ended by now.
    let _ = child.stdin.take().expect("stdin is piped").write_all(input);
    child.wait_with_output().expect("the program ends")
}

/// Runs a program to its end, without a reader of what it prints.
#[cfg(unix)]
pub(crate) fn run_unread(name: &str, args: &[&str]) -> Option<i32> {
    let unread = || {
        let (writer, _) = std::os::unix::net::UnixStream::pair().expect("the system has pipes");
        Stdio::from(std::os::fd::OwnedFd::from(writer))
    };
    let mut command = Command::new(path_of(name));
    command
        .args(args)
        .stdin(Stdio::null())
        .stdout(unread())
        .stderr(unread());
    command.status().expect("the program starts").code()
}

/// Runs a program to its end, with nowhere to put what it prints on stdout.
#[cfg(target_os = "linux")]
pub(crate) fn run_on_a_full_disk(name: &str, args: &[&str]) -> Output {
    let full = std::fs::File::options().write(true).open("/dev/full");
    Command::new(path_of(name))
        .args(args)
        .stdin(Stdio::null())
        .stdout(full.expect("Linux has this device"))
        .output()
        .expect("the program starts")
}

/// A file for one test, in the target folder.
pub(crate) fn file(name: &str, content: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, content).expect("the target folder can be written to");
    path
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("programs print UTF-8")
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("programs print UTF-8")
}
