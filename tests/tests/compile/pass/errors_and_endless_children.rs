//! What is written where the compiler asks for a type.
use std::io;

fn main() {
    // The error type, named at the end of the body.
    drop(purview::try_scope(async |s| {
        s.spawn(async { Ok(1) });
        Ok::<_, io::Error>(())
    }));
    // The value of a child that never ends.
    drop(purview::try_scope(async |s| {
        s.spawn::<(), _>(async {
            loop {
                purview::checkpoint().await;
            }
        });
        Ok::<_, io::Error>(())
    }));
    // Twelve, with a comma at the end.
    let f = || async { Ok::<u8, ()>(1) };
    drop(purview::gather!(f(), f(), f(), f(), f(), f(), f(), f(), f(), f(), f(), f(),));
    drop(purview::try_gather!(async { Ok::<u8, String>(1) },));
}
