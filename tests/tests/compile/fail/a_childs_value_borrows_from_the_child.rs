//! refused: E0515
fn main() {
    purview::block_on(purview::scope(async |s| {
        let task = s.spawn(async {
            let own = String::from("in the child");
            own.as_str()
        });
        task.await.len()
    }));
}
