//! Traces written by hand from the contract: the reference takes them, and refuses what differs from them in one point.

mod finalizers;
mod order;
mod places;
mod waits;

use std::time::Duration;

use crate::{
    program::{ActorId, End, Kind, Op, Place, ScopeId, ScopeSpec, Script},
    reference,
    trace::{Event, How},
};

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

const fn a(id: u32) -> ActorId {
    ActorId(id)
}

const fn s(id: u32) -> ScopeId {
    ScopeId(id)
}

fn script(id: u32, ops: Vec<Op>, end: End) -> Script {
    Script {
        id: a(id),
        ops,
        end,
        bomb: false,
        heir: None,
    }
}

fn scope(id: u32, kind: Kind, body: Script) -> ScopeSpec {
    ScopeSpec {
        id: s(id),
        kind,
        timeout: None,
        grace: None,
        limit: None,
        cancel_on: None,
        body,
    }
}

fn spawns(child: u32, within: u32, place: Place) -> Event {
    Event::Spawns {
        child: a(child),
        scope: s(within),
        place,
    }
}

/// A scope is polled for the first time, and polls its body.
fn begins(scope: u32, body: u32) -> [Event; 3] {
    [
        Event::ScopeStarts(s(scope)),
        Event::Drives(s(scope)),
        Event::Polled(a(body)),
    ]
}

fn is_dropped(actor: u32) -> [Event; 2] {
    [Event::IsDropped(a(actor)), Event::WasDropped(a(actor), None)]
}

fn ends(actor: u32, how: How) -> [Event; 3] {
    let [dropped, was_dropped] = is_dropped(actor);
    [Event::Ended(a(actor), how), dropped, was_dropped]
}

/// What happens at one instant after the other.
#[derive(Clone, Default)]
struct Story(Vec<(Duration, Event)>);

impl Story {
    fn at(mut self, milliseconds: u64, events: impl IntoIterator<Item = Vec<Event>>) -> Self {
        let events = events.into_iter().flatten();
        self.0.extend(events.map(|event| (ms(milliseconds), event)));
        self
    }

    fn verdict(&self, program: &ScopeSpec) -> String {
        reference::check(program, &self.0, Ok(()))
            .map_or_else(|divergence| divergence.to_string(), |()| "fine".to_owned())
    }

    #[track_caller]
    fn is_fine(&self, program: &ScopeSpec) {
        assert_eq!(self.verdict(program), "fine");
    }

    #[track_caller]
    fn is_refused_as(&self, rule: &str, program: &ScopeSpec) {
        let verdict = self.verdict(program);
        assert!(verdict.contains(rule), "{verdict}");
    }
}
