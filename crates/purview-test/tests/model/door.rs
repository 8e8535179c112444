//! How the members of an open scope come into it: it goes by their place in the list.

use crate::program::{ActorId, GroupKind, Manner};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// Spawned in the scope's own task, or a future of a gather.
    Here,
    /// A parallel child.
    Parallel,
    /// A guest, which a task of the executor awaits.
    Guest,
    /// A guest, whose task drops it after so many polls at most.
    LeavingGuest(u32),
}

impl Door {
    pub(crate) fn of(kind: GroupKind, place: usize, id: ActorId) -> Self {
        match (kind, place % 4) {
            // There the reference counts which members had ended before.
            (GroupKind::Gather(_) | GroupKind::Open(_, Manner::Shutdown(_)), _) => Self::Here,
            (_, 2) => Self::Parallel,
            (_, 1 | 3) if id.0 % 2 == 0 => Self::Guest,
            (_, 1 | 3) => Self::LeavingGuest(id.0 / 2 % 4),
            _ => Self::Here,
        }
    }

    /// Whether it is polled elsewhere than in the scope's task.
    pub(crate) fn is_elsewhere(self) -> bool {
        self != Self::Here
    }

    /// Whether something awaits what became of it, and may be told before the scope is.
    pub(crate) fn is_guest(self) -> bool {
        matches!(self, Self::Guest | Self::LeavingGuest(_))
    }
}

/// Guests are reached: they end in every way, and some are left by what awaits them, or cut, while they wait to be told.
#[test]
fn guests_come_to_every_end() {
    use std::{
        cell::RefCell,
        collections::{BTreeMap, BTreeSet},
    };

    use crate::{
        case::Case,
        generate,
        program::Op,
        trace::{Event, Wait},
    };

    let mut found = BTreeSet::new();
    for number in 0..8000 {
        let case = Case::random(number);
        let doors = RefCell::new(BTreeMap::new());
        let program = generate::program(case.seed, case.size, case.breadth);
        program.body.has_anywhere(&|op| {
            if let Op::Group(group) = op {
                for (place, script) in group.members.iter().enumerate() {
                    doors
                        .borrow_mut()
                        .insert(script.id, Door::of(group.kind, place, script.id));
                }
            }
            false
        });
        let doors = doors.into_inner();
        let mut waiting = BTreeMap::new();
        for (_, event) in &case.trace() {
            let (id, what) = match event {
                Event::Ended(id, how) => (id, format!("{how:?}")),
                Event::Waits(id, wait) => {
                    waiting.insert(*id, *wait);
                    continue;
                }
                Event::GoesOn(id) => match waiting.remove(id) {
                    Some(Wait::Cancelled) => (id, "Told".to_owned()),
                    _ => continue,
                },
                Event::IsDropped(id) if waiting.remove(id) == Some(Wait::Forever) => (id, "Dropped".to_owned()),
                _ => continue,
            };
            let what: String = what.chars().take_while(|letter| letter.is_alphabetic()).collect();
            match doors.get(id) {
                Some(Door::Guest) => found.insert(format!("guest {what}")),
                Some(Door::LeavingGuest(_)) => found.insert(format!("leaving guest {what}")),
                _ => continue,
            };
        }
    }
    let ends = ["Dropped", "Failed", "Panicked", "Returned", "Told"];
    let of = |guest| ends.map(|end| format!("{guest} {end}"));
    assert_eq!(found, of("guest").into_iter().chain(of("leaving guest")).collect());
}
