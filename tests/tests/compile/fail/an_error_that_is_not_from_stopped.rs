//! refused: E0277
//! says: Stopped
struct Mine;

fn main() {
    let _ = purview::fail_fast::<Mine>().try_run(async |_| Ok(()));
}
