use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex},
};

use tracing::{
    Dispatch, Event, Level, Subscriber,
    field::{Field, Visit},
    instrument::{WithDispatch, WithSubscriber},
    level_filters::LevelFilter,
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    Layer, Registry,
    layer::{Context, SubscriberExt},
    registry::{LookupSpan, Scope, SpanRef},
};

/// A subscriber that writes down what it is told.
#[derive(Clone)]
pub(crate) struct Recorder {
    dispatch: Dispatch,
    told: Arc<Mutex<Told>>,
}

#[derive(Default)]
struct Told {
    spans: BTreeMap<u64, Span>,
    /// What was said, and the spans that it was said in, the outermost first.
    events: Vec<(String, Vec<String>)>,
}

/// A span, as it was told of.
#[derive(Clone, Debug, Default)]
pub(crate) struct Span {
    pub(crate) name: String,
    pub(crate) fields: BTreeMap<String, String>,
    pub(crate) parent: Option<String>,
    pub(crate) follows: Vec<String>,
    pub(crate) closed: bool,
}

impl Recorder {
    pub(crate) fn new(level: Level) -> Self {
        let told = Arc::new(Mutex::new(Told::default()));
        let layers = Registry::default()
            .with(LevelFilter::from_level(level))
            .with(Layered(told.clone()));
        Self {
            dispatch: Dispatch::new(layers),
            told,
        }
    }

    /// Runs a future that tells this.
    pub(crate) fn listen<F: Future>(&self, fut: F) -> WithDispatch<F> {
        fut.with_subscriber(self.dispatch.clone())
    }

    /// Says something, on whatever thread.
    pub(crate) fn say(&self, what: &str) {
        tracing::dispatcher::with_default(&self.dispatch, || tracing::info!("{what}"));
    }

    /// As [`say`](Self::say), for a child that does nothing else.
    #[expect(clippy::unnecessary_wraps, reason = "a child returns a result")]
    pub(crate) fn child(&self, what: &str) -> Result<(), ()> {
        self.say(what);
        Ok(())
    }

    /// The names of the spans that something was said in, the outermost first.
    pub(crate) fn around(&self, what: &str) -> Vec<String> {
        let told = self.told.lock().unwrap();
        let event = told.events.iter().find(|(said, _)| said == what);
        event
            .unwrap_or_else(|| panic!("{what} was not said: {:?}", told.events))
            .1
            .clone()
    }

    /// The spans of that name, in the order of their making.
    pub(crate) fn spans(&self, name: &str) -> Vec<Span> {
        let told = self.told.lock().unwrap();
        told.spans.values().filter(|span| span.name == name).cloned().collect()
    }

    pub(crate) fn span(&self, name: &str) -> Span {
        let mut spans = self.spans(name);
        assert_eq!(spans.len(), 1, "{name}: {spans:?}");
        spans.remove(0)
    }

    /// The names of all spans that were not closed.
    pub(crate) fn open(&self) -> Vec<String> {
        let told = self.told.lock().unwrap();
        let open = told.spans.values().filter(|span| !span.closed);
        open.map(|span| span.name.clone()).collect()
    }
}

struct Layered(Arc<Mutex<Told>>);

/// Ids are used again once a span is closed: each span is known by its place in the order of their making.
struct Place(u64);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Layered {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, cx: Context<'_, S>) {
        let span = cx.span(id).unwrap();
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let parent = span.parent().map(|parent| self.name_of(&parent));
        let mut told = self.0.lock().unwrap();
        let place = told.spans.len() as u64;
        let name = fields.0.get("name").cloned();
        told.spans.insert(
            place,
            Span {
                name: name.unwrap_or_else(|| span.name().to_owned()),
                fields: fields.0,
                parent,
                ..Span::default()
            },
        );
        drop(told);
        span.extensions_mut().insert(Place(place));
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, cx: Context<'_, S>) {
        let mut fields = Fields::default();
        values.record(&mut fields);
        self.with_span(id, &cx, |span| {
            if let Some(name) = fields.0.get("name") {
                span.name.clone_from(name);
            }
            span.fields.extend(fields.0);
        });
    }

    fn on_follows_from(&self, id: &Id, follows: &Id, cx: Context<'_, S>) {
        let before = self.name_of(&cx.span(follows).unwrap());
        self.with_span(id, &cx, |span| span.follows.push(before));
    }

    fn on_event(&self, event: &Event<'_>, cx: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let scope = cx.event_scope(event).into_iter();
        let around = scope.flat_map(Scope::from_root);
        let around = around.map(|span| self.name_of(&span)).collect();
        let said = fields.0.remove("message").unwrap_or_default();
        self.0.lock().unwrap().events.push((said, around));
    }

    fn on_close(&self, id: Id, cx: Context<'_, S>) {
        self.with_span(&id, &cx, |span| span.closed = true);
    }
}

impl Layered {
    fn with_span<S: Subscriber + for<'a> LookupSpan<'a>>(
        &self,
        id: &Id,
        cx: &Context<'_, S>,
        change: impl FnOnce(&mut Span),
    ) {
        let span = cx.span(id).unwrap();
        let Place(place) = span.extensions().get::<Place>().map(|place| Place(place.0)).unwrap();
        change(self.0.lock().unwrap().spans.get_mut(&place).unwrap());
    }

    fn name_of<'a, R: LookupSpan<'a>>(&self, span: &SpanRef<'a, R>) -> String {
        let extensions = span.extensions();
        let Place(place) = extensions.get().unwrap();
        self.0.lock().unwrap().spans[place].name.clone()
    }
}

#[derive(Default)]
struct Fields(BTreeMap<String, String>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }
}
