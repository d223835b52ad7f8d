//! Looks after stored secrets while the server runs: removes values whose overlap is over, and says which secrets end.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::{MissedTickBehavior, interval};

use super::App;
use crate::domain::Key;
use crate::domain::secret_warning::{SecretFacts, Warning};
use crate::event_log::{Conn, Database, DatabaseError};
use crate::projections::{secret_uses, secret_values, secrets};

/// How often values that are not tried any more are removed. Nothing opens them in between either.
const SWEEP_INTERVAL: Duration = Duration::from_hours(1);
/// At every how many of those the warnings are said: once a day.
const SWEEPS_PER_WARNING: u32 = 24;

impl App {
    /// Starts at once, and ends with the application.
    pub(super) fn watch_secrets(&self) {
        let (database, clock, shutdown) = (self.log.database().clone(), self.clock.clone(), self.shutdown.clone());
        let soon = TimeDelta::from_std(self.config.secrets.expiry_warning).unwrap_or(TimeDelta::MAX);
        self.tasks.spawn(async move {
            let mut ticks = interval(SWEEP_INTERVAL);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            for tick in 0_u32.. {
                tokio::select! {
                    () = shutdown.cancelled() => return,
                    _ = ticks.tick() => {}
                }
                sweep(&database, clock.now()).await;
                if tick.is_multiple_of(SWEEPS_PER_WARNING) {
                    warn(&database, clock.now(), soon).await;
                }
            }
        });
    }
}

async fn sweep(database: &Database, now: DateTime<Utc>) {
    let any = database.run(move |conn| secret_values::has_over(conn, now)).await;
    let swept = match any {
        // A write takes the one lock that appends need: not for nothing.
        Ok(false) => return,
        Ok(true) => {
            let database = database.clone();
            let write = move || database.write(|conn| secret_values::sweep(conn, now));
            tokio::task::spawn_blocking(write).await.unwrap_or_else(|error| Err(DatabaseError::Open(error.to_string())))
        }
        Err(error) => Err(error),
    };
    match swept {
        Ok(values) => tracing::info!(values, "removed previous values of secrets whose overlap is over"),
        Err(error) => tracing::warn!(%error, "previous values of secrets could not be removed"),
    }
}

async fn warn(database: &Database, now: DateTime<Utc>, soon: TimeDelta) {
    match database.run(move |conn| warnings(conn, now, soon)).await {
        Ok(warnings) => {
            for (secret, warning) in warnings {
                tracing::warn!(%secret, code = warning.code.name(), "{}", warning.message);
            }
        }
        Err(error) => tracing::warn!(%error, "the stored secrets could not be looked through"),
    }
}

fn warnings(conn: &mut Conn<'_>, now: DateTime<Utc>, soon: TimeDelta) -> Result<Vec<(Key, Warning)>, DatabaseError> {
    let mut found = Vec::new();
    for view in secrets::all(conn)? {
        let previous_in_use_until = match view.previous {
            Some(previous) if secret_uses::is_used(conn, &view.key, previous.version)? => Some(previous.until),
            Some(_) | None => None,
        };
        let facts = SecretFacts { expires_at: view.expires_at, previous_in_use_until };
        found.extend(facts.warnings(now, soon).into_iter().map(|warning| (view.key.clone(), warning)));
    }
    Ok(found)
}
