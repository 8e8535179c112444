use std::env;

/// How many clients leave.
pub(crate) fn disconnects() -> usize {
    env::var("PURVIEW_DISCONNECTS").map_or(100, |text| {
        text.parse().expect("`PURVIEW_DISCONNECTS` is a number of clients")
    })
}
