//! `mapreduce`: the totals of `wc -w` on every runtime.

mod program;

use std::{fs, path::Path, process::Command};

use program::{on_every_runtime, run, stderr, stdout};

/// A folder with files of many kinds; how many words they have.
fn folder(name: &str) -> (String, u64) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // From an earlier run.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("deep/er")).unwrap();
    let mut expected = 0;
    for n in 0..200_u64 {
        let place = ["", "deep", "deep/er"][usize::try_from(n % 3).unwrap()];
        let words: Vec<String> = (0..n).map(|word| format!("word{}", word % 7)).collect();
        fs::write(
            folder.join(place).join(format!("{n}.txt")),
            words.join([" ", "\n", "\t  "][usize::try_from(n % 3).unwrap()]),
        )
        .unwrap();
        expected += n;
    }
    fs::write(folder.join("empty"), "").unwrap();
    fs::write(
        folder.join("accents"),
        "dänisch — ça\u{2003}va\r\nnaïve\u{b}vertical\u{c}feed\n",
    )
    .unwrap();
    // What stands between white space is a word, the dash too.
    expected += 7;
    // Neither a repository nor a cache is counted.
    for (hidden, file) in [(".git", "HEAD"), ("target", "CACHEDIR.TAG")] {
        fs::create_dir(folder.join(hidden)).unwrap();
        fs::write(folder.join(hidden).join(file), "not counted").unwrap();
    }
    (folder.to_str().unwrap().to_owned(), expected)
}

