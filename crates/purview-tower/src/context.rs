//! Headers that become context values, and context values that become headers.

use std::{
    borrow::Cow,
    fmt,
    pin::Pin,
    str::{self, FromStr},
    sync::Arc,
};

use http::{HeaderMap, HeaderValue, header::HeaderName};
use purview_core::ContextKey;

pub(crate) type Handling = Pin<Box<dyn Future<Output = ()> + Send>>;

type Bind = dyn Fn(&str, Handling) -> Handling + Send + Sync;

/// A header and the key that its value is bound to, or comes from.
#[derive(Clone)]
pub(crate) struct Carried {
    header: HeaderName,
    how: How,
}

#[derive(Clone)]
enum How {
    Read(Arc<Bind>),
    Write(Arc<dyn Fn() -> Option<String> + Send + Sync>),
}

impl Carried {
    pub(crate) fn read<T>(header: HeaderName, key: &'static ContextKey<T>) -> Self
    where
        T: FromStr + Send + Sync + 'static,
    {
        let bind = move |text: &str, handling: Handling| match text.parse() {
            Ok(value) => Box::pin(key.scope(value, handling)) as Handling,
            Err(_) => handling,
        };
        Self {
            header,
            how: How::Read(Arc::new(bind)),
        }
    }

    pub(crate) fn write<T>(header: HeaderName, key: &'static ContextKey<T>) -> Self
    where
        T: fmt::Display + Send + Sync + 'static,
    {
        let text = move || key.with(|value| value.map(ToString::to_string));
        Self {
            header,
            how: How::Write(Arc::new(text)),
        }
    }

    /// Binds the value of the header for what handles the request, where there is one.
    pub(crate) fn bind(&self, headers: &HeaderMap, handling: Handling) -> Handling {
        match (&self.how, text(headers, &self.header)) {
            (How::Read(bind), Some(text)) => bind(&text, handling),
            _ => handling,
        }
    }

    /// Writes the value that is bound here, unless the header is there already.
    pub(crate) fn fill_in(&self, headers: &mut HeaderMap) {
        let How::Write(text) = &self.how else { return };
        if headers.contains_key(&self.header) {
            return;
        }
        // What cannot stand in a header is not handed on.
        if let Some(value) = text().and_then(|text| HeaderValue::try_from(text).ok()) {
            headers.insert(self.header.clone(), value);
        }
    }
}

/// The value of a header, as one list where it is there several times, as HTTP says. Values other than text have none.
fn text<'a>(headers: &'a HeaderMap, header: &HeaderName) -> Option<Cow<'a, str>> {
    let mut values = headers
        .get_all(header)
        .iter()
        .map(|value| str::from_utf8(value.as_bytes()));
    let mut text = Cow::Borrowed(values.next()?.ok()?);
    for value in values {
        let text = text.to_mut();
        text.push_str(", ");
        text.push_str(value.ok()?);
    }
    Some(text)
}

impl fmt::Debug for Carried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Carried").field(&self.header).finish()
    }
}
