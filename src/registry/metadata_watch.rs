//! Looks now and then whether issuers still publish what connections have pinned.
//!
//! Each issuer is asked once for all of its connections. Nothing is followed: a difference is put on the record, and a
//! person decides. A look that fails says nothing about what is pinned, so it is a line in the log and no more.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use tokio::time::{Instant, sleep, sleep_until};

use super::Registry;
use crate::crypto::random_bytes;
use crate::domain::failure::{AuthFailure, AuthFailureReason};
use crate::domain::token::TokenEvent;
use crate::domain::{Event, Key};
use crate::event_log::{DatabaseError, FeedItem, Filter, StoredEvent};
use crate::oauth::Issuer;
use crate::projections::Directory;

/// The events after which it may have to look: at a new issuer, or sooner.
const EVENT_TYPES: [&str; 3] = ["connection.created.v1", "connection.updated.v1", "token.request_failed.v1"];
/// Issuers asked at once.
const LOOKS_AT_ONCE: usize = 4;
/// Earliest and latest first look after a start; never later than the interval. Spread, because after a start every
/// issuer is due, and not at once, because a start has better things to do.
const FIRST_LOOK: (Duration, Duration) = (Duration::from_mins(1), Duration::from_mins(10));
/// How long to wait after the log could not be read.
const LOG_RETRY: Duration = Duration::from_mins(1);

/// Looks now and then whether issuers still publish what is pinned.
pub struct MetadataWatch {
    /// Asks, and records.
    pub registry: Registry,
    /// Knows which connections have an issuer.
    pub directory: Arc<Directory>,
    /// Shortest time between two regular looks at one issuer; a tenth may be added.
    pub interval: Duration,
}

impl MetadataWatch {
    /// Watches for ever; to be dropped on shutdown.
    pub async fn run(self) {
        let mut schedule = Schedule { interval: self.interval, slots: HashMap::new() };
        loop {
            let error = self.watch(&mut schedule).await;
            tracing::warn!(%error, "issuers are not watched for a moment: the event log can't be read");
            sleep(LOG_RETRY).await;
        }
    }

    /// Watches until the log can't be read.
    async fn watch(&self, schedule: &mut Schedule) -> DatabaseError {
        let feed = self.registry.log.feed();
        let types = Some(EVENT_TYPES.map(str::to_owned).to_vec());
        let mut events = pin!(feed.follow(feed.head(), Filter { types, ..Filter::default() }));
        // What is saved from here on is in the feed.
        for issuer in self.directory.connections_by_issuer().into_keys() {
            schedule.add_at_start(issuer, Instant::now());
        }
        loop {
            let next = schedule.next(Instant::now());
            let due = async {
                match next {
                    Some(at) => sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = due => self.look(schedule.take_due(Instant::now())).await,
                item = events.next() => match item {
                    Some(Ok(FeedItem::Event(event))) => self.hear(&event, schedule),
                    Some(Ok(FeedItem::CaughtUp(_))) => {}
                    Some(Err(error)) => return error,
                    None => return DatabaseError::Open("the event log is closed".to_owned()),
                },
            }
        }
    }

    fn hear(&self, stored: &StoredEvent, schedule: &mut Schedule) {
        let Some(active) = stored.stream.key().and_then(|key| self.directory.connection(key)) else { return };
        let Some(pinned) = &active.definition.discovery else { return };
        schedule.add(&pinned.issuer, Instant::now());
        if let Ok(Event::Token(TokenEvent::RequestFailed(failed))) = stored.event()
            && may_mean_a_move(&failed.failure)
        {
            schedule.hurry(&pinned.issuer);
        }
    }

    async fn look(&self, issuers: Vec<String>) {
        let connections = self.directory.connections_by_issuer();
        let looks = issuers.iter().filter_map(|issuer| connections.get_key_value(issuer));
        stream::iter(looks).for_each_concurrent(LOOKS_AT_ONCE, |(issuer, keys)| self.look_at(issuer, keys)).await;
    }

    async fn look_at(&self, issuer: &str, connections: &[Key]) {
        // It was an issuer when it was pinned.
        let Ok(asked) = Issuer::parse(issuer) else { return };
        match self.registry.discover(&asked).await {
            Ok(metadata) => {
                for key in connections {
                    self.registry.observe_metadata(key, &metadata.pins).await;
                }
            }
            Err(error) => {
                tracing::warn!(issuer, %error, "an issuer's metadata could not be compared with what is pinned");
            }
        }
    }
}

/// Whether a failed token request may come from an endpoint that has moved.
fn may_mean_a_move(failure: &AuthFailure) -> bool {
    matches!(failure.http_status, Some(300..=399 | 404 | 405 | 410))
        || matches!(
            failure.reason,
            AuthFailureReason::InvalidClient | AuthFailureReason::MalformedResponse | AuthFailureReason::Dns
        )
}

/// When which issuer is looked at. Knows the time only from its callers.
struct Schedule {
    interval: Duration,
    slots: HashMap<String, Slot>,
}

struct Slot {
    due: Instant,
    extra: Extra,
}

/// The one look out of turn that each interval has: failing requests must not become a stream of questions.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extra {
    Unused,
    Wanted,
    Used,
}

impl Schedule {
    fn add_at_start(&mut self, issuer: String, now: Instant) {
        let (earliest, latest) = FIRST_LOOK;
        let delay = earliest.saturating_add(fraction_of(latest.saturating_sub(earliest)));
        let due = now + delay.min(self.interval);
        self.slots.entry(issuer).or_insert(Slot { due, extra: Extra::Unused });
    }

