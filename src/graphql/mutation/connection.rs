//! `createConnection`, `updateConnection`, `deleteConnection`.

use async_graphql::{Context, InputObject, MaybeUndefined, Object, SimpleObject};

use super::super::caller::Caller;
use super::super::client_authentication::ClientAuthenticationInput;
use super::super::connection::{self, ConnectionProfile};
use super::super::connection_test::ConnectionTest;
use super::super::definition::{DpopAlgorithm, ParameterInput, ResponseMapping, TokenPolicyInput};
use super::super::errors::Fallible;
use super::super::permission::{self, Permission, requires_permission};
use super::super::scalars::{KeyText, SecretText, UrlText};
use super::super::services::Services;
use super::super::user_errors::{self, UserError};
use super::definition::{Complaints, allowed_hosts, authentication, cleared, list, parameters, token_policy};
use super::{Done, connection_test, endpoint};
use crate::domain::FieldError;
use crate::domain::connection::{ConnectionCommand, ConnectionRejection};
use crate::domain::definition::{ConnectionDefinition, TokenPolicy};
use crate::event_log::Provenance;
use crate::registry::confirmation::EndpointAuthority;
use crate::registry::{ConnectionChange, NewConnection, SavedConnection};

/// A connection to be created.
#[derive(Debug, InputObject)]
pub struct CreateConnectionInput {
    /// Key: `^[a-z][a-z0-9-]{0,62}$`, never reused.
    key: KeyText,
    /// Display Name.
    display_name: String,
    /// Free text.
    description: Option<String>,
    /// Free words.
    labels: Option<Vec<String>>,
    /// Client ID.
    client_id: String,
    /// Access Token URL. Either this or `issuer`.
    access_token_url: Option<UrlText>,
    /// The issuer that publishes it (RFC 8414, OpenID Connect Discovery), letter for letter as in what it publishes.
    issuer: Option<UrlText>,
    /// Secret Configuration.
    authentication: ClientAuthenticationInput,
    /// Additional parameters of the token request.
    parameters: Option<Vec<ParameterInput>>,
    /// How tokens are fetched and kept.
    token_policy: Option<TokenPolicyInput>,
    /// Where the token may be sent, beside the base URL's own host: `host`, `host:port` or `*.domain`. With neither, it
    /// may be sent nowhere.
    allowed_hosts: Option<Vec<String>>,
    /// What the forward route's paths are relative to.
    base_url: Option<UrlText>,
    /// Binds tokens to a key of Latchkey's (RFC 9449).
    dpop: Option<DpopAlgorithm>,
    /// For a token endpoint whose answers are not RFC 6749's.
    response_mapping: Option<ResponseMapping>,
    /// The secret's current value: needed from callers without the permission `edit:ConnectionEndpoint`.
    secret_confirmation: Option<SecretText>,
    /// Names the wish: asked again with the same input, it gives the first result.
    idempotency_key: Option<String>,
    /// Whether it is tested first, and created only if a token is issued. Needs the permission `test:Connection`.
    #[graphql(default)]
    test_first: bool,
}

/// A change to a connection. Omitted is unchanged, null clears.
#[derive(Debug, InputObject)]
pub struct UpdateConnectionInput {
    /// Key.
    key: KeyText,
    /// The version that the client read.
    expected_version: i32,
    /// Display Name.
    display_name: MaybeUndefined<String>,
    /// Free text.
    description: MaybeUndefined<String>,
    /// Free words.
    labels: MaybeUndefined<Vec<String>>,
    /// Whether requests may use it.
    enabled: MaybeUndefined<bool>,
    /// Client ID.
    client_id: MaybeUndefined<String>,
    /// Access Token URL. The connection forgets its issuer.
    access_token_url: MaybeUndefined<UrlText>,
    /// The issuer that publishes the Access Token URL. Asked now; what it says holds until a person says otherwise. Null
    /// keeps the URL and forgets the issuer.
    issuer: MaybeUndefined<UrlText>,
    /// Secret Configuration.
    authentication: MaybeUndefined<ClientAuthenticationInput>,
    /// Additional parameters of the token request.
    parameters: MaybeUndefined<Vec<ParameterInput>>,
    /// How tokens are fetched and kept; null stands for the default.
    token_policy: MaybeUndefined<TokenPolicyInput>,
    /// Where the token may be sent, beside the base URL's own host.
    allowed_hosts: MaybeUndefined<Vec<String>>,
    /// What the forward route's paths are relative to.
    base_url: MaybeUndefined<UrlText>,
    /// Binds tokens to a key of Latchkey's (RFC 9449).
    dpop: MaybeUndefined<DpopAlgorithm>,
    /// For a token endpoint whose answers are not RFC 6749's.
    response_mapping: MaybeUndefined<ResponseMapping>,
    /// The secret's current value: needed when the change decides where the secret or its tokens go (Access Token URL,
    /// secret, method or audience, base URL, a host more), from callers without the permission `edit:ConnectionEndpoint`.
    secret_confirmation: Option<SecretText>,
    /// Why, for the log.
    reason: Option<String>,
}

