//! An error may borrow from what the scope borrows from.
fn main() {
    let text = String::from("the culprit");
    let failed: Result<(), &str> = purview::block_on(purview::try_scope(async |s| {
        s.spawn(async { Err::<(), _>(text.as_str()) });
        Ok(())
    }));
    assert_eq!(failed, Err("the culprit"));
}
