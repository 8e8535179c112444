use std::{
    env,
    io::{self, Write},
};

/// How many clients leave.
pub(crate) fn disconnects() -> usize {
    env::var("PURVIEW_DISCONNECTS").map_or(100, |text| {
        text.parse().expect("`PURVIEW_DISCONNECTS` is a number of clients")
    })
}

/// Says what was counted, where the tests' output is not kept back.
pub(crate) fn say(counted: &str) {
    writeln!(io::stderr(), "counted: {counted}").expect("the standard error is open");
}
