//! `run <key load> <n> <times>`: does it so many times, for a tool that counts what the process does.
//!
//! Three times less once is what doing it twice costs, without what is made once for a process or a thread.
//! With `--inspect` before these, scopes and tasks are recorded; with `--inspect-polls` without the times of
//! polls. `run --all` and `run --guarded` print the names, and `run --units <key load> <n>` of how many the cost is.
#![forbid(unsafe_code)]

use purview::inspect::{Options, enable};
use purview_bench::key::{self, Key};

fn number(text: &str) -> usize {
    text.parse().expect("a number")
}

fn find(name: &str) -> &'static Key {
    key::find(name).expect("a key load: `--all` prints their names")
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let arguments = match arguments.as_slice() {
        ["--inspect", rest @ ..] => {
            enable(Options::new()).expect("once");
            rest
        }
        ["--inspect-polls", rest @ ..] => {
            enable(Options::new().times(false)).expect("once");
            rest
        }
        arguments => arguments,
    };
    match arguments {
        ["--all"] => key::all().for_each(|key| println!("{}", key.name)),
        ["--guarded"] => key::GUARDED.iter().for_each(|key| println!("{}", key.name)),
        ["--units", name, n] => println!("{}", (find(name).units)(number(n))),
        [name, n, times] => (0..number(times)).for_each(|_| (find(name).run)(number(n))),
        _ => panic!("run <key load> <n> <times>"),
    }
}
