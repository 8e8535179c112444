//! refused: none
use std::rc::Rc;

fn main() {
    purview::block_on(purview::scope(async |s| {
        s.spawn(async {
            let shared = Rc::new(1);
            purview::checkpoint().await;
            drop(shared);
        });
    }));
}
