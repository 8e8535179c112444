//! refused: E0382
fn main() {
    let _ = purview::block_on(purview::fail_fast::<std::io::Error>().limit(1).run(async |s| {
        let permit = s.permit().await;
        permit.spawn(async { Ok(()) });
        permit.spawn(async { Ok(()) });
        Ok(())
    }));
}
