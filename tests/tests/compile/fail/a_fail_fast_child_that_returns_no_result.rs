//! refused: E0271
fn main() {
    let _ = purview::block_on(purview::fail_fast::<std::io::Error>().run(async |s| {
        s.spawn(async { 7 });
        Ok(())
    }));
}
