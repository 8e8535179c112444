//! A program without a scope, for `ci/size.sh` to measure the others against.
#![forbid(unsafe_code)]

fn main() {
    println!("{}", std::hint::black_box(1));
}
