//! `ConnectionProfile`: AireGlu's client connection. The type can't be called Connection, because Relay reserves every
//! name that ends so for pages.

use async_graphql::{Context, Enum, ID, InputObject, Object};
use chrono::{DateTime, Utc};

use super::actor::Actor;
use super::audit_event::{AuditEvent, audit_events};
use super::auth_failure::{AuthFailure, AuthFailureFilter, auth_failures};
use super::batches::{self, LastUse};
use super::caller::Caller;
use super::client_authentication::ClientAuthentication;
use super::connection_state::ConnectionState;
use super::connection_test::ConnectionTest;
use super::definition::{DpopAlgorithm, Parameter, ResponseMapping, TokenPolicy};
use super::errors::{ApiError, Fallible};
use super::filters::entries;
use super::ids::{ListKind, NodeId};
use super::metadata_change::{self, MetadataChange};
use super::pagination::{Page, PageArguments};
use super::permission::{self, Permission, requires_permission};
use super::scalars::{KeyText, UrlText, int};
use super::services::Services;
use super::token_status::{self, TokenStatus};
use super::usage::{Granularity, TimeRangeInput, UsageData, usage};
use super::warning::{self, ConnectionWarning};
use crate::domain::{Key, StreamId};
use crate::event_log::Filter;
use crate::projections::connection_states::StateFilter;
use crate::projections::connection_tests;
use crate::projections::connections::{self, ConnectionView};
use crate::projections::exchanges::ExchangeFilter;

/// How a connection gets its tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum ConnectionKind {
    /// RFC 6749 section 4.4.
    ClientCredentials,
}

/// A client connection: OAuth 2.0 client credentials under a Key.
#[derive(Debug, Clone)]
pub struct ConnectionProfile(pub(super) ConnectionView, AsOf);

/// When a connection is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AsOf {
    /// Whenever a field is asked for.
    Now,
    /// At this moment, which may be long gone.
    Moment(DateTime<Utc>),
}

impl From<ConnectionView> for ConnectionProfile {
    fn from(view: ConnectionView) -> Self {
        Self(view, AsOf::Now)
    }
}

impl ConnectionProfile {
    /// The connection as it stood at a moment.
    pub(super) fn at(view: ConnectionView, moment: DateTime<Utc>) -> Self {
        Self(view, AsOf::Moment(moment))
    }

    fn now(&self, ctx: &Context<'_>) -> Result<DateTime<Utc>, ApiError> {
        match self.1 {
            AsOf::Now => Ok(Services::of(ctx)?.clock.now()),
            AsOf::Moment(moment) => Ok(moment),
        }
    }
}

/// A client connection: OAuth 2.0 client credentials under a Key.
#[Object]
impl ConnectionProfile {
    /// Global id.
    pub(super) async fn id(&self) -> ID {
        NodeId::Connection(self.0.key.clone()).to_id()
    }

    /// Key.
    async fn key(&self) -> KeyText {
        KeyText::from(&self.0.key)
    }

    /// Display Name.
    async fn display_name(&self) -> &str {
        &self.0.definition.display_name
    }

    /// Free text.
    async fn description(&self) -> Option<&String> {
        self.0.definition.description.as_ref()
    }

    /// Free words.
    async fn labels(&self) -> &[String] {
        &self.0.definition.labels
    }

    /// How it gets its tokens.
    async fn kind(&self) -> ConnectionKind {
        ConnectionKind::ClientCredentials
    }

    /// Whether requests may use it.
    async fn enabled(&self) -> bool {
        self.0.enabled
    }

    /// Client ID.
    async fn client_id(&self) -> &str {
        &self.0.definition.client_id
    }

    /// Access Token URL: the token endpoint (RFC 6749 section 3.2).
    async fn access_token_url(&self) -> UrlText {
        UrlText(self.0.definition.access_token_url.to_string())
    }

    /// Secret Configuration.
    async fn authentication(&self) -> ClientAuthentication {
        (&self.0.definition.authentication).into()
    }

    /// Additional parameters of the token request.
    async fn parameters(&self) -> Vec<Parameter> {
        self.0.definition.parameters.iter().map(Parameter::from).collect()
    }

    /// How tokens are fetched and kept.
    async fn token_policy(&self) -> TokenPolicy {
        (&self.0.definition.token_policy).into()
    }

    /// Where the token may be sent, beside the base URL's own host. With neither, it may be sent nowhere.
    async fn allowed_hosts(&self) -> Vec<&str> {
        self.0.definition.allowed_hosts.iter().map(crate::domain::HostRule::as_str).collect()
    }

    /// What the forward route's paths are relative to.
    async fn base_url(&self) -> Option<UrlText> {
        self.0.definition.base_url.as_ref().map(|url| UrlText(url.to_string()))
    }

