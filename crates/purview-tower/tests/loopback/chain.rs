//! A chain of three gRPC services: the deadline of the first is seen by the last, and so is its cancellation.

use std::time::Duration;

use futures::StreamExt;
use purview::timeout;

use crate::{
    counts::LONG,
    hop::{Ask, Asking, Hop, MARGIN},
    many::{disconnects, say},
};

const AT_ONCE: usize = 25;

/// Shuts all down, and checks that whatever had begun has cleaned up, which `begun` handlers of each had.
async fn all_have_cleaned_up(chain: [Hop; 3], begun: usize) {
    for hop in chain {
        let (report, counts) = hop.shut_down().await;
        assert_eq!((counts.begun(), counts.cleaned()), (begun, begun));
        assert!(report.cut.len() <= begun);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_deadline_is_smaller_at_each_hop() {
    let chain = Hop::chain().await;
    let asking = Asking::new(chain[0].address);
    let asked = LONG;
    let told = timeout(asked, asking.ask(Ask { wait: false })).await.unwrap().unwrap();
    let left: Vec<_> = told.left.into_iter().map(Duration::from_micros).collect();
    assert_eq!(left.len(), 3);
    let mut before = asked;
    for left in left {
        // The client takes the margin off, and the server that it asks does too.
        assert!(left + 2 * MARGIN <= before, "{left:?} after {before:?}");
        before = left;
    }
    let told = asking.ask(Ask { wait: false }).await.unwrap();
    assert_eq!(told.left, [u64::MAX; 3], "without a deadline there is none anywhere");
    all_have_cleaned_up(chain, 2).await;
    say("a deadline of ten minutes is smaller at each of three hops");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_leaves_stops_all_three_which_clean_up() {
    let chain = Hop::chain().await;
    let asking = Asking::new(chain[0].address);
    let mut begun = 0;
    while begun < disconnects() {
        let clients: Vec<_> = (0..AT_ONCE.min(disconnects() - begun))
            .map(|_| {
                let asking = asking.clone();
                tokio::spawn(async move { asking.ask(Ask { wait: true }).await })
            })
            .collect();
        begun += clients.len();
        chain[2].counts.until_begun(begun).await;
        for client in clients {
            client.abort();
            assert!(client.await.unwrap_err().is_cancelled());
        }
    }
    all_have_cleaned_up(chain, begun).await;
    say(&format!(
        "{begun} of {begun} clients left, and a, b and c stopped and cleaned up"
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_is_dropped_stops_all_three_which_clean_up() {
    let chain = Hop::chain().await;
    let asking = Asking::new(chain[0].address);
    let many = disconnects();
    for n in 0..many {
        let mut stream = timeout(LONG, asking.watch(Ask::default())).await.unwrap().unwrap();
        let told = stream.next().await.unwrap().unwrap();
        assert!(
            Duration::from_micros(told.left[0]) < LONG,
            "the body is sent under the deadline of its request"
        );
        assert_eq!(stream.by_ref().take(2).count().await, 2);
        // Its tail has begun at the last hop.
        assert!(futures::poll!(stream.next()).is_pending());
        chain[2].counts.until_begun(n + 1).await;
        drop(stream);
    }
    let [a, b, c] = chain;
    for hop in [a, b] {
        let (_, counts) = hop.shut_down().await;
        assert_eq!(
            (counts.begun(), counts.cleaned()),
            (0, 0),
            "they forward what never ends"
        );
    }
    let (_, counts) = c.shut_down().await;
    assert_eq!((counts.begun(), counts.cleaned()), (many, many));
    say(&format!(
        "{many} of {many} clients left a stream, and c stopped and cleaned up"
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadline_that_passes_stops_all_three_which_clean_up() {
    let chain = Hop::chain().await;
    let asking = Asking::new(chain[0].address);
    let late = timeout(Duration::from_millis(300), asking.ask(Ask { wait: true })).await;
    // tonic's own timer, which knows of no deadline but of a timeout, may be there first.
    if let Ok(answer) = late {
        let code = answer.unwrap_err().code();
        assert!(
            matches!(code, tonic::Code::DeadlineExceeded | tonic::Code::Cancelled),
            "{code:?}"
        );
    }
    let begun = chain[2].counts.begun();
    for hop in chain {
        let (_, counts) = hop.shut_down().await;
        assert_eq!(counts.begun(), counts.cleaned());
        assert!(counts.begun() >= begun);
    }
}
