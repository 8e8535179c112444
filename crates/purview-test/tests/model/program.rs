//! Scope programs: what the generator makes, the interpreter runs, and the reference model follows.

use std::{fmt, time::Duration};

/// A body, a child or a finalizer. Numbers rise in the order in which the generator made them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ActorId(pub(crate) u32);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ScopeId(pub(crate) u32);

impl fmt::Debug for ActorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a{}", self.0)
    }
}

impl fmt::Debug for ScopeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s{}", self.0)
    }
}

/// The outermost scope.
pub(crate) const ROOT: ScopeId = ScopeId(0);

/// How many tokens there are that belong to no scope.
pub(crate) const TOKENS: usize = 2;

/// The policy of a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Join,
    FailFast,
    Settled,
}

#[derive(Clone, Debug)]
pub(crate) struct ScopeSpec {
    pub(crate) id: ScopeId,
    pub(crate) kind: Kind,
    pub(crate) timeout: Option<Duration>,
    pub(crate) grace: Option<Duration>,
    pub(crate) limit: Option<usize>,
    /// Which of the tokens of the world cancels it.
    pub(crate) cancel_on: Option<usize>,
    pub(crate) body: Script,
}

/// What a body, a child or a finalizer does.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    pub(crate) id: ActorId,
    pub(crate) ops: Vec<Op>,
    pub(crate) end: End,
    /// Whether its destructor panics.
    pub(crate) bomb: bool,
    /// The actor that its destructor spawns.
    pub(crate) heir: Option<Box<Script>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Return,
    Fail,
    Panic,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the scope's task.
    Here,
    /// In the scope's task; cancelled when the last ordinary child has ended.
    Daemon,
    /// On the executor.
    Parallel,
    /// A closure that may block; its script never waits.
    Blocking,
}

#[derive(Clone, Debug)]
pub(crate) enum Op {
    /// Wakes itself once.
    Yield,
    Checkpoint,
    Sleep(Duration),
    /// Never goes on.
    Forever,
    Spawn(Place, Script),
    /// Awaits the task of one of its own children, if it still has it; likewise below.
    Await(usize),
    /// As `Await`; waking it spawns this.
    AwaitAndSpawn(usize, Script),
    DropTask(usize),
    CancelTask(usize),
    CancelScope,
    Nest(ScopeSpec),
    /// Polls a scope so many times at most, then drops it.
    NestAndDrop(ScopeSpec, u32),
    Shield(Vec<Op>),
    UntilCancelled,
    /// Waits for the token of its scope.
    UntilToken,
    /// Waits for the token of a scope so far out (0 is its own), or for a child of that token.
    UntilTokenOf {
        outwards: usize,
        child: bool,
    },
    /// Goes through these inside a `timeout` that owns them.
    Timeout(Duration, Vec<Op>),
    /// Awaits a scope in several places, one after the other.
    Moves(Moves),
    /// Keeps the thread for so long; only in the script of a closure.
    Block(Duration),
    /// Says which deadline it sees.
    AskDeadline,
    /// Moves the deadline of its scope: so far from now, or away.
    SetDeadline(Option<Duration>),
    Defer(Script),
    /// Waits for a permit, goes on for a while with it in hand, and spawns on it.
    Permit(Vec<Op>, Script),
    /// Starts a child, and waits until it says that it is ready.
    Start(Script),
    /// Tells the actor that started this one that it is ready.
    SetReady,
    /// Cancels a token that is not a scope's.
    CancelToken(usize),
    Group(Group),
}

/// Futures that are driven together: a gather, or the children of an open scope. Their scripts yield, sleep, or wait for
/// ever, and no more.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) id: GroupId,
    pub(crate) kind: GroupKind,
    pub(crate) limit: Option<usize>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) members: Vec<Script>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct GroupId(pub(crate) u32);

#[derive(Clone, Copy, Debug)]
pub(crate) enum GroupKind {
    Gather(Mode),
    Open(Kind, Manner),
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Mode {
    All,
    Settled,
    First,
    FirstSuccess,
    Quorum(usize),
    AsCompleted,
    ForEach,
}

/// How an open scope ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Manner {
    Close,
    DropHandles,
    Shutdown(Duration),
    /// The driver is dropped after so many polls at most, and the last member spawned then.
    DropDriver(u32),
}

/// The future of a scope, polled in one place after another.
#[derive(Clone, Debug)]
pub(crate) struct Moves {
    pub(crate) from: Source,
    pub(crate) polls: Vec<Polls>,
    pub(crate) last: Last,
}

#[derive(Clone, Debug)]
pub(crate) enum Source {
    Begins(ScopeSpec),
    /// The one that was left behind first and that no actor has taken since, if there is one.
    Left,
}

/// A place in which the future is polled for a while.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Polls {
    /// So many polls in the actor itself.
    Bare(u32),
    /// So many polls inside a `timeout` that ends well.
    InTimeout(u32),
    /// So many polls inside a `shield`.
    InShield(u32),
    /// Inside `timeout(d, &mut future)`.
    ByReference(Duration),
}

/// What becomes of the future after the polls.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Last {
    Await,
    /// `loop { timeout(d, &mut future) }`
    Loop(Duration),
    /// `timeout(d, future)`
    Owned(Duration),
    /// It is left behind, for any actor to take.
    Leave,
    Drop,
}
