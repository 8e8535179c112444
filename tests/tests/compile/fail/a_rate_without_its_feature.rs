//! refused: E0277
//! says: `.rate(..)` needs the feature `rate-limit` of Purview
//! says: in Cargo.toml: `purview = { version = "0.1", features = ["rate-limit"] }`
use std::time::Duration;

fn main() {
    let _ = purview::fail_fast::<()>().rate(1, Duration::from_secs(1));
    let _ = purview::gather([async { Ok::<u8, ()>(1) }]).rate(1, Duration::from_secs(1));
    let _ = purview::gather!(async { Ok::<u8, ()>(1) }).rate(1, Duration::from_secs(1));
}
