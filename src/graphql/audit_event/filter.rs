//! Which events of the log are wanted.

use async_graphql::{ID, InputObject};
use uuid::Uuid;

use super::AuditOutcome;
use crate::domain::event::NAMES;
use crate::event_log::Filter;
use crate::graphql::actor::ActorType;
use crate::graphql::errors::{ApiError, ErrorCode};
use crate::graphql::filters::entries;
use crate::graphql::scalars::KeyText;
use crate::graphql::usage::TimeRangeInput;

/// Which events are wanted. Null and empty lists mean all; an event has to fit every part.
#[derive(Debug, Clone, Default, InputObject)]
pub struct AuditEventFilter {
    /// Persisted names, versions included.
    types: Option<Vec<String>>,
    /// Keys: events about connections, secrets, tokens and tasks of these names.
    targets: Option<Vec<KeyText>>,
    /// What the events are about: `connection`, `secret`, `token`, `task`, `exchange` or `test`.
    target_types: Option<Vec<String>>,
    /// Ids of those who caused them.
    actors: Option<Vec<ID>>,
    /// The kind of those who caused them.
    actor_types: Option<Vec<ActorType>>,
    /// Whether what was tried came about.
    outcomes: Option<Vec<AuditOutcome>>,
    /// One story.
    correlation_id: Option<ID>,
    /// When they were recorded.
    range: Option<TimeRangeInput>,
}

impl AuditEventFilter {
    /// The log's own filter.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` for a correlation id that is no UUID, a type of target that there is not, and for too many
    /// entries of a list.
    pub(in crate::graphql) fn parse(self) -> Result<Filter, ApiError> {
        let refuse = |message| ApiError::new(ErrorCode::InvalidArgument, message);
        let correlation_id = self.correlation_id.map(|id| Uuid::parse_str(&id)).transpose();
        let targets = entries("filter.targets", self.targets)?;
        let types = entries("filter.types", self.types)?;
        let target_types = entries("filter.targetTypes", self.target_types)?;
        if target_types.iter().any(|wanted| !NAMES.iter().any(|(_, category)| category == wanted)) {
            return Err(refuse("`filter.targetTypes` has an entry that is no type of target."));
        }
        let outcomes = entries("filter.outcomes", self.outcomes)?;
        Ok(Filter {
            types: of_kinds(types, &target_types, &outcomes),
            streams: targets
                .into_iter()
                .flat_map(|key| ["connection", "secret", "token", "task"].map(|kind| format!("{kind}/{}", key.0)))
                .collect(),
            actors: entries("filter.actors", self.actors)?.into_iter().map(|id| id.0).collect(),
            actor_types: entries("filter.actorTypes", self.actor_types)?.into_iter().map(Into::into).collect(),
            correlation_id: correlation_id.map_err(|_| refuse("`filter.correlationId` is not a UUID."))?,
            from: self.range.map(|range| range.from),
            to: self.range.and_then(|range| range.to),
        })
    }
}

/// The types of events that fit. What an event is about and how it came out follow from its type, so the log, which has an
/// index of types, need not know of either.
fn of_kinds(types: Vec<String>, target_types: &[String], outcomes: &[AuditOutcome]) -> Option<Vec<String>> {
    if target_types.is_empty() && outcomes.is_empty() {
        return if types.is_empty() { None } else { Some(types) };
    }
    let fits = |(name, category): &(&str, &str)| {
        (types.is_empty() || types.iter().any(|wanted| wanted == name))
            && (target_types.is_empty() || target_types.iter().any(|wanted| wanted == category))
            && (outcomes.is_empty() || outcomes.contains(&AuditOutcome::of(name)))
    };
    Some(NAMES.into_iter().filter(fits).map(|(name, _)| name.to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn types(types: &[&str], target_types: &[&str], outcomes: &[AuditOutcome]) -> Option<Vec<String>> {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        of_kinds(owned(types), &owned(target_types), outcomes)
    }

    #[test]
    fn without_a_wish_every_type_is_wanted_also_one_that_is_not_known() {
        assert_eq!(types(&[], &[], &[]), None);
        assert_eq!(types(&["later.v9"], &[], &[]).unwrap(), ["later.v9"]);
    }

    #[test]
    fn wishes_are_met_together() {
        let failed = ["token.request_failed.v1", "token.rejected.v1", "exchange.failed.v1"];
        assert_eq!(types(&[], &[], &[AuditOutcome::Failure]).unwrap(), failed);
        assert_eq!(types(&[], &["exchange"], &[AuditOutcome::Failure]).unwrap(), ["exchange.failed.v1"]);
        let unknown = ["exchange.outcome_unknown.v1", "connection_test.outcome_unknown.v1"];
        assert_eq!(types(&[], &[], &[AuditOutcome::Unknown]).unwrap(), unknown);
        assert_eq!(types(&["secret.created.v1"], &["connection"], &[]).unwrap(), [""; 0], "nothing fits");
        assert_eq!(types(&["secret.created.v1"], &["connection", "secret"], &[]).unwrap(), ["secret.created.v1"]);
        let all = [AuditOutcome::Success, AuditOutcome::Failure, AuditOutcome::Unknown];
        assert_eq!(types(&[], &[], &all).unwrap().len(), NAMES.len());
    }
}
