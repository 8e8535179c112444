//! With the feature `tracing`, what happens in a task is told inside a span that says which task it is.
#![cfg(feature = "tracing")]

use std::{
    io,
    sync::{Arc, Mutex},
};

use tracing_subscriber::{filter::LevelFilter, fmt::MakeWriter};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

fn told(program: impl FnOnce()) -> String {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_writer(lines.clone())
        .with_ansi(false)
        .finish();
    tracing::subscriber::with_default(subscriber, program);
    let bytes = lines.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn an_event_in_a_child_is_told_in_the_childs_span() {
    let text = told(|| {
        purview::block_on(purview::scope(async |s| {
            s.task()
                .name("loader")
                .spawn(async { tracing::info!("half way") })
                .await;
        }));
    });
    let line = text.lines().find(|line| line.contains("half way")).expect(&text);
    assert!(line.contains("task{") && line.contains(r#"name="loader""#), "{line}");
}

#[test]
fn a_cancelled_scope_tells_its_name_and_the_reason() {
    let text = told(|| {
        let out = purview::block_on(purview::fail_fast::<io::Error>().name("import").run(async |s| {
            s.cancel_with("enough");
            std::future::pending().await
        }));
        out.map(|(): ()| ()).unwrap_err();
    });
    let line = text
        .lines()
        .find(|line| line.contains("the scope is cancelled"))
        .expect(&text);
    assert!(line.contains("import") && line.contains("enough"), "{line}");
}

#[test]
fn a_report_is_a_warning_that_names_the_task() {
    use purview::inspect::{self, Options};

    let text = told(|| {
        // Every poll takes longer than no time.
        inspect::enable(Options::new().slow_poll(std::time::Duration::ZERO)).unwrap();
        purview::block_on(purview::scope(async |s| {
            s.task().name("slow").spawn(async {}).await;
        }));
    });
    let line = text
        .lines()
        .find(|line| line.contains("slow poll: `slow`"))
        .expect(&text);
    assert!(line.contains("WARN") && line.contains("purview::inspect"), "{line}");
    assert!(line.contains(file!()), "{line}");
}
