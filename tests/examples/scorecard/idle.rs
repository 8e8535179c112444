//! What is left of idle parallel children when the drop of their owners returns.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use tokio::{runtime, task::JoinSet};

pub(crate) const CHILDREN: usize = 1000;

/// Counts itself, from its making to its end.
struct Alive(Arc<AtomicUsize>);

impl Alive {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, SeqCst);
        Self(count.clone())
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

#[derive(Clone, Default)]
struct Counts {
    alive: Arc<AtomicUsize>,
    polled: Arc<AtomicUsize>,
}

impl Counts {
    fn idle(&self) -> impl Future<Output = ()> + Send + 'static {
        let (alive, polled) = (Alive::new(&self.alive), self.polled.clone());
        async move {
            polled.fetch_add(1, SeqCst);
            pending::<()>().await;
            drop(alive);
        }
    }

    async fn until_all_idle(&self) {
        while self.polled.load(SeqCst) < CHILDREN {
            tokio::task::yield_now().await;
        }
    }

    fn destroyed(&self) -> usize {
        CHILDREN - self.alive.load(SeqCst)
    }
}

/// One thread, so that no other thread can have destroyed anything meanwhile.
fn one_thread() -> runtime::Runtime {
    runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a tokio runtime")
}

pub(crate) fn destroyed_by_a_scope() -> usize {
    let counts = Counts::default();
    one_thread().block_on(async {
        let mut scope = Box::pin(purview::scope(async |s| {
            for _ in 0..CHILDREN {
                s.spawn_parallel(counts.idle());
            }
            pending::<()>().await;
        }));
        tokio::select! {
            biased;
            () = &mut scope => unreachable!("its body waits for ever"),
            () = counts.until_all_idle() => {}
        }
        drop(scope);
        counts.destroyed()
    })
}

pub(crate) fn destroyed_by_a_join_set() -> usize {
    let counts = Counts::default();
    one_thread().block_on(async {
        let mut set = JoinSet::new();
        for _ in 0..CHILDREN {
            set.spawn(counts.idle());
        }
        counts.until_all_idle().await;
        drop(set);
        counts.destroyed()
    })
}