/// A connection to be deleted.
#[derive(Debug, InputObject)]
pub struct DeleteConnectionInput {
    /// Key.
    key: KeyText,
    /// The version that the client read.
    expected_version: i32,
    /// Why, for the log.
    reason: Option<String>,
}

/// What became of `createConnection`.
#[derive(Debug, SimpleObject)]
pub struct CreateConnectionPayload {
    /// The connection; null exactly when there are user errors.
    connection: Option<ConnectionProfile>,
    /// The test that was made first; null when none was asked for, or none was made.
    test: Option<ConnectionTest>,
    /// What the issuer, if it was asked, does not list although this connection will do it. Nothing was refused for it.
    metadata_warnings: Vec<String>,
    /// What the client can mend.
    user_errors: Vec<UserError>,
}

/// What became of `updateConnection`.
#[derive(Debug, SimpleObject)]
pub struct UpdateConnectionPayload {
    /// The connection; null exactly when there are user errors.
    connection: Option<ConnectionProfile>,
    /// What the issuer, if it was asked, does not list although this connection will do it. Nothing was refused for it.
    metadata_warnings: Vec<String>,
    /// What the client can mend.
    user_errors: Vec<UserError>,
}

/// What became of `deleteConnection`.
#[derive(Debug, SimpleObject)]
pub struct DeleteConnectionPayload {
    /// Key of what is gone; null exactly when there are user errors.
    deleted_key: Option<KeyText>,
    /// What the client can mend.
    user_errors: Vec<UserError>,
}

/// Changes of connections.
#[derive(Default)]
pub struct ConnectionMutations;

#[Object]
impl ConnectionMutations {
    /// Creates a connection.
    #[graphql(directive = requires_permission::apply(Permission::CreateConnection))]
    async fn create_connection(
        &self,
        ctx: &Context<'_>,
        input: CreateConnectionInput,
    ) -> Fallible<CreateConnectionPayload> {
        let mut test = None;
        let done = create(ctx, input, &mut test).await;
        Some(done.map(|done| match done {
            Ok(Saved { connection, metadata_warnings }) => {
                CreateConnectionPayload { connection: Some(connection), test, metadata_warnings, user_errors: vec![] }
            }
            Err(user_errors) => {
                CreateConnectionPayload { connection: None, test, metadata_warnings: vec![], user_errors }
            }
        }))
    }

    /// Changes a connection, or enables or disables it.
    #[graphql(directive = requires_permission::apply(Permission::EditConnection))]
    async fn update_connection(
        &self,
        ctx: &Context<'_>,
        input: UpdateConnectionInput,
    ) -> Fallible<UpdateConnectionPayload> {
        let done = update(ctx, input).await;
        Some(done.map(|done| match done {
            Ok(Saved { connection, metadata_warnings }) => {
                UpdateConnectionPayload { connection: Some(connection), metadata_warnings, user_errors: vec![] }
            }
            Err(user_errors) => UpdateConnectionPayload { connection: None, metadata_warnings: vec![], user_errors },
        }))
    }

    /// Deletes a connection for ever; its Key stays taken.
    #[graphql(directive = requires_permission::apply(Permission::DeleteConnection))]
    async fn delete_connection(
        &self,
        ctx: &Context<'_>,
        input: DeleteConnectionInput,
    ) -> Fallible<DeleteConnectionPayload> {
        let done = delete(ctx, input).await;
        Some(done.map(|done| match done {
            Ok(key) => DeleteConnectionPayload { deleted_key: Some(key), user_errors: vec![] },
            Err(user_errors) => DeleteConnectionPayload { deleted_key: None, user_errors },
        }))
    }
}

