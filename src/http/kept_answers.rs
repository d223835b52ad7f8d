//! The answers of calls that had an idempotency key, kept for whoever asks again: sealed, for a while, never in the log.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::execution::HttpAnswer;
use crate::clock::Clock;
use crate::crypto::{KeyRing, SealContext};
use crate::domain::request::Header;
use crate::event_log::append::Refusal;
use crate::event_log::{Alongside, Conn, DatabaseError, EventLog};
use crate::projections::sealed_answers;

/// Largest body that is kept whole, in bytes; what is beyond is cut off, and the kept answer says `truncated`.
pub const KEPT_BODY_BYTES_MAX: usize = 1_048_576;
/// How often expired answers are looked for.
const PRUNE_INTERVAL: Duration = Duration::from_mins(10);

/// Keeps answers.
pub(super) struct KeptAnswers {
    pub keys: Arc<KeyRing>,
    pub clock: Clock,
    /// How long an answer is kept; zero keeps none.
    pub keep: Duration,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    status: u16,
    headers: Vec<Header>,
    /// Base64.
    body: String,
    truncated: bool,
}

impl KeptAnswers {
    /// Keeps an answer in the transaction of its exchange's end, and drops what has expired by now.
    pub(super) fn keeping(&self, exchange: Uuid, answer: &HttpAnswer) -> Option<Alongside> {
        if self.keep.is_zero() {
            return None;
        }
        let now = self.clock.now();
        let expires_at = now.checked_add_signed(TimeDelta::from_std(self.keep).ok()?)?;
        let sealed = self.seal(exchange, answer)?;
        Some(Box::new(move |conn| {
            sealed_answers::prune(conn, now)?;
            sealed_answers::store(conn, exchange, (&sealed, expires_at)).map_err(Refusal::from)
        }))
    }

    /// The stored bytes of an exchange's answer, unless they have expired.
    pub(super) fn stored(
        conn: &mut Conn<'_>,
        exchange: Uuid,
        now: DateTime<Utc>,
    ) -> Result<Option<Vec<u8>>, DatabaseError> {
        sealed_answers::get(conn, exchange, now)
    }

    /// Opens a stored answer. One that can't be opened, because its key was taken off the ring, counts as not kept.
    pub(super) fn open(&self, exchange: Uuid, sealed: &[u8]) -> Option<HttpAnswer> {
        let row = exchange.to_string();
        let plain = match self.keys.unseal(&context(&row), sealed) {
            Ok(plain) => plain,
            Err(error) => {
                tracing::warn!(%exchange, %error, "a kept answer can't be opened");
                return None;
            }
        };
        let Kept { status, headers, body, truncated } = serde_json::from_slice(&plain).ok()?;
        Some(HttpAnswer::new(status, headers, (Arc::from(STANDARD.decode(body).ok()?), truncated)))
    }

    fn seal(&self, exchange: Uuid, answer: &HttpAnswer) -> Option<Vec<u8>> {
        let body = answer.body.get(..KEPT_BODY_BYTES_MAX).unwrap_or(&answer.body);
        let kept = Kept {
            status: answer.status,
            headers: answer.headers.clone(),
            truncated: answer.truncated || body.len() < answer.body.len(),
            body: STANDARD.encode(body),
        };
        let plain = Zeroizing::new(serde_json::to_vec(&kept).ok()?);
        Some(self.keys.seal(&context(&exchange.to_string()), &plain))
    }
}

fn context(row: &str) -> SealContext<'_> {
    SealContext { table: "sealed_answers", row, field: "sealed", version: 1 }
}

/// Drops expired answers now and every ten minutes, until the shutdown. What it has begun it ends: a database that is
/// being written is not closed well.
pub async fn prune_answers(log: EventLog, clock: Clock, shutdown: CancellationToken) {
    let mut ticks = tokio::time::interval(PRUNE_INTERVAL);
    while shutdown.run_until_cancelled(ticks.tick()).await.is_some() {
        let (database, now) = (log.database().clone(), clock.now());
        let pruning =
            tokio::task::spawn_blocking(move || database.write(|conn| Ok(sealed_answers::prune(conn, now)?)).map(drop));
        if let Err(error) = pruning.await.unwrap_or_else(|error| Err(DatabaseError::Open(error.to_string()))) {
            tracing::warn!(%error, "expired answers could not be dropped; trying again later");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::EncryptionKey;

    fn kept_answers() -> KeptAnswers {
        let clock = Clock::manual("2026-03-01T12:00:00Z".parse().unwrap());
        let keys = Arc::new(KeyRing::new(&EncryptionKey::generate(), &[]));
        KeptAnswers { keys, clock, keep: Duration::from_hours(24) }
    }

    fn answer(bytes: usize) -> HttpAnswer {
        let header = |name: &str, value: &str| Header { name: name.to_owned(), value: value.to_owned() };
        let headers = vec![header("content-type", "image/png"), header("set-cookie", "a"), header("set-cookie", "b")];
        HttpAnswer::new(201, headers, (Arc::from(vec![0xff; bytes]), false))
    }

    #[test]
    fn a_kept_answer_is_the_answer() {
        let (kept, exchange) = (kept_answers(), Uuid::from_u128(7));
        let opened = kept.open(exchange, &kept.seal(exchange, &answer(3)).unwrap()).unwrap();
        assert_eq!((opened.status, &*opened.body, opened.truncated), (201, &[0xff; 3][..], false));
        assert_eq!(opened.content_type.as_deref(), Some("image/png"));
        let headers: Vec<_> = opened.headers.iter().map(|header| (&*header.name, &*header.value)).collect();
        assert_eq!(headers, [("content-type", "image/png"), ("set-cookie", "a"), ("set-cookie", "b")]);
    }

    #[test]
    fn a_body_beyond_the_limit_is_cut_off_and_says_so() {
        let (kept, exchange) = (kept_answers(), Uuid::from_u128(7));
        for (bytes, truncated) in [(KEPT_BODY_BYTES_MAX, false), (KEPT_BODY_BYTES_MAX + 1, true)] {
            let opened = kept.open(exchange, &kept.seal(exchange, &answer(bytes)).unwrap()).unwrap();
            assert_eq!((opened.body.len(), opened.truncated), (KEPT_BODY_BYTES_MAX, truncated));
        }
    }

    #[test]
    fn a_kept_answer_opens_for_its_own_exchange_only() {
        let kept = kept_answers();
        let sealed = kept.seal(Uuid::from_u128(7), &answer(3)).unwrap();
        assert!(kept.open(Uuid::from_u128(8), &sealed).is_none());
    }

    #[test]
    fn to_keep_answers_for_no_time_is_to_keep_none() {
        let kept = KeptAnswers { keep: Duration::ZERO, ..kept_answers() };
        assert!(kept.keeping(Uuid::from_u128(7), &answer(3)).is_none());
    }
}
