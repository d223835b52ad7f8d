//! Watches that a streamed exchange moves: how long nothing may happen, and how long the response's head may take.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::error::{RequestBodyProblem, TimeoutPhase};

/// What both directions of one exchange have in common.
#[derive(Debug)]
pub(super) struct Activity {
    head_timeout: Duration,
    idle_timeout: Duration,
    /// A std mutex: it is held for an assignment only, and never over an await.
    progress: Mutex<Progress>,
    problem: OnceLock<RequestBodyProblem>,
}

#[derive(Debug, Clone, Copy)]
struct Progress {
    /// When the last bytes came or went.
    at: Instant,
    /// Whether the request's body is under way, so that the peer can't be expected to answer yet.
    is_sending: bool,
}

impl Activity {
    /// Begins now.
    pub(super) fn new(head_timeout: Duration, idle_timeout: Duration) -> Self {
        let progress = Mutex::new(Progress { at: Instant::now(), is_sending: false });
        Self { head_timeout, idle_timeout, progress, problem: OnceLock::new() }
    }

    /// Longest pause between two chunks.
    pub(super) fn idle_timeout(&self) -> Duration {
        self.idle_timeout
    }

    /// When the exchange is idle, if nothing happens until then.
    pub(super) fn idle_at(&self) -> Instant {
        self.progress().at + self.idle_timeout
    }

    /// Notes that a part of the request's body is on its way, or that the last one is.
    pub(super) fn sent(&self, is_sending: bool) {
        *self.progress() = Progress { at: Instant::now(), is_sending };
    }

    /// Notes that a part of the response's body has come.
    pub(super) fn received(&self) {
        self.progress().at = Instant::now();
    }

    /// Notes why the request's body could not be sent to its end.
    pub(super) fn fail(&self, problem: RequestBodyProblem) {
        // Only the first reason counts.
        let _ = self.problem.set(problem);
    }

    /// Why the request's body could not be sent to its end.
    pub(super) fn problem(&self) -> Option<RequestBodyProblem> {
        self.problem.get().copied()
    }

    /// Waits until the response's head is overdue; does not end before.
    pub(super) async fn overdue(&self) -> TimeoutPhase {
        loop {
            let Progress { at, is_sending } = *self.progress();
            let (limit, phase) = if is_sending {
                (self.idle_timeout, TimeoutPhase::Idle)
            } else {
                (self.head_timeout, TimeoutPhase::Head)
            };
            if at.elapsed() >= limit {
                return phase;
            }
            // Not longer than one pause: once the request's body is under way, that is the limit.
            sleep_until((at + limit).min(Instant::now() + self.idle_timeout)).await;
        }
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        // Nothing in here is ever half written.
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::time::{advance, timeout};

    use super::*;

    const HEAD: Duration = Duration::from_secs(30);
    const IDLE: Duration = Duration::from_secs(10);

    #[tokio::test(start_paused = true)]
    async fn the_head_is_overdue_from_the_last_byte_of_the_request_on() {
        let activity = Activity::new(HEAD, IDLE);
        let start = Instant::now();
        assert_eq!(activity.overdue().await, TimeoutPhase::Head);
        assert_eq!(start.elapsed().as_secs(), 30);
        activity.sent(false);
        assert_eq!(activity.overdue().await, TimeoutPhase::Head);
        assert_eq!(start.elapsed().as_secs(), 60);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_body_may_take_longer_than_the_head_as_long_as_it_moves() {
        let activity = Arc::new(Activity::new(HEAD, IDLE));
        for _ in 0..10 {
            activity.sent(true);
            assert!(timeout(Duration::from_secs(9), activity.overdue()).await.is_err());
        }
        advance(Duration::from_secs(1)).await;
        assert_eq!(activity.overdue().await, TimeoutPhase::Idle);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_body_that_begins_while_the_head_is_waited_for_is_watched_at_once() {
        let activity = Activity::new(HEAD, IDLE);
        let start = Instant::now();
        let begin = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            activity.sent(true);
        };
        assert_eq!(tokio::join!(activity.overdue(), begin).0, TimeoutPhase::Idle);
        assert_eq!(start.elapsed().as_secs(), 11);
    }

    #[tokio::test]
    async fn the_first_problem_counts() {
        let activity = Activity::new(HEAD, IDLE);
        assert_eq!(activity.problem(), None);
        activity.fail(RequestBodyProblem::WrongLength);
        activity.fail(RequestBodyProblem::Broken);
        assert_eq!(activity.problem(), Some(RequestBodyProblem::WrongLength));
    }
}
