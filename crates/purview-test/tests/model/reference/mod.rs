//! The reference model: what a run of a program may look like.
//!
//! Which of several woken actors is polled next is the business of runtime and scope; the model takes that from the
//! trace. All else it knows by itself, one event after the other: which actor may be polled, which must have been dropped
//! and in which order, what awaiting a task gives, what the scope resolves to, and, whenever time passes, that nothing
//! was left undone. It knows the contract only, not how scopes are built. Of gathers and open scopes it asks what must
//! hold of each, and does not follow them step by step: `groups` says what.

mod cancel;
mod closures;
mod drops;
mod end;
mod events;
mod groups;
mod hears;
mod holds;
mod links;
mod members;
mod order;
mod places;
mod polls;
mod rest;
mod starts;
mod state;
mod timeouts;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    time::Duration,
};

use purview_test::Stalled;

use self::{
    closures::Outliving,
    groups::Running,
    members::Member,
    state::{Actor, Scope},
};
use crate::{
    program::{ActorId, Group, GroupId, Op, ScopeId, ScopeSpec, Script},
    trace::{Origin, Trace},
};

/// The first event that does not follow from those before.
pub(crate) struct Divergence {
    pub(crate) event: usize,
    pub(crate) what: String,
    /// The rule that it breaks: the kind of event, and what is wrong with it.
    pub(crate) rule: String,
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "event {}: {}", self.event, self.what)
    }
}

/// Follows a trace to its end.
pub(crate) fn check(program: &ScopeSpec, trace: &Trace, ended: Result<(), Stalled>) -> Result<(), Divergence> {
    let mut model = Model::of(program);
    for (event, (at, what)) in trace.iter().enumerate() {
        model.step += 1;
        let followed = model.time_passes(*at).and_then(|()| model.follow(what));
        followed.map_err(|broken| {
            let what = format!("{what:?}");
            let kind = what.split(|c: char| !c.is_alphanumeric()).next().unwrap_or("");
            Divergence {
                event,
                rule: format!("{kind} {broken}"),
                what: format!("at {at:?} {what}: {broken}"),
            }
        })?;
    }
    let ended = ended
        .map_err(|stalled| stalled.to_string())
        .and_then(|()| model.has_ended(program.id));
    ended.map_err(|what| Divergence {
        event: trace.len(),
        rule: what.clone(),
        what,
    })
}

/// A rule of the contract that a run broke, in words.
type Rule = Result<(), String>;

macro_rules! ensure {
    ($holds:expr, $($broken:tt)+) => {
        if !$holds {
            return Err(format!($($broken)+));
        }
    };
}
use ensure;

struct Model<'a> {
    specs: BTreeMap<ScopeId, &'a ScopeSpec>,
    scripts: BTreeMap<ActorId, &'a Script>,
    now: Duration,
    scopes: BTreeMap<ScopeId, Scope>,
    actors: BTreeMap<ActorId, Actor>,
    /// The actors that are being polled, innermost last.
    polling: Vec<ActorId>,
    /// What is being dropped, innermost last.
    dropping: Vec<Dropped>,
    /// The panics of destructors inside what is being dropped.
    panics_inside: BTreeMap<Dropped, Vec<Origin>>,
    groups: BTreeMap<GroupId, &'a Group>,
    running: BTreeMap<GroupId, Running>,
    members: BTreeMap<ActorId, Member>,
    /// The tokens of no scope that have fired.
    fired: BTreeSet<usize>,
    yields_early: bool,
    outliving: Vec<Outliving>,
    /// What is being cancelled was moved into what had been cancelled before.
    moving: bool,
    /// How many events there were.
    step: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Dropped {
    Actor(ActorId),
    Scope(ScopeId),
    Group(GroupId),
    /// What is inside a timeout, which is the frame of the actor at this index.
    Inside(ActorId, usize),
}

impl<'a> Model<'a> {
    fn of(program: &'a ScopeSpec) -> Self {
        let mut model = Self {
            specs: BTreeMap::new(),
            scripts: BTreeMap::new(),
            now: Duration::ZERO,
            scopes: BTreeMap::new(),
            actors: BTreeMap::new(),
            polling: Vec::new(),
            dropping: Vec::new(),
            panics_inside: BTreeMap::new(),
            groups: BTreeMap::new(),
            running: BTreeMap::new(),
            members: BTreeMap::new(),
            fired: BTreeSet::new(),
            yields_early: false,
            outliving: Vec::new(),
            moving: false,
            step: 0,
        };
        model.learn(program);
        model
    }

    fn learn(&mut self, spec: &'a ScopeSpec) {
        self.specs.insert(spec.id, spec);
        self.learn_script(&spec.body);
    }

    fn learn_script(&mut self, script: &'a Script) {
        self.scripts.insert(script.id, script);
        self.learn_ops(&script.ops);
        if let Some(heir) = &script.heir {
            self.learn_script(heir);
        }
    }

    fn learn_ops(&mut self, ops: &'a [Op]) {
        for op in ops {
            let parts = op.parts();
            self.learn_ops(parts.ops);
            if let Some(script) = parts.script {
                self.learn_script(script);
            }
            if let Some(spec) = parts.scope {
                self.learn(spec);
            }
            if let Op::Group(group) = op {
                self.groups.insert(group.id, group);
            }
        }
    }

    fn scope(&self, id: ScopeId) -> &Scope {
        &self.scopes[&id]
    }

    fn scope_mut(&mut self, id: ScopeId) -> &mut Scope {
        self.scopes
            .get_mut(&id)
            .expect("scopes start before anything happens in them")
    }

    fn actor(&self, id: ActorId) -> &Actor {
        &self.actors[&id]
    }

    fn actor_mut(&mut self, id: ActorId) -> &mut Actor {
        self.actors
            .get_mut(&id)
            .expect("actors are spawned before anything happens to them")
    }

    fn has_ended(&self, root: ScopeId) -> Rule {
        ensure!(
            self.scopes.get(&root).is_some_and(|root| root.over),
            "the program has ended, the root scope has not"
        );
        Ok(())
    }
}
