use std::io;

use purview::{fail_fast, gather};

use crate::{
    args::Args,
    loopback::Loopback,
    policy::Policy,
    probe::probe,
    progress::Progress,
    record::{Outcome, Record},
    targets::Target,
    timeline,
};

/// Probes every target, as many at a time as the limit allows, until the policy says stop.
pub(crate) async fn probe_all(
    args: &Args,
    targets: &[Target],
    listeners: Option<&Loopback>,
    record: &Record,
) -> io::Result<()> {
    let progress = Progress::new(targets.len());
    let ended = fail_fast()
        .name("probe")
        .runtime(args.runtime.runtime())
        .run(async |s| {
            if let Some(listeners) = listeners {
                listeners.serve(&s);
            }
            let bar = s.task().name("progress bar").daemon();
            drop(bar.spawn(progress.tick()));

            // Each probe borrows its target, the record and the bar from this function's stack.
            let (record, progress) = (record, &progress);
            let probes = targets.iter().enumerate().map(|(index, target)| async move {
                let running = record.start(index);
                let result = probe(target, args.timeout).await;
                running.end(Outcome::from(&result));
                progress.one_done();
                result
            });
            let probes = gather(probes).name(timeline::GATHER).limit(args.limit);
            match args.policy {
                Policy::FailFast => drop(probes.await),
                Policy::Settled => drop(probes.settled().await),
                Policy::FirstSuccess => drop(probes.first_success().await),
            }
            Ok(())
        })
        .await;
    progress.clear();
    ended.map_err(|error| {
        error
            .into_failure()
            .unwrap_or_else(|| io::Error::other("the listeners stopped"))
    })
}
