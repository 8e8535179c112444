//! Children borrow from the caller, shared or alone, and what they borrowed is the caller's again afterwards.
fn main() {
    let text = String::from("shared");
    let (mut left, mut right) = (Vec::new(), Vec::new());
    let sum = purview::block_on(purview::scope(async |s| {
        let a = s.spawn(async {
            left.push(text.len());
            text.len()
        });
        let b = s.spawn(async {
            right.push(text.len());
            text.len()
        });
        a.await + b.await
    }));
    drop(text);
    left.push(sum);
    drop((left, right));
}
