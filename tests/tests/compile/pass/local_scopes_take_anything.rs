//! Children of a local scope need not be `Send`, nor need their values.
use std::{cell::RefCell, rc::Rc};

fn main() {
    let log = Rc::new(RefCell::new(Vec::new()));
    purview::block_on(purview::local_scope(async |s| {
        let task = s.spawn(async {
            log.borrow_mut().push("child");
            log.clone()
        });
        task.await.borrow_mut().push("body");
    }));
    assert_eq!(*log.borrow(), ["child", "body"]);
}