async fn create(ctx: &Context<'_>, input: CreateConnectionInput, test: &mut Option<ConnectionTest>) -> Done<Saved> {
    let caller = permission::check(ctx, "Mutation")?;
    let services = Services::of(ctx)?;
    let is_tested_first = input.test_first;
    if is_tested_first {
        permission::check_for(ctx, Permission::TestConnection)?;
    }
    let new = match read_new(input, caller, &services.token_policy) {
        Ok(new) => new,
        Err(complaints) => return Ok(Err(complaints.into_iter().map(UserError::from).collect())),
    };
    if is_tested_first && let Err(user_errors) = connection_test::test_new(ctx, &new, test).await? {
        return Ok(Err(user_errors));
    }
    let key = new.key.clone();
    match services.registry.create_connection(new, services.provenance(ctx, caller)).await {
        Ok(saved) => Ok(Saved::of(saved)),
        Err(error) => Ok(Err(vec![user_errors::of_connection(ctx, &key, error).await?])),
    }
}

/// Reads the input of a connection that shall be.
pub(super) fn read_new(
    mut input: CreateConnectionInput,
    caller: &Caller,
    default: &TokenPolicy,
) -> Result<NewConnection, Vec<FieldError>> {
    let authority = authority(caller, input.secret_confirmation.take());
    let mut complaints = Complaints::default();
    let key = complaints.keep(input.key.parse_at("key"));
    let endpoint = endpoint::chosen(input.access_token_url.as_ref(), input.issuer.as_ref(), &mut complaints);
    let authentication = authentication(input.authentication, &mut complaints);
    let policy = token_policy(input.token_policy.unwrap_or_default(), default.clone(), default, &mut complaints);
    let allowed_hosts = allowed_hosts(&input.allowed_hosts.unwrap_or_default(), &mut complaints);
    let base_url = input.base_url.and_then(|url| complaints.keep(url.parse_at("baseUrl")));
    let complaints = complaints.into_errors();
    let (Some(key), Some(endpoint), Some(authentication), true) =
        (key, endpoint, authentication, complaints.is_empty())
    else {
        return Err(complaints);
    };
    let (access_token_url, discovery) = endpoint.until_asked();
    let definition = ConnectionDefinition {
        display_name: input.display_name,
        description: input.description,
        labels: input.labels.unwrap_or_default(),
        client_id: input.client_id,
        access_token_url,
        authentication,
        parameters: parameters(input.parameters.unwrap_or_default()),
        token_policy: policy,
        allowed_hosts,
        base_url,
        discovery,
        dpop: input.dpop.map(Into::into),
        response_mapping: input.response_mapping.map(Into::into),
    };
    let issuer = endpoint.into_issuer();
    Ok(NewConnection { key, definition, issuer, idempotency_key: input.idempotency_key, authority })
}

async fn update(ctx: &Context<'_>, mut input: UpdateConnectionInput) -> Done<Saved> {
    let caller = permission::check(ctx, "Mutation")?;
    let services = Services::of(ctx)?;
    let key = match input.key.parse_at("key") {
        Ok(key) => key,
        Err(error) => return Ok(Err(vec![error.into()])),
    };
    let Some(before) = connection::find(ctx, key.clone()).await? else {
        return Ok(Err(vec![UserError::not_found(ConnectionRejection::NotFound.to_string(), "key")]));
    };
    // What is wrong with a change to something that has changed since is of no use to anybody. The real check is made
    // where the change is decided.
    let current = before.0.version;
    let expected_version = match version(input.expected_version) {
        Ok(version) => version,
        Err(error) => return Ok(Err(vec![error.into()])),
    };
    if expected_version != current {
        let conflict = ConnectionRejection::VersionConflict { expected: expected_version, current };
        return Ok(Err(vec![UserError::version_conflict(conflict.to_string(), before)]));
    }
    let mut complaints = Complaints::default();
    let enabled = complaints.present("enabled", input.enabled);
    let reason = input.reason.clone();
    let authority = authority(caller, input.secret_confirmation.take());
    let endpoint = endpoint::changed(input.access_token_url.clone(), input.issuer.clone(), &mut complaints);
    let mut definition = patched(before.0.definition, input, &services.token_policy, &mut complaints);
    let issuer = endpoint.apply(&mut definition);
    let complaints = complaints.into_errors();
    if !complaints.is_empty() {
        return Ok(Err(complaints.into_iter().map(UserError::from).collect()));
    }
    let definition = Some(Box::new(definition));
    let command = ConnectionCommand::Update { expected_version, definition, enabled, reason };
    change(ctx, ConnectionChange { key, command, authority, issuer }, services.provenance(ctx, caller))
        .await
        .map(|done| done.and_then(Saved::of))
}

