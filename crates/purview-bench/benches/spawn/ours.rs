use crate::child;

pub(crate) async fn scope(n: usize) -> usize {
    purview::scope(async |s| {
        let children: Vec<_> = (0..n).map(|n| s.spawn(child(n))).collect();
        let mut sum = 0;
        for child in children {
            sum += child.await;
        }
        sum
    })
    .await
}

pub(crate) async fn gather(n: usize) -> usize {
    let all = purview::gather((0..n).map(async |n| Ok::<_, ()>(child(n).await))).await;
    all.expect("nobody fails").into_iter().sum()
}
