//! refused: E0277
//! says: `.span(..)` needs the feature `tracing` of Purview
//! says: in Cargo.toml: `purview = { version = "0.1", features = ["tracing"] }`

struct Span;

fn main() {
    let builder = purview::fail_fast::<()>().span(|_| Span).run(async |s| {
        s.task().span(|task| if task.name().is_empty() { Span } else { Span }).spawn(async { Ok(()) });
        s.task().parallel().span(|_| Span).spawn(async { Ok(()) });
        Ok(())
    });
    drop(builder);
    drop(purview::gather([async { Ok::<_, ()>(1) }]).span(|_| Span));
    drop(purview::gather!(async { Ok::<_, ()>(1) }).span(|task| task.id()));
}
