use crate::{child, one_thread, sum_of};

/// Guests of an open scope whose driver is a task of its own, each awaited in a task of the executor, as a server does with
/// its requests.
///
/// # Panics
///
/// For a guest that is lost.
pub fn guests(n: usize) {
    let sum = one_thread().block_on(async {
        let (service, driver) = purview::with_policy(purview::JoinAll::new()).open();
        let driver = tokio::spawn(driver);
        let requests: Vec<_> = (0..n).map(|i| tokio::spawn(service.enter(child::ready(i)))).collect();
        let mut sum = 0;
        for request in requests {
            sum += request.await.expect("it does not panic").expect("the scope is open");
        }
        service.close();
        driver.await.expect("it does not panic");
        sum
    });
    assert_eq!(sum, sum_of(n));
}