    /// An issuer that was asked just now, when it was pinned.
    fn add(&mut self, issuer: &str, now: Instant) {
        if !self.slots.contains_key(issuer) {
            let slot = Slot { due: now + with_jitter(self.interval), extra: Extra::Unused };
            self.slots.insert(issuer.to_owned(), slot);
        }
    }

    fn hurry(&mut self, issuer: &str) {
        if let Some(slot) = self.slots.get_mut(issuer)
            && slot.extra == Extra::Unused
        {
            slot.extra = Extra::Wanted;
        }
    }

    /// When [`Schedule::take_due`] has something; `now` or earlier when it has already.
    fn next(&self, now: Instant) -> Option<Instant> {
        let wanted = self.slots.values().any(|slot| slot.extra == Extra::Wanted);
        if wanted { Some(now) } else { self.slots.values().map(|slot| slot.due).min() }
    }

    fn take_due(&mut self, now: Instant) -> Vec<String> {
        let mut due = Vec::new();
        for (issuer, slot) in &mut self.slots {
            if slot.due <= now {
                *slot = Slot { due: now + with_jitter(self.interval), extra: Extra::Unused };
            } else if slot.extra == Extra::Wanted {
                slot.extra = Extra::Used;
            } else {
                continue;
            }
            due.push(issuer.clone());
        }
        due
    }
}

/// The interval and up to a tenth more, so that what was saved together is not asked for together for ever.
fn with_jitter(interval: Duration) -> Duration {
    interval.saturating_add(fraction_of(interval / 10))
}

/// A random part of a span, in 256ths.
fn fraction_of(span: Duration) -> Duration {
    let [part] = random_bytes::<1>();
    span / 256 * u32::from(part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::failure::AuthPhase;

    const HOUR: Duration = Duration::from_hours(1);
    const SECOND: Duration = Duration::from_secs(1);

    fn schedule() -> Schedule {
        Schedule { interval: HOUR, slots: HashMap::new() }
    }

    #[test]
    fn an_issuer_is_due_after_the_interval_and_at_most_a_tenth_more() {
        let (mut schedule, now) = (schedule(), Instant::now());
        assert_eq!(schedule.next(now), None);
        schedule.add("a", now);
        let due = schedule.next(now).unwrap();
        assert!(due >= now + HOUR && due <= now + HOUR + HOUR / 10);
        assert_eq!(schedule.take_due(due.checked_sub(SECOND).unwrap()), [""; 0]);
        assert_eq!(schedule.take_due(due), ["a"]);
        assert!(schedule.next(due).unwrap() >= due + HOUR);
    }

    #[test]
    fn hearing_of_an_issuer_again_does_not_put_it_off() {
        let (mut schedule, now) = (schedule(), Instant::now());
        schedule.add("a", now);
        let due = schedule.next(now);
        schedule.add("a", now + HOUR / 2);
        schedule.add_at_start("a".to_owned(), now + HOUR / 2);
        assert_eq!(schedule.next(now), due);
    }

    #[test]
    fn the_first_look_after_a_start_is_early_but_not_at_once() {
        let (mut long, now) = (schedule(), Instant::now());
        long.add_at_start("a".to_owned(), now);
        let due = long.next(now).unwrap();
        assert!(due >= now + FIRST_LOOK.0 && due <= now + FIRST_LOOK.1);
        let mut short = Schedule { interval: SECOND, slots: HashMap::new() };
        short.add_at_start("a".to_owned(), now);
        assert_eq!(short.next(now), Some(now + SECOND));
    }

    #[test]
    fn failures_bring_one_look_out_of_turn_in_each_interval() {
        let (mut schedule, now) = (schedule(), Instant::now());
        schedule.add("a", now);
        let due = schedule.next(now);
        schedule.hurry("a");
        schedule.hurry("unknown");
        assert_eq!(schedule.next(now), Some(now));
        assert_eq!(schedule.take_due(now), ["a"]);
        schedule.hurry("a");
        assert_eq!(schedule.next(now), due, "the regular look stays where it was");
        assert_eq!(schedule.take_due(due.unwrap()), ["a"]);
        schedule.hurry("a");
        assert_eq!(schedule.take_due(due.unwrap()), ["a"]);
    }

    #[test]
    fn only_what_a_moved_endpoint_answers_hurries() {
        let failure =
            |reason, http_status| AuthFailure { http_status, ..AuthFailure::new(AuthPhase::Response, reason, "no") };
        for (reason, status) in [
            (AuthFailureReason::InvalidClient, Some(401)),
            (AuthFailureReason::InvalidRequest, Some(404)),
            (AuthFailureReason::InvalidRequest, Some(410)),
            (AuthFailureReason::MalformedResponse, Some(200)),
            (AuthFailureReason::MalformedResponse, Some(308)),
            (AuthFailureReason::Dns, None),
        ] {
            assert!(may_mean_a_move(&failure(reason, status)), "{reason:?} {status:?}");
        }
        for (reason, status) in [
            (AuthFailureReason::InvalidScope, Some(400)),
            (AuthFailureReason::ServerError, Some(503)),
            (AuthFailureReason::RateLimited, Some(429)),
            (AuthFailureReason::SecretUnavailable, None),
            (AuthFailureReason::ConnectionDisabled, None),
        ] {
            assert!(!may_mean_a_move(&failure(reason, status)), "{reason:?} {status:?}");
        }
    }
}
