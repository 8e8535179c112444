//! refused: E0382
fn main() {
    purview::block_on(purview::scope(async |s| {
        let task = s.spawn(async { 7 });
        task.await + task.await
    }));
}
