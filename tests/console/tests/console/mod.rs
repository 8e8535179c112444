use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{OnceLock, mpsc},
    thread,
    time::Duration,
};

use console_api::{
    Field, field,
    instrument::{InstrumentRequest, Update, instrument_client::InstrumentClient},
    tasks::{Stats, Task},
};
use console_subscriber::{ConsoleLayer, ServerParts};
use tokio::{
    net::TcpListener,
    runtime::{Builder, Runtime},
};
use tonic::{
    Streaming,
    transport::{Server, server::TcpIncoming},
};
use tracing_subscriber::layer::SubscriberExt;

/// A task, as the console has it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shown {
    pub(crate) span: u64,
    pub(crate) name: String,
    pub(crate) kind: String,
    /// The file and the line.
    pub(crate) location: Option<(String, u32)>,
    pub(crate) polls: u64,
    pub(crate) wakes: u64,
    clones: u64,
    drops: u64,
    pub(crate) dropped: bool,
}

impl Shown {
    /// How many wakers of it there are.
    pub(crate) fn wakers(&self) -> u64 {
        self.clones - self.drops
    }

    fn new(task: &Task) -> Self {
        let text = |name| task.fields.iter().find(|field| is_called(field, name)).map(text);
        Self {
            span: task.id.unwrap().id,
            name: text("task.name").unwrap_or_default(),
            kind: text("kind").unwrap_or_default(),
            location: task
                .location
                .as_ref()
                .map(|at| (at.file.clone().unwrap(), at.line.unwrap())),
            ..Self::default()
        }
    }

    fn update(&mut self, stats: &Stats) {
        self.polls = stats.poll_stats.as_ref().map_or(0, |polls| polls.polls);
        self.wakes = stats.wakes;
        self.clones = stats.waker_clones;
        self.drops = stats.waker_drops;
        self.dropped = stats.dropped_at.is_some();
    }
}

fn is_called(field: &Field, name: &str) -> bool {
    matches!(&field.name, Some(field::Name::StrName(found)) if found == name)
}

fn text(field: &Field) -> String {
    match &field.value {
        Some(field::Value::StrVal(text) | field::Value::DebugVal(text)) => text.clone(),
        other => panic!("{other:?} is no text"),
    }
}

/// A client of the server that `tokio-console` is one of.
pub(crate) struct Console {
    runtime: Runtime,
    updates: Streaming<Update>,
    tasks: HashMap<u64, Shown>,
}

impl Console {
    pub(crate) fn connect() -> Self {
        let at = format!("http://{}", server());
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let updates = runtime.block_on(async {
            let mut client = InstrumentClient::connect(at).await.unwrap();
            client.watch_updates(InstrumentRequest {}).await.unwrap().into_inner()
        });
        Self {
            runtime,
            updates,
            tasks: HashMap::new(),
        }
    }

    /// Reads updates until one of the tasks is what is looked for.
    pub(crate) fn wait_for(&mut self, is_it: impl Fn(&Shown) -> bool) -> Shown {
        loop {
            if let Some(task) = self.tasks.values().find(|task| is_it(task)) {
                return task.clone();
            }
            let update = self.runtime.block_on(self.updates.message()).unwrap();
            let Some(tasks) = update.expect("the server goes on").task_update else {
                continue;
            };
            assert_eq!(tasks.dropped_events, 0);
            for task in &tasks.new_tasks {
                let shown = Shown::new(task);
                self.tasks.insert(shown.span, shown);
            }
            for (id, stats) in &tasks.stats_update {
                if let Some(task) = self.tasks.get_mut(id) {
                    task.update(stats);
                }
            }
        }
    }
}

/// Installs the console's subscriber in this process, and serves what it hears.
fn server() -> SocketAddr {
    static SERVER: OnceLock<SocketAddr> = OnceLock::new();
    *SERVER.get_or_init(|| {
        let (layer, server) = ConsoleLayer::builder()
            .publish_interval(Duration::from_millis(10))
            .build();
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                tell.send(listener.local_addr().unwrap()).unwrap();
                let ServerParts {
                    instrument_server,
                    aggregator,
                    ..
                } = server.into_parts();
                tokio::spawn(aggregator.run());
                let router = Server::builder().add_service(instrument_server);
                router.serve_with_incoming(TcpIncoming::from(listener)).await.unwrap();
            });
        });
        let layers = tracing_subscriber::registry().with(layer);
        tracing_subscriber::util::SubscriberInitExt::try_init(layers).unwrap();
        told.recv().unwrap()
    })
}
