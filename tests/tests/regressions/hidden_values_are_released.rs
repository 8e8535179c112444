//! Design 4, Memory: "a scope that lives for months and spawns forever does not grow."

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
};

use purview::{JoinAll, Scope, context_key, scope};
use purview_tests::{by_hand, watched};

struct Value(Arc<AtomicUsize>);

impl Value {
    fn new(alive: &Arc<AtomicUsize>) -> Self {
        alive.fetch_add(1, SeqCst);
        Self(alive.clone())
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

context_key! { static VALUE: Value; }

/// Binds the key and leaves the rest to a successor, in the same scope.
fn generation<'env>(s: &Scope<'env, JoinAll>, left: usize, alive: Arc<AtomicUsize>, most: Arc<AtomicUsize>) {
    let again = s.clone();
    s.spawn(VALUE.scope(Value::new(&alive), async move {
        most.fetch_max(alive.load(SeqCst), SeqCst);
        if left > 0 {
            generation(&again, left - 1, alive, most);
        }
    }));
}

fn generations(n: usize) -> usize {
    let (alive, most) = (Arc::default(), Arc::<AtomicUsize>::default());
    let counts = (Arc::clone(&alive), most.clone());
    by_hand(scope(async move |s| generation(&s, n, counts.0, counts.1))).finish();
    assert_eq!(alive.load(SeqCst), 0);
    most.load(SeqCst)
}

#[test]
fn a_child_that_binds_a_key_and_spawns_its_successor_keeps_no_line_of_ancestors() {
    watched(|| {
        let most = generations(1000);
        assert!(most < 10, "{most} values are alive at once");
    });
}

#[test]
fn nor_does_a_long_line_overflow_the_stack() {
    let thread = thread::Builder::new().stack_size(2 << 20);
    thread.spawn(|| generations(200_000)).unwrap().join().unwrap();
}
