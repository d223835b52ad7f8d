//! Many callers that want the same thing at once share one making of it.
//!
//! The making runs in a task of its own: a caller that goes away, the first one included, takes nothing from the
//! others. A failure is shared by those who wait and forgotten with them; the next caller starts anew.

use std::collections::HashMap;
use std::hash::Hash;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use futures_util::future::Shared;
use tokio_util::task::TaskTracker;

/// The making ended without a result: it panicked, or the process is stopping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the work was broken off by an internal fault")]
pub struct FlightLost;

/// Whose making it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joined {
    /// This caller's.
    Led,
    /// That of a caller who came before.
    Shared,
}

type Landing<V> = Shared<Pin<Box<dyn Future<Output = Result<V, FlightLost>> + Send>>>;
// A std lock: held for a look-up and a spawn, never across an await.
type Flights<K, V> = Arc<Mutex<HashMap<K, Landing<V>>>>;

/// Shares makings by key.
///
/// Keys in flight are as many as callers at most, so the map needs no bound of its own.
pub struct SingleFlight<K, V> {
    flights: Flights<K, V>,
    tracker: TaskTracker,
}

impl<K, V> SingleFlight<K, V>
where
    K: Eq + Hash + Clone + Send + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Spawns on the tracker, so that whoever stops the process can wait for what is under way.
    pub fn new(tracker: TaskTracker) -> Self {
        Self { flights: Arc::default(), tracker }
    }

    /// Waits for the key's making: the one under way, else a new one by `make`, unless `refuse` gives a reason not to
    /// start one.
    ///
    /// Whoever has seen a making's result finds, in `refuse`, everything that the making left behind: no new one starts
    /// in between.
    ///
    /// # Errors
    /// The reason not to start. A [`FlightLost`] beside the value's own errors is shared by those who wait, as any result
    /// is; who comes after it starts anew.
    pub async fn run_unless<E, F, M>(
        &self,
        key: K,
        refuse: impl FnOnce() -> Option<E>,
        make: M,
    ) -> Result<(Result<V, FlightLost>, Joined), E>
    where
        M: FnOnce() -> F + Send + 'static,
        F: Future<Output = V> + Send + 'static,
    {
        let (landing, joined) = self.join(key, refuse, make)?;
        Ok((landing.await, joined))
    }

    /// Starts a making that nobody waits for, unless one is under way or `refuse` gives a reason not to; says whether it
    /// did. Whoever comes while it goes on joins it.
    pub fn start_unless<E, F, M>(&self, key: K, refuse: impl FnOnce() -> Option<E>, make: M) -> bool
    where
        M: FnOnce() -> F + Send + 'static,
        F: Future<Output = V> + Send + 'static,
    {
        self.join(key, refuse, make).is_ok_and(|(_, joined)| joined == Joined::Led)
    }

    fn join<E, F, M>(&self, key: K, refuse: impl FnOnce() -> Option<E>, make: M) -> Result<(Landing<V>, Joined), E>
    where
        M: FnOnce() -> F + Send + 'static,
        F: Future<Output = V> + Send + 'static,
    {
        let mut flights = lock(&self.flights);
        if let Some(landing) = flights.get(&key) {
            return Ok((landing.clone(), Joined::Shared));
        }
        // Under the lock: a flight that ended leaves the map after what it left behind is there to be seen.
        if let Some(reason) = refuse() {
            return Err(reason);
        }
        let strip = Strip { flights: Arc::clone(&self.flights), key: key.clone() };
        // The task can't clear the strip before the entry is there: the lock is held until it is.
        let task = self.tracker.spawn(async move {
            let _strip = strip;
            make().await
        });
        let landing = task.map(|outcome| outcome.map_err(|_| FlightLost)).boxed().shared();
        flights.insert(key, landing.clone());
        Ok((landing, Joined::Led))
    }
}

/// Takes the flight out of the map when its task ends, by a panic or an abort as well.
///
/// That happens before the task's result can be seen, so that who has seen a result never joins the flight it came from.
struct Strip<K: Eq + Hash, V> {
    flights: Flights<K, V>,
    key: K,
}

impl<K: Eq + Hash, V> Drop for Strip<K, V> {
    fn drop(&mut self) {
        let landed = lock(&self.flights).remove(&self.key);
        // Outside of the lock: it may hold the last handle to a value.
        drop(landed);
    }
}

