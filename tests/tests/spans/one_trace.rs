//! A request as its operators see it: in the lines of a log, in the trace of an error, and in the spans that go to
//! a collector. It is one trace, and nothing in it is an orphan.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::{Arc, Mutex},
};

use futures::StreamExt;
use opentelemetry::trace::{SpanId, TracerProvider as _};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use purview::{fail_fast, gather, settled};
use purview_tests::{AnyRuntime, served_by_every_runtime, yields};
use tracing::{
    Dispatch, Instrument, Level, field::Empty, info_span, instrument::WithSubscriber, level_filters::LevelFilter,
};
use tracing_error::{ErrorLayer, SpanTrace};
use tracing_subscriber::{Registry, fmt, fmt::format::FmtSpan, layer::SubscriberExt};

use crate::lines::Lines;

/// A service that is opened in `main`, and a request that spawns in every way there is.
struct Program {
    dispatch: Dispatch,
    lines: Lines,
    exporter: InMemorySpanExporter,
    provider: SdkTracerProvider,
    /// Where each part of the request stood, as an error would say it.
    traces: Arc<Mutex<BTreeMap<&'static str, String>>>,
}

impl Program {
    fn new(level: Level) -> Self {
        let lines = Lines::default();
        let sink = lines.clone();
        let exporter = InMemorySpanExporter::default();
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter.clone())
            .build();
        let log = fmt::layer()
            .with_ansi(false)
            .with_span_events(FmtSpan::CLOSE)
            .with_writer(move || sink.clone());
        let layers = Registry::default()
            .with(LevelFilter::from_level(level))
            .with(log)
            .with(ErrorLayer::default())
            .with(tracing_opentelemetry::layer().with_tracer(provider.tracer("test")));
        Self {
            dispatch: Dispatch::new(layers),
            lines,
            exporter,
            provider,
            traces: Arc::default(),
        }
    }

    /// A part of the request: it says that it is there, and notes where it is.
    fn part(&self, what: &'static str) -> impl FnOnce() -> Result<(), ()> + Send + use<> {
        let (dispatch, traces) = (self.dispatch.clone(), self.traces.clone());
        move || {
            tracing::dispatcher::with_default(&dispatch, || {
                tracing::info!("{what} is here");
                traces.lock().unwrap().insert(what, SpanTrace::capture().to_string());
            });
            Ok(())
        }
    }

    async fn run(&self, runtime: AnyRuntime) {
        let (service, driver) = settled::<()>()
            .name("service")
            .runtime(runtime.clone())
            .span(|task| info_span!("service", task = task.name(), outcome = Empty))
            .open();
        let request = fail_fast::<()>().name("handler").runtime(runtime).run(async |s| {
            let [plain, parallel, blocking, guest, start, produce] =
                ["plain", "parallel", "blocking", "guest", "start", "produce"].map(|what| self.part(what));
            s.spawn(async {
                yields(1).await;
                plain()
            });
            s.spawn_parallel(async move {
                yields(1).await;
                parallel()
            });
            s.spawn_blocking(|_| blocking());
            let guest = service.task().name("guest").enter(async move {
                yields(1).await;
                guest()
            });
            guest.await.unwrap().unwrap();
            s.start(async |ready| {
                ready.set(()).unwrap();
                start()
            })
            .await
            .unwrap();
            let mut items = s.produce(1, async |tx| {
                tx.send(()).await.unwrap();
                produce()
            });
            while let Some(()) = items.next().await {}
            gather((0..2).map(|_| async { self.part("gathered")() }))
                .name("pages")
                .await
                .map_err(drop)?;
            // It outlives the request.
            service.task().name("background").spawn({
                let background = self.part("background");
                async move { background() }
            });
            drop(service);
            Ok(())
        });
        let request = async { request.instrument(info_span!("request", id = 7)).await };
        let (answer, settlement) = futures::join!(request, driver);
        answer.unwrap();
        settlement.unwrap();
    }
}