fn patched(
    before: ConnectionDefinition,
    input: UpdateConnectionInput,
    default: &TokenPolicy,
    complaints: &mut Complaints,
) -> ConnectionDefinition {
    let authentication = complaints
        .present("authentication", input.authentication)
        .and_then(|input| self::authentication(input, complaints));
    ConnectionDefinition {
        display_name: complaints.present("displayName", input.display_name).unwrap_or(before.display_name),
        description: cleared(input.description, before.description),
        labels: list(input.labels).unwrap_or(before.labels),
        client_id: complaints.present("clientId", input.client_id).unwrap_or(before.client_id),
        access_token_url: before.access_token_url,
        authentication: authentication.unwrap_or(before.authentication),
        parameters: list(input.parameters).map_or(before.parameters, parameters),
        token_policy: match input.token_policy {
            MaybeUndefined::Undefined => before.token_policy,
            MaybeUndefined::Null => default.clone(),
            MaybeUndefined::Value(input) => token_policy(input, before.token_policy, default, complaints),
        },
        allowed_hosts: match list(input.allowed_hosts) {
            None => before.allowed_hosts,
            Some(hosts) => allowed_hosts(&hosts, complaints),
        },
        base_url: match input.base_url {
            MaybeUndefined::Undefined => before.base_url,
            MaybeUndefined::Null => None,
            MaybeUndefined::Value(url) => complaints.keep(url.parse_at("baseUrl")),
        },
        discovery: before.discovery,
        dpop: cleared(input.dpop, before.dpop),
        response_mapping: cleared(input.response_mapping, before.response_mapping),
    }
}

async fn delete(ctx: &Context<'_>, input: DeleteConnectionInput) -> Done<KeyText> {
    let caller = permission::check(ctx, "Mutation")?;
    let provenance = Services::of(ctx)?.provenance(ctx, caller);
    let key = match input.key.parse_at("key") {
        Ok(key) => key,
        Err(error) => return Ok(Err(vec![error.into()])),
    };
    let expected_version = match version(input.expected_version) {
        Ok(version) => version,
        Err(error) => return Ok(Err(vec![error.into()])),
    };
    let command = ConnectionCommand::Delete { expected_version, reason: input.reason };
    // To delete sends nothing anywhere.
    let authority = EndpointAuthority::Nothing;
    Ok(change(ctx, ConnectionChange { key, command, issuer: None, authority }, provenance).await?.map(|_| input.key))
}

async fn change(ctx: &Context<'_>, change: ConnectionChange, provenance: Provenance) -> Done<SavedConnection> {
    let key = change.key.clone();
    match Services::of(ctx)?.registry.change_connection(change, provenance).await {
        Ok(saved) => Ok(Ok(saved)),
        Err(error) => Ok(Err(vec![user_errors::of_connection(ctx, &key, error).await?])),
    }
}

/// By what the caller may choose where a secret goes.
fn authority(caller: &Caller, confirmation: Option<SecretText>) -> EndpointAuthority {
    match confirmation {
        _ if caller.may(Permission::EditConnectionEndpoint) => EndpointAuthority::Right,
        Some(SecretText(value)) => EndpointAuthority::Knowledge(value),
        None => EndpointAuthority::Nothing,
    }
}

/// A connection that was created or changed.
struct Saved {
    connection: ConnectionProfile,
    metadata_warnings: Vec<String>,
}

impl Saved {
    /// What was changed may have been deleted by somebody else before it was read again.
    fn of(saved: SavedConnection) -> Result<Self, Vec<UserError>> {
        let deleted = || vec![UserError::not_found("the connection was deleted since", "key")];
        let connection = ConnectionProfile::from(saved.view.ok_or_else(deleted)?);
        Ok(Self { connection, metadata_warnings: saved.metadata_warnings.iter().map(ToString::to_string).collect() })
    }
}

/// Reads the version that the client read.
pub(super) fn version(expected: i32) -> Result<u32, FieldError> {
    u32::try_from(expected).map_err(|_| FieldError::at("expectedVersion", "INVALID_VERSION", "must not be negative"))
}
