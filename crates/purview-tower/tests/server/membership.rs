//! A request is a member of the service's scope.

use purview::{context_key, current};
use purview_tower::{Header, client, server};
use tower::ServiceExt;

use crate::setting::{ask, open, request, serve, settle, text};

context_key! {
    static TRACE: String;
    static TENANT: u32;
    static CALLER: String;
}

#[tokio::test(start_paused = true)]
async fn it_has_a_name_and_is_counted() {
    let service = open();
    let layer = server(&service).name(|request| format!("{} {}", request.method, request.uri.path()));
    settle().await;
    let seen = service.clone();
    let answer = ask(&layer, request(&[]), move |_| {
        let seen = seen.clone();
        async move { format!("{} {}", current().unwrap().name(), seen.len()) }
    });
    assert_eq!(text(answer.await).await, "GET / 1");
    settle().await;
    assert!(service.is_empty());
}

#[tokio::test(start_paused = true)]
async fn headers_become_context_values() {
    let service = open();
    let layer = server(&service)
        .context("traceparent", &TRACE)
        .context("x-tenant", &TENANT);
    let seen = |_| async { format!("{:?} {:?}", TRACE.get(), TENANT.get()) };
    let both = request(&[("traceparent", "00-abc-01"), ("x-tenant", "7")]);
    assert_eq!(text(ask(&layer, both, seen).await).await, "Some(\"00-abc-01\") Some(7)");
    let unreadable = request(&[("x-tenant", "seven")]);
    assert_eq!(text(ask(&layer, unreadable, seen).await).await, "None None");
}

#[tokio::test(start_paused = true)]
async fn a_header_that_is_there_several_times_is_one_list() {
    let service = open();
    let layer = server(&service).context("baggage", &TRACE).context("x-tenant", &TENANT);
    let twice = request(&[
        ("baggage", "a=1"),
        ("baggage", "b=2"),
        ("x-tenant", "7"),
        ("x-tenant", "8"),
    ]);
    let seen = |_| async { format!("{:?} {:?}", TRACE.get(), TENANT.get()) };
    assert_eq!(text(ask(&layer, twice, seen).await).await, "Some(\"a=1, b=2\") None");
}

#[tokio::test(start_paused = true)]
async fn what_a_client_hands_on_is_what_the_next_server_reads() {
    let service = open();
    let layer = server(&service).context("x-user", &CALLER);
    let next = serve(&layer, |_| async { format!("{:?}", CALLER.get()) });
    let client = client(next, Header("x-request-timeout-ms")).context("x-user", &TRACE);
    for user in ["Ada", "Zoë", ""] {
        let call = client.clone().oneshot(request(&[]));
        let answer = TRACE.scope(user.to_owned(), call).await.unwrap();
        let body = http_body_util::BodyExt::collect(answer.into_body()).await.unwrap();
        assert_eq!(body.to_bytes(), format!("{:?}", Some(user)));
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_answered_although_the_driver_is_not_polled() {
    let (service, _driver) = purview::settled().open();
    let layer = server(&service);
    let answer = ask(&layer, request(&[]), |_| async { "there".to_owned() });
    assert_eq!(text(answer.await).await, "there");
}

#[test]
#[should_panic(expected = "`not a header` is no name of a header")]
fn a_header_without_a_valid_name_is_said_where_it_is_given() {
    let (service, _driver) = purview::settled::<()>().open();
    let _ = server(&service).deadline(Header("not a header"));
}
