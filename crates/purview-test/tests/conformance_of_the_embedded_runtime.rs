//! The default runtime, which has a clock and nothing else, passes the suite.

use purview_core::Embedded;

purview_test::conformance!(|| Embedded, refuses: [spawn, spawn_blocking]);
