//! The program of `size_join_set` with 32 more types of tasks, for `ci/size.sh`.
#![forbid(unsafe_code)]

use purview_bench::{yield_now, yields};
use tokio::{runtime::Builder, task::JoinSet};

/// What a task gives; a type of its own for each number.
struct Given<const NUMBER: usize>(usize);

async fn child<const NUMBER: usize>() -> Given<NUMBER> {
    yield_now().await;
    Given(std::hint::black_box(NUMBER))
}

/// Each spawned by itself, since a set is of one type.
macro_rules! children {
    ($($number:literal)*) => {
        0 $(+ tokio::spawn(child::<$number>()).await.expect("it does not panic").0)*
    };
}

fn main() {
    let runtime = Builder::new_current_thread().build().expect("a tokio runtime");
    let sum = runtime.block_on(async {
        let more = children!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32);
        let mut children = JoinSet::new();
        children.spawn(yields(1, 1));
        more + children
            .join_next()
            .await
            .expect("there is one")
            .expect("it does not panic")
    });
    println!("{sum}");
}