/// A panic elsewhere can't leave the map half written, so a poisoned lock is as good as any.
fn lock<K, V>(flights: &Mutex<HashMap<K, Landing<V>>>) -> MutexGuard<'_, HashMap<K, Landing<V>>> {
    flights.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::future::ready;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::join_all;
    use tokio::sync::Notify;

    use super::*;

    type Outcome = Result<u32, &'static str>;

    fn flights() -> SingleFlight<&'static str, Outcome> {
        SingleFlight::new(TaskTracker::new())
    }

    impl SingleFlight<&'static str, Outcome> {
        /// Runs with nothing against it.
        async fn run<F, M>(&self, key: &'static str, make: M) -> (Result<Outcome, FlightLost>, Joined)
        where
            M: FnOnce() -> F + Send + 'static,
            F: Future<Output = Outcome> + Send + 'static,
        {
            self.run_unless(key, || None::<()>, make).await.unwrap()
        }
    }

    #[tokio::test]
    async fn a_thousand_callers_share_one_making() {
        let (flights, calls) = (flights(), Arc::new(AtomicUsize::new(0)));
        let callers = (0..1_000).map(|_| {
            let calls = Arc::clone(&calls);
            flights.run("k", move || {
                calls.fetch_add(1, Ordering::Relaxed);
                ready(Ok(7))
            })
        });
        let outcomes = join_all(callers).await;
        assert_eq!(calls.load(Ordering::Relaxed), 1);
        assert!(outcomes.iter().all(|(outcome, _)| *outcome == Ok(Ok(7))));
        assert_eq!(outcomes.iter().filter(|(_, joined)| *joined == Joined::Led).count(), 1);
    }

    #[tokio::test]
    async fn different_keys_fly_apart() {
        let flights = flights();
        let (first, second) = tokio::join!(flights.run("a", || ready(Ok(1))), flights.run("b", || ready(Ok(2))));
        assert_eq!((first, second), ((Ok(Ok(1)), Joined::Led), (Ok(Ok(2)), Joined::Led)));
    }

    #[tokio::test]
    async fn a_leader_that_goes_away_harms_nobody() {
        let (flights, go) = (Arc::new(flights()), Arc::new(Notify::new()));
        let leader = {
            let go = Arc::clone(&go);
            let (landing, joined) = flights
                .join(
                    "k",
                    || None::<()>,
                    move || async move {
                        go.notified().await;
                        Ok(7)
                    },
                )
                .unwrap();
            assert_eq!(joined, Joined::Led);
            tokio::spawn(landing)
        };
        let (follower, joined) = flights.join("k", || None::<()>, || ready(Err("a second making"))).unwrap();
        assert_eq!(joined, Joined::Shared);
        leader.abort();
        assert!(leader.await.unwrap_err().is_cancelled());
        go.notify_one();
        assert_eq!(follower.await, Ok(Ok(7)));
    }

    #[tokio::test]
    async fn a_failure_is_shared_and_the_next_caller_starts_anew() {
        let flights = flights();
        let failing = || ready(Err("no"));
        let (first, second) = tokio::join!(flights.run("k", failing), flights.run("k", failing));
        assert_eq!((first, second), ((Ok(Err("no")), Joined::Led), (Ok(Err("no")), Joined::Shared)));
        assert_eq!(flights.run("k", || ready(Ok(1))).await, (Ok(Ok(1)), Joined::Led));
    }

    #[tokio::test]
    async fn a_reason_not_to_start_holds_back_a_new_making_and_not_one_under_way() {
        let (flights, go) = (flights(), Arc::new(Notify::new()));
        let held = flights.run_unless("k", || Some("not now"), || ready(Ok(1))).await;
        assert_eq!(held, Err("not now"));
        let gate = Arc::clone(&go);
        assert!(flights.start_unless(
            "k",
            || None::<()>,
            move || async move {
                gate.notified().await;
                Ok(7)
            }
        ));
        assert!(!flights.start_unless("k", || None::<()>, || ready(Ok(8))), "one is under way");
        go.notify_one();
        let joined = flights.run_unless("k", || Some("not now"), || ready(Ok(9))).await;
        assert_eq!(joined, Ok((Ok(Ok(7)), Joined::Shared)));
        assert!(!flights.start_unless("k", || Some("not now"), || ready(Ok(8))));
        assert!(lock(&flights.flights).is_empty());
    }

    #[tokio::test]
    async fn a_panic_is_told_to_all_who_wait_and_does_not_poison_the_next() {
        let flights = flights();
        let panicking = || async { panic!("a fault in the making") };
        let (first, second) = tokio::join!(flights.run("k", panicking), flights.run("k", || ready(Ok(1))));
        assert_eq!((first, second), ((Err(FlightLost), Joined::Led), (Err(FlightLost), Joined::Shared)));
        assert_eq!(flights.run("k", || ready(Ok(2))).await, (Ok(Ok(2)), Joined::Led));
    }

    #[tokio::test]
    async fn nothing_is_left_behind() {
        let flights = flights();
        flights.run("k", || ready(Ok(1))).await.0.unwrap().unwrap();
        assert!(lock(&flights.flights).is_empty());
        flights.tracker.close();
        flights.tracker.wait().await;
    }
}
