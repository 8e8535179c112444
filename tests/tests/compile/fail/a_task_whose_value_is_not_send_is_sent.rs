//! refused: E0277
use std::rc::Rc;

fn sent<T: Send>(_: T) {}

fn main() {
    purview::block_on(purview::local_scope(async |s| {
        let task = s.spawn(async { Rc::new(1) });
        sent(task);
    }));
}