/// The number in the line that says how many words there are.
fn total(report: &str) -> u64 {
    let line = report.lines().find(|line| line.contains(" words in ")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

#[test]
fn every_runtime_gives_the_same_total() {
    let (folder, expected) = folder("mapreduce-runtimes");
    on_every_runtime(|runtime| {
        let output = run("mapreduce", &[&folder, "--runtime", runtime, "--limit", "3"]);
        assert_eq!(output.status.code(), Some(0), "{runtime}: {}", stderr(&output));
        let report = stdout(&output);
        assert_eq!(total(&report), expected, "{runtime}");
        assert!(
            report.contains(" words in 202 files, 14 different"),
            "{runtime}: {report}"
        );
    });
}

/// What else there may be in a folder, besides files of plain text.
#[cfg(target_os = "linux")]
fn odd_folder(name: &str) -> String {
    use std::{
        ffi::OsStr,
        os::unix::{ffi::OsStrExt, fs::symlink},
    };

    let (folder, _) = folder(name);
    let place = Path::new(&folder);
    let deepest = (0..60).fold(place.to_owned(), |path, level| path.join(format!("level{level}")));
    fs::create_dir_all(&deepest).unwrap();
    fs::write(deepest.join("bottom"), "this is\tthe bottom").unwrap();
    // Every byte, each in a word that can be read.
    let binary: Vec<u8> = (0..=u8::MAX).flat_map(|byte| [byte, b'x']).collect();
    fs::write(place.join("binary"), binary.repeat(50)).unwrap();
    fs::write(place.join("latin-1"), b"na\xefve caf\xe9\xa0d\xe9j\xe0 vu\x85.").unwrap();
    fs::write(place.join("cut"), b"ends in a character cut short\xe2\x80").unwrap();
    let spaces = "\u{a0}\u{1680}\u{2000}\u{2007}\u{200a}\u{200b}\u{202f}\u{205f}\u{2060}\u{3000}\u{85}\u{feff}";
    let parted: String = spaces.chars().flat_map(|space| ['x', space, 'y']).collect();
    fs::write(place.join("spaces"), parted).unwrap();
    fs::write(place.join("long line"), "word ".repeat(100_000)).unwrap();
    fs::write(
        place.join(OsStr::from_bytes(b"no \xff utf-8\n name")),
        "a name that is not readable",
    )
    .unwrap();
    symlink(place, deepest.join("loop")).unwrap();
    symlink("itself", place.join("itself")).unwrap();
    symlink("empty", place.join("to a file")).unwrap();
    symlink("/no/such/file", place.join("nowhere")).unwrap();
    let fifo = Command::new("mkfifo").arg(place.join("not written")).status().unwrap();
    assert!(fifo.success());
    folder
}

/// What `wc -w` counts in the files that the program counts.
#[cfg(target_os = "linux")]
fn by_wc(folder: &str) -> u64 {
    const COUNT: &str = r#"
        find . \( -type d \( -name .git -o -exec test -e '{}/CACHEDIR.TAG' \; \) -prune \) -o \
            -type f -exec sh -c 'for file; do wc -w <"$file"; done' count '{}' + |
        awk '{ n += $1 } END { print n }'"#;
    let output = Command::new("sh")
        .args(["-c", COUNT])
        .env("LC_ALL", "C.UTF-8")
        .current_dir(folder)
        .output()
        .unwrap();
    stdout(&output).trim().parse().unwrap()
}

#[test]
#[cfg(target_os = "linux")]
fn every_runtime_counts_what_wc_counts_also_where_files_are_odd() {
    let folder = odd_folder("mapreduce-wc");
    let expected = by_wc(&folder);
    assert!(expected > 100_000, "wc has counted {expected}");
    on_every_runtime(|runtime| {
        let output = run("mapreduce", &[&folder, "--runtime", runtime]);
        assert_eq!(output.status.code(), Some(0), "{runtime}: {}", stderr(&output));
        assert_eq!(total(&stdout(&output)), expected, "{runtime}");
    });
}

#[test]
#[cfg(target_os = "linux")]
fn every_runtime_counts_this_repository_as_wc_does() {
    let repository = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let mut before = by_wc(repository);
    loop {
        let totals = on_every_runtime(|runtime| {
            let output = run("mapreduce", &["--runtime", runtime]);
            assert_eq!(output.status.code(), Some(0), "{runtime}: {}", stderr(&output));
            total(&stdout(&output))
        });
        let after = by_wc(repository);
        // Another program may be writing in it.
        if before == after {
            assert_eq!(totals, [before; 4]);
            return;
        }
        before = after;
    }
}

#[test]
#[cfg(unix)]
fn what_cannot_be_read_is_named_and_the_rest_is_counted() {
    use std::os::unix::fs::PermissionsExt;

    let (folder, expected) = folder("mapreduce-unreadable");
    for name in ["empty", "deep/er"] {
        fs::set_permissions(Path::new(&folder).join(name), fs::Permissions::from_mode(0o000)).unwrap();
    }
    // Nothing is hidden from root.
    if fs::read(Path::new(&folder).join("empty")).is_ok() {
        assert_eq!(total(&stdout(&run("mapreduce", &[&folder]))), expected);
        return;
    }
    let outputs = on_every_runtime(|runtime| run("mapreduce", &[&folder, "--runtime", runtime]));
    fs::set_permissions(Path::new(&folder).join("deep/er"), fs::Permissions::from_mode(0o755)).unwrap();
    for output in outputs {
        assert_eq!(output.status.code(), Some(1));
        for name in ["empty: Permission denied", "deep/er: Permission denied"] {
            assert!(stderr(&output).contains(name), "{}", stderr(&output));
        }
        assert!(total(&stdout(&output)) > 10_000, "{}", stdout(&output));
    }
}

#[test]
fn whatever_stands_between_white_space_is_a_word_also_where_it_is_no_text() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mapreduce-no-text");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("bytes"), b"\x01 \xff\xfe\n\x00\t\xe2\x80 \x7f").unwrap();
    let output = run("mapreduce", &[folder.to_str().unwrap()]);
    assert_eq!(total(&stdout(&output)), 5);
}

#[test]
fn without_argument_it_counts_this_repository() {
    let output = run("mapreduce", &["--top", "3"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(stdout(&output).lines().count(), 4, "three words and the total");
}

#[test]
fn a_deadline_that_has_come_is_reported() {
    let (folder, _) = folder("mapreduce-deadline");
    on_every_runtime(|runtime| {
        let output = run("mapreduce", &[&folder, "--deadline", "1ns", "--runtime", runtime]);
        assert_eq!(output.status.code(), Some(1), "{runtime}: {}", stderr(&output));
        let report = stdout(&output);
        assert!(report.contains("stopped: deadline exceeded"), "{runtime}: {report}");
        // The walk was stopped, so how many files there are is not known.
        assert!(
            report.contains("nor those in folders not walked"),
            "{runtime}: {report}"
        );
    });
}

#[test]
fn bad_usage_names_the_value_and_the_remedy() {
    let cases: &[(&[&str], &[&str])] = &[
        (&["/no/such/folder"], &["/no/such/folder", "a folder that can be read"]),
        (&["--limit", "0"], &["'0'", "1 or more"]),
        (&["--deadline", "1"], &["'1'", "such as 500ms or 2s"]),
        (
            &["--runtime", "rayon"],
            &["'rayon'", "embedded, tokio, smol, async-std"],
        ),
    ];
    for (args, expected) in cases {
        let output = run("mapreduce", args);
        let errors = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {errors}");
        for part in *expected {
            assert!(errors.contains(part), "{args:?} lacks {part:?}: {errors}");
        }
    }
}

#[cfg(unix)]
#[test]
fn output_that_is_not_read_is_no_failure() {
    let (folder, _) = folder("mapreduce-unread");
    assert_eq!(program::run_unread("mapreduce", &[&folder]), Some(0));
    assert_eq!(program::run_unread("mapreduce", &["no such folder"]), Some(2));
}

#[cfg(target_os = "linux")]
#[test]
fn a_report_that_cannot_be_written_is_an_error() {
    let (folder, _) = folder("mapreduce-full-disk");
    let output = program::run_on_a_full_disk("mapreduce", &[&folder]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("cannot write the report: "),
        "{}",
        stderr(&output)
    );
}