const PARTS: [&str; 8] = [
    "plain",
    "parallel",
    "blocking",
    "guest",
    "start",
    "produce",
    "gathered",
    "background",
];

async fn it_is_seen_as_one_in_logs_errors_and_traces(runtime: AnyRuntime) {
    for level in [Level::DEBUG, Level::INFO] {
        let program = Program::new(level);
        let main = async { program.run(runtime.clone()).instrument(info_span!("main")).await };
        main.with_subscriber(program.dispatch.clone()).await;

        let text = program.lines.text();
        let traces = program.traces.lock().unwrap().clone();
        for what in PARTS {
            // What outlives the request is a part of the service.
            let around = if what == "background" {
                "service{"
            } else {
                "request{id=7}"
            };
            let said = format!("{what} is here");
            let line = text.lines().find(|line| line.contains(&said)).expect(&text);
            assert!(
                line.contains("main") && line.contains(around),
                "{what} at {level}: {line}"
            );
            let trace = &traces[what];
            let name = &around[..around.find('{').unwrap()];
            assert!(
                trace.contains("main") && trace.contains(name),
                "{what} at {level}: {trace}"
            );
        }
        let closed = text
            .lines()
            .find(|line| line.contains("close") && line.contains("handler"));
        assert_eq!(closed.is_some(), level == Level::DEBUG);
        assert!(
            closed.is_none_or(|line| line.contains(r#"outcome="returned""#)),
            "{closed:?}"
        );

        program.provider.force_flush().unwrap();
        let spans = program.exporter.get_finished_spans().unwrap();
        assert_one_trace(&spans);
        let names = spans.iter().map(name).collect::<BTreeSet<_>>();
        assert!(
            names.is_superset(&["main", "request", "service"].map(str::to_owned).into()),
            "{names:?}"
        );
        if level == Level::DEBUG {
            let own = ["handler", "handler/1", "handler/2", "handler/3", "pages/0", "pages/1"];
            assert!(names.is_superset(&own.map(str::to_owned).into()), "{names:?}");
        }
        let background = spans.iter().find(|span| name(span) == "background").unwrap();
        assert_eq!(background.links.len(), 1, "what outlives the request is linked to it");
        let outcomes = spans
            .iter()
            .filter(|span| span.name == "service")
            .map(|span| attribute(span, "outcome"));
        assert_eq!(outcomes.collect::<BTreeSet<_>>(), [Some("returned".to_owned())].into());
    }
}

/// All are in one trace, all have ended, and each but the root is below one of the others.
fn assert_one_trace(spans: &[SpanData]) {
    let traces = spans.iter().map(|span| span.span_context.trace_id());
    assert_eq!(traces.collect::<HashSet<_>>().len(), 1, "{spans:?}");
    let ids = spans
        .iter()
        .map(|span| span.span_context.span_id())
        .collect::<HashSet<_>>();
    assert_eq!(ids.len(), spans.len());
    let (roots, others): (Vec<_>, Vec<_>) = spans.iter().partition(|span| span.parent_span_id == SpanId::INVALID);
    assert_eq!(roots.iter().map(|root| name(root)).collect::<Vec<_>>(), ["main"]);
    for span in others {
        assert!(ids.contains(&span.parent_span_id), "an orphan: {span:?}");
    }
}

/// The task's, where it is the span of one.
fn name(span: &SpanData) -> String {
    let task = attribute(span, "name").or_else(|| attribute(span, "task").filter(|task| task != "service"));
    task.unwrap_or_else(|| span.name.clone().into_owned())
}

fn attribute(span: &SpanData, key: &str) -> Option<String> {
    let found = span.attributes.iter().find(|attribute| attribute.key.as_str() == key);
    found.map(|attribute| attribute.value.as_str().into_owned())
}

served_by_every_runtime!(it_is_seen_as_one_in_logs_errors_and_traces);
