//! refused: E0283
//! spares: RawVec
//! spares: Failure
fn main() {
    purview::block_on(async {
        let _ = purview::try_scope(async |s| {
            s.spawn(async { Ok(1) });
            Ok(())
        })
        .await;
    });
}
