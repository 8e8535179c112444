//! refused: E0597
fn main() {
    let local = String::from("on this stack");
    let (s, driver) = purview::fail_fast::<std::io::Error>().open();
    s.spawn(async { Ok(local.len()) });
    drop(s);
    drop(purview::block_on(driver));
}
