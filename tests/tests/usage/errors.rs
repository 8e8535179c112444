//! What users type with the names of the second version of design.md: bare errors, streams of their own, blocking waits.
//! Compiling is the test.
#![allow(unused)]
use purview::*;
use std::{io, time::Duration};
const D: Duration = Duration::from_secs(1);
fn is_static<F: Future + Send + 'static>(_: F) {}

// -- `?` under anyhow, Box<dyn Error>, io::Error, thiserror -----------------------------------------------------------------
async fn page(n: u32) -> anyhow::Result<String> { Ok(n.to_string()) }
async fn with_anyhow() -> anyhow::Result<usize> {
    let pages = try_gather((0..9).map(page)).limit(4).timeout(D).await?;
    let (a, b) = try_gather!(page(1), page(2)).timeout(D).await?;
    let n = fail_fast().limit(4).timeout(D).try_run(async |s| { let t = s.spawn(page(3)); Ok(t.await.len()) }).await?;
    let m = gather((0..9).map(page)).first_success().await.map_err(ScopeError::into_error)?.1.len();
    let r = retry([D; 3], async || page(1).await).await.map_err(RetryError::into_error)?;
    Ok(pages.len() + a.len() + b.len() + n + m + r.len())
}
type Boxed = Box<dyn std::error::Error + Send + Sync>;
async fn boxed(n: u32) -> Result<u32, Boxed> { Ok(n) }
async fn with_boxed() -> Result<u32, Boxed> { Ok(try_gather([boxed(1), boxed(2)]).timeout(D).await?.iter().sum()) }
async fn read(n: u32) -> io::Result<u32> { Ok(n) }
async fn with_io() -> io::Result<Vec<u32>> { try_gather([read(1), read(2)]).deadline(std::time::Instant::now()).await }
#[derive(Debug, thiserror::Error)]
enum AppError { #[error(transparent)] Io(#[from] io::Error), #[error("stopped: {0}")] Stopped(#[from] purview::Stopped) }
async fn app(n: u32) -> Result<u32, AppError> { Ok(read(n).await?) }
async fn with_thiserror() -> Result<u32, AppError> { fail_fast().timeout(D).try_run(async |s| { let t = s.spawn(app(1)); Ok(t.await) }).await }
struct Foreign;
async fn with_a_foreign_error() -> Result<usize, Foreign> { Ok(gather([async { Ok::<u8, Foreign>(1) }]).timeout(D).await.map_err(|e| e.into_error_or(|_| Foreign))?.len()) }
async fn with_strings() -> Result<Vec<u8>, String> { try_gather([async { Ok::<u8, String>(1) }]).timeout(D).await }
async fn nested() -> io::Result<u32> {
    let base = 1;
    try_scope(async |s| {
        let all = try_gather((0..3).map(|n| async move { read(n + base).await })).limit(2).await?;
        let t = s.spawn(fail_fast().timeout(D).try_run(async |inner| { let t = inner.spawn(read(base)); Ok(t.await) }));
        Ok(t.await + all.len() as u32)
    }).await
}
async fn saving() -> io::Result<()> { gather((0..9).map(page)).limit(2).try_for_each(async |n, page| { read(n as u32).await?; page.map_err(|e| io::Error::other(e.to_string()))?; Ok::<_, io::Error>(()) }).await }

// -- guests, and what cancels when dropped -----------------------------------------------------------------------------------
async fn queued(s: Scope<'static, Settled<io::Error>>, n: u32) -> bool { s.spawn_parallel(read(n)).cancel_on_drop().await.is_ok() }
async fn guard() { let token = CancelToken::new(); let _guard = token.child().drop_guard(); token.clone().drop_guard().disarm(); }

// -- threads, streams, runtime ---------------------------------------------------------------------------------------------
async fn watcher() { scope(async |s| { s.spawn_blocking(|token| while token.wait_timeout(D).is_none() { std::fs::metadata("x").ok(); }).await }).await }
async fn hash() -> usize { let v = vec![0u8; 10]; spawn_blocking(move || v.len()).await + spawn_blocking(|| 1).abandon().await }
fn named_stream() -> impl futures::Stream<Item = io::Result<u32>> { fail_fast().name("feed").timeout(D).stream(1, async |_, tx| tx.send(1).await.map_err(io::Error::other)) }
fn events() -> impl futures::Stream<Item = io::Result<u32>> + Send + 'static {
    purview::stream(8, async |s, tx| {
        let t = s.spawn(read(1));
        let slot = tx.reserve().await.map_err(io::Error::other)?;
        slot.send(t.await);
        tx.send(2).await.map_err(io::Error::other)?;
        if let Err(e) = tx.try_send(3) { matches!(e, TrySendError::Full(_)); }
        Ok(())
    })
}
fn runtime_here() { let rt = purview::runtime::current(); let _ = rt.now(); let _ = rt.spawn(Box::pin(async {})); }

fn all_are_send() {
    is_static(with_anyhow()); is_static(with_boxed()); is_static(with_io()); is_static(with_thiserror()); is_static(with_strings()); is_static(nested()); is_static(saving());
    is_static(watcher()); is_static(hash()); is_static(async { futures::StreamExt::next(&mut std::pin::pin!(events())).await });
    is_static(async { purview::timeout(D, fail_fast().timeout(D).try_run(async |s| { let t = s.spawn(async { Err::<u32, String>(String::new()) }); Ok(t.await) })).await });
    is_static(async { CancelToken::new().run_until_cancelled(try_gather!(async { Ok::<_, String>(1) }, async { Ok(2) })).await });
}

#[test]
fn usage_compiles() {}