    /// The issuer that the Access Token URL was discovered from; null when it was typed in.
    async fn issuer(&self) -> Option<UrlText> {
        self.0.definition.discovery.as_ref().map(|pinned| UrlText(pinned.issuer.clone()))
    }

    /// What the issuer publishes now, when that is not what is pinned; what is pinned stays in use. To agree, give the
    /// issuer to `updateConnection` again; to refuse, do nothing or type the Access Token URL in. Null when there is
    /// nothing to decide.
    async fn metadata_change(&self, ctx: &Context<'_>) -> Fallible<MetadataChange> {
        metadata_change::find(ctx, self.0.key.clone()).await.transpose()
    }

    /// How DPoP proofs are signed, when tokens are bound to a key of Latchkey's (RFC 9449).
    async fn dpop(&self) -> Option<DpopAlgorithm> {
        self.0.definition.dpop.map(Into::into)
    }

    /// Where the parts of a token answer stand, when it is not RFC 6749's.
    async fn response_mapping(&self) -> Option<ResponseMapping> {
        self.0.definition.response_mapping.as_ref().map(Into::into)
    }

    /// Whether it works, as of now.
    async fn state(&self, ctx: &Context<'_>) -> Fallible<ConnectionState> {
        Some(self.now(ctx).map(|now| self.0.standing.state_at(now).into()))
    }

    /// Why it is in that state, for a person; null when all is well.
    async fn state_reason(&self, ctx: &Context<'_>) -> Fallible<String> {
        self.now(ctx).map(|now| self.0.standing.reason(now)).transpose()
    }

    /// Since when it is in that state.
    async fn state_since(&self, ctx: &Context<'_>) -> Fallible<DateTime<Utc>> {
        Some(self.now(ctx).map(|now| self.0.standing.since(now)))
    }

    /// How many attempts to get a token have failed since the last one that did not, tests among them.
    async fn consecutive_failures(&self) -> i32 {
        int(self.0.standing.consecutive_failures())
    }

    /// Until when token requests are held back after a failure; null when they are not.
    async fn next_attempt_at(&self, ctx: &Context<'_>) -> Fallible<DateTime<Utc>> {
        self.now(ctx).map(|now| self.0.standing.next_attempt_at(now)).transpose()
    }

    /// The newest test of it that has ended; null when it was never tested. Tests of drafts are nobody's.
    async fn last_test(&self, ctx: &Context<'_>) -> Fallible<ConnectionTest> {
        let services = match Services::of(ctx) {
            Ok(services) => services,
            Err(error) => return Some(Err(error)),
        };
        let key = self.0.key.clone();
        let last = services.read(move |conn| connection_tests::last(conn, &key)).await;
        last.map(|view| view.map(ConnectionTest)).transpose()
    }

    /// The newest token that was fetched for it as it is and may still be used, whatever its parameters; null when there is
    /// none, or when it was refused, evicted or has ended.
    async fn token(&self, ctx: &Context<'_>) -> Fallible<TokenStatus> {
        token_status::newest(ctx, self).await.transpose()
    }

    /// When it authorised a request last: one was sent with a token of it, and the API took the token. Null when none ever
    /// was. Tests don't count.
    async fn last_used_at(&self, ctx: &Context<'_>) -> Fallible<DateTime<Utc>> {
        let batches = match batches::of(ctx) {
            Ok(batches) => batches,
            Err(error) => return Some(Err(error)),
        };
        batches.load_one(LastUse(self.0.key.to_string())).await.transpose()
    }

    /// What works today and will not for long.
    async fn warnings(&self, ctx: &Context<'_>) -> Result<Vec<ConnectionWarning>, ApiError> {
        let secret = self.0.definition.authentication.secret().cloned();
        warning::of_connection(ctx, self.0.key.clone(), secret).await
    }

    /// Number of its events; `expectedVersion` of the next change.
    async fn version(&self) -> i32 {
        int(self.0.version)
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it was changed last.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }

    /// Who changed it last.
    async fn updated_by(&self) -> Actor {
        Actor::of_version(self.0.updated_by.clone(), StreamId::Connection(self.0.key.clone()), self.0.version)
    }

    /// Usage Data: counts and latencies of its requests.
    #[graphql(directive = requires_permission::apply(Permission::ViewUsageData))]
    async fn usage_data(
        &self,
        ctx: &Context<'_>,
        range: TimeRangeInput,
        #[graphql(default_with = "Granularity::Hour")] granularity: Granularity,
    ) -> Fallible<UsageData> {
        if let Err(refusal) = permission::check(ctx, "ConnectionProfile") {
            return Some(Err(refusal));
        }
        let whose = ExchangeFilter { connections: vec![self.0.key.to_string()], ..ExchangeFilter::default() };
        Some(usage(ctx, range, granularity, whose).await)
    }

