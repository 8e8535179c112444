//! `run <key load> <n> <times>`: does it so many times, for a tool that counts what the process does.
//!
//! Twice the times less once is what doing it costs, without what is made once for a process or a thread.
#![forbid(unsafe_code)]

use purview_bench::key;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, n, times] = arguments.as_slice() else {
        for key in key::all() {
            println!("{} {}", key.name, key.per);
        }
        return;
    };
    let number = |text: &str| text.parse::<usize>().expect("a number");
    let key = key::find(name).expect("a key load; without arguments their names are printed");
    for _ in 0..number(times) {
        (key.run)(number(n));
    }
}
