//! A scope nested in a child borrows what the child borrowed, and what is the child's own.
fn main() {
    let outer = String::from("outer");
    let length = purview::block_on(purview::scope(async |s| {
        s.spawn(async {
            let inner = String::from("inner");
            purview::scope(async |nested| nested.spawn(async { outer.len() + inner.len() }).await).await
        })
        .await
    }));
    assert_eq!(length, 10);
}