    /// Its auth failures, newest first.
    #[graphql(directive = requires_permission::apply(Permission::ViewUsageData))]
    #[expect(clippy::too_many_arguments, reason = "Relay's own four")]
    async fn auth_failures(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        filter: Option<AuthFailureFilter>,
    ) -> Fallible<Page<AuthFailure>> {
        if let Err(refusal) = permission::check(ctx, "ConnectionProfile") {
            return Some(Err(refusal));
        }
        let arguments = PageArguments { first, after, last, before };
        let filter = filter.unwrap_or_default().only(&self.0.key);
        Some(auth_failures(ctx, &arguments, filter).await)
    }

    /// The events that made it what it is, oldest first.
    #[graphql(directive = requires_permission::apply(Permission::ListAuditEvent))]
    #[expect(clippy::too_many_arguments, reason = "Relay's own four")]
    async fn history(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Fallible<Page<AuditEvent>> {
        if let Err(refusal) = permission::check(ctx, "ConnectionProfile") {
            return Some(Err(refusal));
        }
        let arguments = PageArguments { first, after, last, before };
        let streams = vec![StreamId::Connection(self.0.key.clone()).to_string()];
        Some(audit_events(ctx, &arguments, Filter { streams, ..Filter::default() }).await)
    }

    /// What the viewer may do with it.
    async fn viewer_permissions(&self, ctx: &Context<'_>) -> Vec<Permission> {
        let may = |permission: &Permission| ctx.data_opt::<Caller>().is_some_and(|caller| caller.may(*permission));
        Permission::ON_A_CONNECTION.into_iter().filter(may).collect()
    }
}

/// Which connections are listed.
#[derive(Debug, Clone, Default, InputObject)]
pub struct ConnectionFilter {
    /// Part of the Key or of the definition, any case.
    query: Option<String>,
    /// States that they are in now. Null and an empty list mean all.
    states: Option<Vec<ConnectionState>>,
}

impl ConnectionFilter {
    /// The read model's own filter.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` for too many entries of a list.
    fn parse(self, now: DateTime<Utc>) -> Result<connections::ConnectionFilter, ApiError> {
        let query = self.query.filter(|text| !text.is_empty());
        let states: Vec<_> = entries("filter.states", self.states)?.into_iter().map(Into::into).collect();
        let states = if states.is_empty() { None } else { Some(StateFilter { states, now }) };
        Ok(connections::ConnectionFilter { query, secret: None, states })
    }
}

/// Root fields about connections.
#[derive(Default)]
pub struct ConnectionQueries;

#[Object]
impl ConnectionQueries {
    /// The connection with this Key.
    #[graphql(directive = requires_permission::apply(Permission::ViewConnection))]
    async fn connection(&self, ctx: &Context<'_>, key: KeyText) -> Fallible<ConnectionProfile> {
        if let Err(refusal) = permission::check(ctx, "Query") {
            return Some(Err(refusal));
        }
        // What is no Key is nobody's Key.
        find(ctx, Key::parse(&key.0).ok()?).await.transpose()
    }

    /// Connections by Key.
    #[graphql(directive = requires_permission::apply(Permission::ListConnection))]
    #[expect(clippy::too_many_arguments, reason = "Relay's own four")]
    async fn connections(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        filter: Option<ConnectionFilter>,
    ) -> Fallible<Page<ConnectionProfile>> {
        if let Err(refusal) = permission::check(ctx, "Query") {
            return Some(Err(refusal));
        }
        let arguments = PageArguments { first, after, last, before };
        let now = match Services::of(ctx) {
            Ok(services) => services.clock.now(),
            Err(error) => return Some(Err(error)),
        };
        match filter.unwrap_or_default().parse(now) {
            Ok(filter) => Some(list(ctx, &arguments, filter).await),
            Err(refusal) => Some(Err(refusal)),
        }
    }
}

/// Reads one connection.
pub(super) async fn find(ctx: &Context<'_>, key: Key) -> Result<Option<ConnectionProfile>, ApiError> {
    let view = Services::of(ctx)?.read(move |conn| connections::get(conn, &key)).await?;
    Ok(view.map(ConnectionProfile::from))
}

/// Reads a page of connections.
pub(super) async fn list(
    ctx: &Context<'_>,
    arguments: &PageArguments,
    filter: connections::ConnectionFilter,
) -> Result<Page<ConnectionProfile>, ApiError> {
    let window = arguments.window::<String>(ListKind::Connections)?;
    let wanted = window.clone();
    let (slice, total) = Services::of(ctx)?.read(move |conn| connections::list(conn, &wanted, &filter)).await?;
    Ok(Page::of(ListKind::Connections, &window, slice, |view| (view.key.to_string(), ConnectionProfile::from(view)))
        .counted(total))
}
