//! The DNS resolver of the client: bounded in time and number, and every answer judged by the guard.
//!
//! The client hands a resolver the name alone, but the guard judges host and port. So the request being sent states its
//! port in a task-local value, which the client reads here within the same task. A look-up outside of any request is
//! refused: there is nothing that it could be judged for.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;
use tokio::task;
use tokio::time::{Instant, timeout};

use super::cause;
use super::guard::{DNS_ANSWERS_MAX, EgressPolicy};

/// Most look-ups at one time. Each holds a thread until the system's resolver answers, even when we stopped waiting.
pub const LOOKUPS_MAX: usize = 128;

/// Says that a host name could not be turned into addresses. Nothing was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DnsFailure {
    /// No answer in the time that look-ups are given.
    #[error("the DNS look-up timed out")]
    TimedOut,
    /// There is no such host, or the name server failed: the system's resolver does not tell them apart in a typed way.
    #[error("the host name does not resolve: {reason}")]
    NotResolved {
        /// The system's words.
        reason: String,
    },
    /// A look-up outside of a request, which the guard could not judge.
    #[error("a DNS look-up outside of a request was refused")]
    OutsideRequest,
}

impl DnsFailure {
    /// Finds the resolver's failure among the causes of a client error.
    pub fn find_in(error: &reqwest::Error) -> Option<Self> {
        cause::find::<Self>(error).cloned()
    }
}

/// What the request being sent tells the resolver, and the resolver tells it.
#[derive(Debug, Clone)]
pub(super) struct Lookup {
    /// The port that the request goes to.
    pub(super) port: u16,
    /// How long the look-up took; empty when none was needed.
    pub(super) took: Arc<OnceLock<Duration>>,
}

tokio::task_local! {
    pub(super) static LOOKUP: Lookup;
}

/// Resolves names with the system's resolver, under the guard.
#[derive(Debug, Clone)]
pub(super) struct GuardedResolver {
    policy: EgressPolicy,
    timeout: Duration,
    slots: Arc<Semaphore>,
}

impl GuardedResolver {
    pub(super) fn new(policy: EgressPolicy, timeout: Duration) -> Self {
        Self { policy, timeout, slots: Arc::new(Semaphore::new(LOOKUPS_MAX)) }
    }

    /// Looks a name up within the limits. The guard has **not** judged these answers yet.
    pub(super) async fn answers(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, DnsFailure> {
        within(self.timeout, system_lookup(host.to_owned(), port, Arc::clone(&self.slots))).await
    }
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        // Read now, not in the future: the client may go on with a half-made connection in a task of its own.
        let Ok(lookup) = LOOKUP.try_with(Lookup::clone) else {
            return Box::pin(async { Err(DnsFailure::OutsideRequest.into()) });
        };
        let (resolver, host) = (self.clone(), name.as_str().to_owned());
        Box::pin(async move {
            let start = Instant::now();
            let answers = resolver.answers(&host, lookup.port).await?;
            // Set twice only when one request connects twice; the first look-up is the one it waited for.
            let _ = lookup.took.set(start.elapsed());
            resolver.policy.check_answers(&host, &answers)?;
            Ok::<Addrs, _>(Box::new(answers.into_iter()))
        })
    }
}

/// Asks the system. One answer more than allowed is kept, so that the guard sees that there were too many.
async fn system_lookup(host: String, port: u16, slots: Arc<Semaphore>) -> io::Result<Vec<SocketAddr>> {
    let slot = slots.acquire_owned().await.map_err(io::Error::other)?;
    let ask = move || {
        let answers = (host.as_str(), port).to_socket_addrs();
        drop(slot);
        answers.map(|answers| answers.take(DNS_ANSWERS_MAX + 1).collect())
    };
    task::spawn_blocking(ask).await?
}

async fn within(
    limit: Duration,
    lookup: impl Future<Output = io::Result<Vec<SocketAddr>>>,
) -> Result<Vec<SocketAddr>, DnsFailure> {
    match timeout(limit, lookup).await {
        Err(_) => Err(DnsFailure::TimedOut),
        Ok(Err(error)) => Err(DnsFailure::NotResolved { reason: cause::root_text(&error) }),
        Ok(Ok(answers)) if answers.is_empty() => {
            Err(DnsFailure::NotResolved { reason: "the name has no addresses".to_owned() })
        }
        Ok(Ok(answers)) => Ok(answers),
    }
}

#[cfg(test)]
mod tests {
    use std::future;

    use super::super::guard::EgressDenied;
    use super::*;

    type BoxError = Box<dyn std::error::Error + Send + Sync>;

    async fn resolve(allow: &[&str], name: &str, port: u16) -> Result<Vec<SocketAddr>, BoxError> {
        let resolver = GuardedResolver::new(EgressPolicy::parse(allow).unwrap(), Duration::from_secs(5));
        let lookup = Lookup { port, took: Arc::default() };
        let resolving = LOOKUP.sync_scope(lookup, || resolver.resolve(name.parse().unwrap()));
        resolving.await.map(Iterator::collect)
    }

    #[tokio::test(start_paused = true)]
    async fn a_look_up_that_never_answers_times_out() {
        let start = Instant::now();
        assert_eq!(within(Duration::from_secs(5), future::pending()).await, Err(DnsFailure::TimedOut));
        assert_eq!(start.elapsed().as_secs(), 5);
    }

    #[tokio::test]
    async fn no_answers_are_a_failure() {
        let failure = within(Duration::from_secs(5), future::ready(Ok(Vec::new()))).await.unwrap_err();
        assert!(matches!(failure, DnsFailure::NotResolved { .. }), "{failure}");
    }

    #[tokio::test]
    async fn a_name_that_stands_for_loopback_is_denied_by_its_answer() {
        let error = resolve(&[], "localhost", 9100).await.unwrap_err();
        let denied = error.downcast_ref::<EgressDenied>().unwrap();
        assert_eq!(denied, &EgressDenied { host: "localhost".to_owned(), rule: "loopback".to_owned() });
        assert!(resolve(&["localhost:9101"], "localhost", 9100).await.is_err());
    }

    #[tokio::test]
    async fn an_allowed_name_resolves_with_the_port_of_the_request() {
        let answers = resolve(&["localhost:9100"], "localhost", 9100).await.unwrap();
        assert!(answers.iter().all(|answer| answer.ip().is_loopback() && answer.port() == 9100), "{answers:?}");
    }

    #[tokio::test]
    async fn a_look_up_outside_of_a_request_is_refused() {
        let resolver = GuardedResolver::new(EgressPolicy::parse(&["localhost"]).unwrap(), Duration::from_secs(5));
        let Err(error) = resolver.resolve("localhost".parse().unwrap()).await else { panic!("it resolved") };
        assert_eq!(error.downcast_ref::<DnsFailure>(), Some(&DnsFailure::OutsideRequest));
    }

    #[tokio::test(start_paused = true)]
    async fn look_ups_beyond_the_limit_wait_and_then_time_out() {
        let slots = Arc::new(Semaphore::new(LOOKUPS_MAX));
        let _taken = slots.clone().acquire_many_owned(u32::try_from(LOOKUPS_MAX).unwrap()).await.unwrap();
        let waiting = system_lookup("localhost".to_owned(), 80, slots);
        assert_eq!(within(Duration::from_secs(5), waiting).await, Err(DnsFailure::TimedOut));
    }
}
