//! The programs reach what they are to reach: a rule that nothing ever comes to could not fail.

use std::collections::BTreeSet;

use crate::{
    case::Case,
    trace::{Begun, Event, Seen, Wait},
};

/// What an event is, without whom it is about.
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
