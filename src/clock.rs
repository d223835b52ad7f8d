//! The only source of time and of new ids.
//!
//! Both are values handed down from the composition root, never globals: a test gives the whole program a clock that it
//! moves by hand and ids that it can predict. There are two times, because the wall clock may jump (NTP, a suspended
//! machine, an operator): what people read uses [`Clock::now`], what measures a span uses [`Clock::monotonic`].

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use uuid::Uuid;

/// Digits of a second that are kept: microseconds, the finest that every supported database stores.
const SUBSECOND_DIGITS: u16 = 6;

/// Tells the time. Cheap to clone; clones of a manual clock move together.
#[derive(Debug, Clone)]
pub struct Clock(Source);

#[derive(Debug, Clone)]
enum Source {
    System { started: Instant },
    // A std lock: held for an addition, never across an await.
    Manual(Arc<Mutex<Hands>>),
}

#[derive(Debug)]
struct Hands {
    wall: DateTime<Utc>,
    monotonic: Duration,
}

impl Clock {
    /// Reads the machine's clock.
    #[expect(clippy::disallowed_methods, reason = "this is the one home of Instant::now")]
    pub fn system() -> Self {
        Self(Source::System { started: Instant::now() })
    }

    /// Stands still at `start` until it is moved by [`Clock::advance`] or [`Clock::jump_wall`]. For tests.
    pub fn manual(start: DateTime<Utc>) -> Self {
        let hands = Hands { wall: start, monotonic: Duration::ZERO };
        Self(Source::Manual(Arc::new(Mutex::new(hands))))
    }

    /// The wall clock's time, cut to microseconds so that it reads back from any database as the same value.
    #[expect(clippy::disallowed_methods, reason = "this is the one home of Utc::now")]
    pub fn now(&self) -> DateTime<Utc> {
        let wall = match &self.0 {
            Source::System { .. } => Utc::now(),
            Source::Manual(hands) => lock(hands).wall,
        };
        wall.trunc_subsecs(SUBSECOND_DIGITS)
    }

    /// The time since this clock was made; never goes back, whatever happens to the wall clock.
    pub fn monotonic(&self) -> Duration {
        match &self.0 {
            Source::System { started } => started.elapsed(),
            Source::Manual(hands) => lock(hands).monotonic,
        }
    }

    /// Lets time pass on a manual clock: both times move.
    ///
    /// # Panics
    /// On the system clock, and past the end of the calendar.
    pub fn advance(&self, by: Duration) {
        let mut hands = self.hands();
        hands.wall += by;
        hands.monotonic += by;
    }

    /// Sets the wall clock of a manual clock forward or back, as NTP or an operator would; the monotonic time stays.
    ///
    /// # Panics
    /// On the system clock, and past the end of the calendar.
    pub fn jump_wall(&self, by: TimeDelta) {
        self.hands().wall += by;
    }

    fn hands(&self) -> MutexGuard<'_, Hands> {
        match &self.0 {
            Source::System { .. } => panic!("the system clock can't be moved"),
            Source::Manual(hands) => lock(hands),
        }
    }
}

/// A panic elsewhere can't leave the two numbers half written, so a poisoned lock is as good as any.
fn lock(hands: &Mutex<Hands>) -> MutexGuard<'_, Hands> {
    hands.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes new ids. Cheap to clone; clones of a sequential source share one sequence.
#[derive(Debug, Clone)]
pub struct Ids(IdSource);

#[derive(Debug, Clone)]
enum IdSource {
    Random,
    Sequential(Arc<AtomicU64>),
}

impl Ids {
    /// Makes UUIDs version 7 (RFC 9562 section 5.7): they sort by the time of their making.
    pub fn random() -> Self {
        Self(IdSource::Random)
    }

    /// Makes `00000000-0000-7000-8000-000000000001`, `…02` and so on: valid version 7 ids that a test can predict.
    pub fn sequential() -> Self {
        Self(IdSource::Sequential(Arc::new(AtomicU64::new(1))))
    }

    /// A new id, different from all before it.
    #[expect(clippy::disallowed_methods, reason = "this is the one home of Uuid::now_v7")]
    pub fn next(&self) -> Uuid {
        match &self.0 {
            IdSource::Random => Uuid::now_v7(),
            IdSource::Sequential(counter) => sequential(counter.fetch_add(1, Ordering::Relaxed)),
        }
    }
}

/// The `number`th predictable id. The version and variant bits stand above the number's 62 bits.
fn sequential(number: u64) -> Uuid {
    const VERSION_7: u64 = 0x7000;
    const VARIANT_RFC_9562: u64 = 0x8000_0000_0000_0000;
    Uuid::from_u64_pair(VERSION_7, VARIANT_RFC_9562 | number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noon() -> DateTime<Utc> {
        "2026-03-01T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn the_system_clock_runs_and_is_cut_to_microseconds() {
        let clock = Clock::system();
        let (first, earlier) = (clock.now(), clock.monotonic());
        assert!(first > noon() - TimeDelta::days(365), "{first}");
        assert_eq!(first.timestamp_subsec_nanos() % 1_000, 0);
        assert!(clock.monotonic() > earlier);
        assert!(clock.clone().monotonic() > earlier, "a clone counts from the same start");
    }

    #[test]
    fn a_manual_clock_stands_still_until_it_is_moved_and_its_clones_move_with_it() {
        let clock = Clock::manual(noon());
        let clone = clock.clone();
        assert_eq!((clock.now(), clock.monotonic()), (noon(), Duration::ZERO));
        clock.advance(Duration::from_millis(1_500));
        assert_eq!(clone.now(), noon() + TimeDelta::milliseconds(1_500));
        assert_eq!(clone.monotonic(), Duration::from_millis(1_500));
    }

    #[test]
    fn the_wall_clock_jumps_without_the_monotonic_time() {
        let clock = Clock::manual(noon());
        clock.advance(Duration::from_secs(5));
        clock.jump_wall(TimeDelta::hours(-1));
        assert_eq!(clock.now(), noon() + TimeDelta::seconds(5) - TimeDelta::hours(1));
        assert_eq!(clock.monotonic(), Duration::from_secs(5));
    }

    #[test]
    fn a_manual_clock_is_cut_to_microseconds_too() {
        let clock = Clock::manual(noon() + TimeDelta::nanoseconds(1_999));
        assert_eq!(clock.now(), noon() + TimeDelta::microseconds(1));
    }

    #[test]
    #[should_panic(expected = "can't be moved")]
    fn the_system_clock_cannot_be_moved() {
        Clock::system().advance(Duration::from_secs(1));
    }

    #[test]
    fn sequential_ids_are_predictable_and_shared_between_clones() {
        let ids = Ids::sequential();
        assert_eq!(ids.next().to_string(), "00000000-0000-7000-8000-000000000001");
        assert_eq!(ids.clone().next().to_string(), "00000000-0000-7000-8000-000000000002");
        assert_eq!(ids.next().to_string(), "00000000-0000-7000-8000-000000000003");
        assert_eq!(ids.next().get_version_num(), 7);
    }

    #[test]
    fn random_ids_are_version_7_and_sort_by_their_making() {
        let ids = Ids::random();
        let made: Vec<Uuid> = (0..1_000).map(|_| ids.next()).collect();
        assert!(made.iter().all(|id| id.get_version_num() == 7));
        assert!(made.is_sorted_by(|earlier, later| earlier < later));
    }
}
