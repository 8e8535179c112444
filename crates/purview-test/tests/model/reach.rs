//! The programs reach what they are to reach: a rule that nothing ever comes to could not fail.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    case::Case,
    generate::Breadth,
    program::{ActorId, ScopeId},
    trace::{Begun, Event, Seen, Trace, Wait},
};

/// What an event is, without the actors that it is about.
fn kind(event: &Event) -> String {
    let whole = match event {
        Event::Spawns { place, .. } => format!("Spawns{place:?}"),
        Event::Waits(_, Wait::Ready(_)) => "WaitsReady".to_owned(),
        Event::GoesOn(_) => "GoesOn".to_owned(),
        Event::Waits(_, wait) => format!("Waits{wait:?}"),
        Event::Ended(_, how) => format!("Ended{how:?}"),
        Event::Hears(_, reason) => format!("Hears{reason:?}"),
        Event::Joined(_, Seen::Value(_)) => "JoinedValue".to_owned(),
        Event::Joined(_, seen) => format!("Joined{seen:?}"),
        Event::Started(_, Begun::Failed(_)) => "StartedFailed".to_owned(),
        Event::Started(_, begun) => format!("Started{begun:?}"),
        Event::ScopeEnds(_, outcome) => format!("ScopeEnds{outcome:?}"),
        Event::WasDropped(_, Some(_)) => "WasDroppedWithPanic".to_owned(),
        Event::ScopeWasDropped(_, Some(_)) => "ScopeWasDroppedWithPanic".to_owned(),
        event => format!("{event:?}"),
    };
    whole.chars().take_while(|letter| letter.is_alphabetic()).collect()
}

#[test]
fn random_programs_do_and_suffer_all_that_there_is() {
    let mut seen = BTreeSet::new();
    for number in 0..4000 {
        seen.extend(Case::random(number).trace().iter().map(|(_, event)| kind(event)));
    }
    let expected = "Blocks CancelsScope CancelsTask CancelsToken Defers Drives EndedFailed EndedPanicked EndedReturned \
        EntersShield EntersTimeout GoesOn GoesOnRunning GroupEnds GroupIsDropped GroupStarts GroupWasDropped \
        HearsDeadlineExceeded HearsEnded HearsFailed HearsPanicked HearsParent HearsRequested InsideEnds \
        InsideIsDropped InsideWasDropped IsDropped IsLeft IsOwned JoinedCancelled JoinedFailed JoinedPanicked \
        JoinedValue LeavesShield LeavesTimeout Pends Polled ScopeEndsError ScopeEndsPanicked \
        ScopeEndsSettled ScopeEndsValue ScopeIsDropped ScopeStarts ScopeWasDropped ScopeWasDroppedWithPanic \
        ScopesYieldEarly SeesDeadline SetsDeadline SetsReady ShutsDown SpawnsBlocking SpawnsDaemon \
        SpawnsHere SpawnsOnPermit SpawnsParallel StartedCancelled StartedFailed StartedNeverReady \
        StartedPanicked StartedReady Starts WaitsCancelled WaitsCheckpoint WaitsExpiry WaitsForever \
        WaitsGroup WaitsPermit WaitsPolls WaitsPollsLent WaitsReady WaitsScope WaitsTask WaitsToken \
        WaitsUntil WaitsYield WasDropped WasDroppedWithPanic Woken WokenLate";
    let seen: Vec<&str> = seen.iter().map(String::as_str).collect();
    assert_eq!(seen.join(" "), expected);
}

/// Inside what an actor stands: shields and timeouts, the latter over what they own or by reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Around {
    Shield,
    Owned,
    Reference,
}

type Place = (ActorId, Vec<Around>);

/// From where to where the futures of scopes move in this run.
fn moves(trace: &Trace) -> BTreeSet<String> {
    let mut polling: Vec<ActorId> = Vec::new();
    let mut around: BTreeMap<ActorId, Vec<Around>> = BTreeMap::new();
    let mut places: BTreeMap<ScopeId, Place> = BTreeMap::new();
    let mut found = BTreeSet::new();
    for (_, event) in trace {
        let mut enters = |actor: &ActorId, what| around.entry(*actor).or_default().push(what);
        match event {
            Event::Polled(actor) | Event::GoesOnRunning(actor) => polling.push(*actor),
            Event::Pends(_) | Event::Ended(..) | Event::Blocks(..) => drop(polling.pop()),
            Event::EntersShield(actor) => enters(actor, Around::Shield),
            Event::EntersTimeout { actor, owned: true, .. } => enters(actor, Around::Owned),
            Event::EntersTimeout { actor, .. } => enters(actor, Around::Reference),
            Event::LeavesShield(actor) | Event::LeavesTimeout(actor, _) => {
                around.get_mut(actor).and_then(Vec::pop);
            }
            Event::Drives(scope) => {
                let Some(actor) = polling.last() else { continue };
                let here = (*actor, around.get(actor).cloned().unwrap_or_default());
                if let Some((before, inside)) = places.insert(*scope, here.clone()) {
                    let (from, to) = (inside.last(), here.1.last());
                    found.insert(format!("from {from:?} to {to:?}"));
                    if before != *actor {
                        found.insert(format!("from {from:?} to another actor"));
                        found.insert(format!("from another actor to {to:?}"));
                    }
                }
            }
            _ => {}
        }
    }
    found
}

#[test]
fn futures_move_from_everywhere_to_everywhere() {
    let mut found = BTreeSet::new();
    for seed in 0..8000 {
        let case = Case {
            seed,
            size: 15,
            schedule: seed % 16,
            breadth: Breadth::Moving,
        };
        found.extend(moves(&case.trace()));
    }
    let places = [None, Some(Around::Shield), Some(Around::Owned), Some(Around::Reference)];
    let pairs = places
        .iter()
        .flat_map(|from| places.iter().map(move |to| format!("from {from:?} to {to:?}")));
    let to_another = places.iter().map(|from| format!("from {from:?} to another actor"));
    let from_another = places.iter().map(|to| format!("from another actor to {to:?}"));
    let expected = pairs.chain(to_another).chain(from_another);
    let missing: Vec<String> = expected.filter(|moves| !found.contains(moves)).collect();
    assert_eq!(missing, Vec::<String>::new());
}
