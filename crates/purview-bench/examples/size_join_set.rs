//! A program with one `JoinSet` of one task, for `ci/size.sh`.
#![forbid(unsafe_code)]

use purview_bench::yields;
use tokio::{runtime::Builder, task::JoinSet};

fn main() {
    let runtime = Builder::new_current_thread().build().expect("a tokio runtime");
    let sum = runtime.block_on(async {
        let mut children = JoinSet::new();
        children.spawn(yields(1, 1));
        children
            .join_next()
            .await
            .expect("there is one")
            .expect("it does not panic")
    });
    println!("{sum}");
}
