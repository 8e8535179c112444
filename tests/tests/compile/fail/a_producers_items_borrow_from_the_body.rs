//! refused: E0597
use purview::scope;

fn main() {
    purview::block_on(scope(async |s| {
        let inside = String::from("made in the body");
        let _stream = s.produce(1, async |tx| {
            tx.send(inside.len()).await.ok();
        });
    }));
}
