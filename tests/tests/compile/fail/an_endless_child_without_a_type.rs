//! refused: E0283
fn main() {
    purview::block_on(async {
        let _: Result<(), std::io::Error> = purview::try_scope(async |s| {
            s.spawn(async {
                loop {
                    purview::checkpoint().await;
                }
            });
            Ok(())
        })
        .await;
    });
}
