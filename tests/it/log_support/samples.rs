//! One event of each type, with every optional field set somewhere and left out somewhere else.

use latchkey::domain::connection::{ConnectionEvent, Created, Reasoned, Updated};
use latchkey::domain::definition::{
    ClientAuthentication, ConnectionDefinition, KeyFormat, Parameter, ParameterPlacement, PrivateKeyJwt,
    SigningAlgorithm, TokenPolicy,
};
use latchkey::domain::exchange::{
    Attempt, Completed, ExchangeEvent, ExchangeFailure, Failed, OutcomeUnknown, Started, Timings, TokenSource,
    TokenUse, TransportFailure,
};
use latchkey::domain::failure::{AuthFailure, AuthFailureReason, AuthPhase, OAuthError};
use latchkey::domain::metadata::{MetadataChange, MetadataChanged, MetadataEvent, MetadataSettled, PinnedMember};
use latchkey::domain::request::{Authorization, Header, HttpMethod, RetryOnFailure};
use latchkey::domain::secret::{Rotated, SecretEvent};
use latchkey::domain::task::{self, TaskEvent};
use latchkey::domain::task_template::{BodyTemplate, ClientCertificate, Fingerprints, NameValue, TaskTemplate};
use latchkey::domain::token::{Evicted, IssueReason, Issued, Rejected, RequestFailed, TokenEvent};
use latchkey::domain::{Event, HttpUrl, StreamId};
use uuid::Uuid;

use super::{created_secret, definition, key};

mod connection_tests;

pub(crate) use connection_tests::{test_started, tested, tested_in_vain};

/// The exchange that ended well.
pub(crate) const FIRST_EXCHANGE: Uuid = Uuid::from_u128(0x0195_0000_0000_7000_8000_0000_0000_00e1);
/// The exchange that failed.
pub(crate) const SECOND_EXCHANGE: Uuid = Uuid::from_u128(0x0195_0000_0000_7000_8000_0000_0000_00e2);
/// The exchange that was cut off.
pub(crate) const THIRD_EXCHANGE: Uuid = Uuid::from_u128(0x0195_0000_0000_7000_8000_0000_0000_00e3);
/// The exchange without a connection, which reached nobody.
pub(crate) const FOURTH_EXCHANGE: Uuid = Uuid::from_u128(0x0195_0000_0000_7000_8000_0000_0000_00e4);

pub(crate) fn auth_failure(reason: AuthFailureReason) -> AuthFailure {
    AuthFailure {
        phase: AuthPhase::Response,
        reason,
        message: "the issuer said \"no\"".to_owned(),
        oauth_error: Some(Box::new(OAuthError {
            error: "invalid_client".to_owned(),
            error_description: Some("client unknown – see manual".to_owned()),
            error_uri: None,
        })),
        http_status: Some(401),
        attempts: 1,
        excerpt: None,
        secret_expired_at: None,
    }
}

pub(crate) fn started() -> Started {
    Started {
        connection: Some(key("billing")),
        connection_version: Some(2),
        method: "POST".to_owned(),
        scheme: "https".to_owned(),
        host: "api.example.com:8443".to_owned(),
        path: "/v1/invoices".to_owned(),
        header_names: vec!["accept".to_owned(), "content-type".to_owned()],
        body_bytes: 42,
        idempotency_fingerprint: None,
        task: None,
        streamed: false,
    }
}

pub(crate) fn completed() -> Completed {
    Completed {
        connection: Some(key("billing")),
        status: 201,
        body_bytes: 1_024,
        truncated: false,
        attempts: vec![
            Attempt { offset_us: 900, status: Some(401), reason: Some("TOKEN_REJECTED".to_owned()), duration_us: 800 },
            Attempt { offset_us: 2_000, status: Some(201), reason: None, duration_us: 15_000 },
        ],
        timings: Timings {
            queued_us: 700,
            token_us: 120,
            dns_us: Some(80),
            first_byte_us: Some(14_000),
            total_us: 17_100,
        },
        token: Some(TokenUse { source: TokenSource::Cache, fingerprint: "8899aabbccddeeff".to_owned() }),
        auth_failure: None,
        task: None,
        streamed: false,
    }
}

pub(crate) fn failed() -> Failed {
    Failed {
        connection: Some(key("billing")),
        failure: ExchangeFailure::Auth(auth_failure(AuthFailureReason::InvalidClient)),
        attempts: vec![],
        timings: Timings { queued_us: 650, token_us: 30_000, dns_us: None, first_byte_us: None, total_us: 31_000 },
        token: None,
        task: None,
        streamed: false,
    }
}

pub(crate) fn failed_transport() -> Failed {
    let failure = ExchangeFailure::Transport(TransportFailure {
        phase: AuthPhase::Connect,
        reason: AuthFailureReason::Connect,
        message: "nobody listens there".to_owned(),
    });
    let attempts = vec![Attempt { offset_us: 10, status: None, reason: Some("CONNECT".to_owned()), duration_us: 5 }];
    Failed { failure, attempts, ..failed() }
}

/// A definition that uses every field.
pub(crate) fn full_definition() -> ConnectionDefinition {
    let parameter = |name: &str, placement| Parameter { name: name.to_owned(), value: "a b&c".to_owned(), placement };
    ConnectionDefinition {
        display_name: "Billing – \"EU\"".to_owned(),
        description: Some("Two\nlines".to_owned()),
        labels: vec!["billing".to_owned(), "grün".to_owned()],
        client_id: "my-client".to_owned(),
        access_token_url: HttpUrl::parse("https://idp.example.com/token?tenant=a%20b").unwrap(),
        authentication: ClientAuthentication::PrivateKeyJwt(PrivateKeyJwt {
            key_id: Some("2026-03".to_owned()),
            key_format: KeyFormat::Pkcs8Pem,
            ..PrivateKeyJwt::new(key("billing-secret"), SigningAlgorithm::Es256)
        }),
        parameters: vec![
            parameter("scope", ParameterPlacement::Body),
            parameter("tenant", ParameterPlacement::Query),
            parameter("x-tenant", ParameterPlacement::Header),
        ],
        token_policy: TokenPolicy { expired_status_codes: vec![401, 403], ..TokenPolicy::default() },
        allowed_hosts: vec![
            latchkey::domain::HostRule::parse("*.example.com").unwrap(),
            latchkey::domain::HostRule::parse("[2001:db8::1]:8443").unwrap(),
        ],
        base_url: None,
        discovery: None,
        dpop: None,
        response_mapping: None,
    }
}

/// A valid history with each event type at least once, each with its stream.
pub(crate) fn one_of_each() -> Vec<(StreamId, Event)> {
    let reasoned = |reason: Option<&str>| Reasoned { reason: reason.map(str::to_owned) };
    let secret = StreamId::Secret(key("billing-secret"));
    let connection = StreamId::Connection(key("billing"));
    let mut all: Vec<(StreamId, Event)> = vec![
        (secret.clone(), created_secret("Billing, EU")),
        (
            connection.clone(),
            ConnectionEvent::Created(Created { definition: definition("Billing", "billing-secret") }).into(),
        ),
        (
            connection.clone(),
            ConnectionEvent::Updated(Updated { definition: full_definition(), reason: Some("to a key".to_owned()) })
                .into(),
        ),
        (
            secret.clone(),
            SecretEvent::Rotated(Rotated {
                fingerprint: "ffeeddccbbaa9988".to_owned(),
                reason: Some("yearly".to_owned()),
                expires_at: None,
                overlap_until: None,
            })
            .into(),
        ),
        (
            secret.clone(),
            SecretEvent::Rotated(Rotated {
                fingerprint: "ffeeddccbbaa9977".to_owned(),
                reason: None,
                expires_at: Some("2027-03-01T00:00:00Z".parse().unwrap()),
                overlap_until: Some("2026-03-08T12:00:00.5Z".parse().unwrap()),
            })
            .into(),
        ),
    ];
    all.extend(token_events());
    all.extend(exchange_events());
    all.extend(connection_tests::events());
    all.extend(task_events());
    all.push((connection.clone(), ConnectionEvent::Disabled(reasoned(Some("closing"))).into()));
    all.push((connection.clone(), ConnectionEvent::Enabled(reasoned(None)).into()));
    all.push((connection, ConnectionEvent::Deleted(reasoned(Some("moved"))).into()));
    all.push((secret, SecretEvent::Deleted(reasoned(None)).into()));
    all.push((StreamId::Task(key("invoices")), TaskEvent::Deleted(reasoned(Some("not needed"))).into()));
    all
}

/// A task that uses every field.
pub(crate) fn task_template(display_name: &str) -> TaskTemplate {
    let pair = |name: &str, value: &str| NameValue { name: name.to_owned(), value: value.to_owned() };
    let header = |name: &str, value: &str| Header { name: name.to_owned(), value: value.to_owned() };
    let parameter =
        Parameter { name: "scope".to_owned(), value: "invoices".to_owned(), placement: ParameterPlacement::Body };
    TaskTemplate {
        display_name: display_name.to_owned(),
        endpoint: Some("billing".to_owned()),
        method: HttpMethod::Post,
        url: "https://api.example.com:8443/v1/{{tenant}}/invoices?api_key=k".to_owned(),
        query: vec![pair("page", "{{page}}")],
        headers: vec![header("X-Api-Key", "s3cret"), header("Content-Type", "application/json")],
        body: Some(BodyTemplate::Text(r#"{"amount": {{amount}}}"#.to_owned())),
        authorization: Authorization::ClientConnection {
            key: key("billing"),
            parameter_overrides: vec![parameter],
            force_new_token: false,
        },
        timeout_ms: Some(60_000),
        follow_redirects: false,
        retry: RetryOnFailure::Always,
        client_certificate: Some(ClientCertificate {
            secret: key("billing-secret"),
            password: Some(key("certificate-password")),
        }),
    }
}

/// The smallest task.
pub(crate) fn small_task_template() -> TaskTemplate {
    TaskTemplate {
        endpoint: None,
        method: HttpMethod::Get,
        url: "https://api.example.com/v1".to_owned(),
        query: vec![],
        headers: vec![],
        body: None,
        authorization: Authorization::None,
        timeout_ms: None,
        retry: RetryOnFailure::Never,
        client_certificate: None,
        ..task_template("Invoices")
    }
}

fn task_events() -> Vec<(StreamId, Event)> {
    let task = || StreamId::Task(key("invoices"));
    let fingerprints = Fingerprints {
        query: Some("1111111111111111".to_owned()),
        headers: Some("2222222222222222".to_owned()),
        body: Some("3333333333333333".to_owned()),
    };
    let small = small_task_template().definition(Fingerprints::default()).unwrap();
    let whole = task_template("Invoices – EU").definition(fingerprints).unwrap();
    let run = Uuid::from_u128(0x0195_0000_0000_7000_8000_0000_0000_00e5);
    let named = Some(key("invoices"));
    vec![
        (task(), TaskEvent::Created(task::Created { definition: small }).into()),
        (task(), TaskEvent::Updated(task::Updated { definition: whole, reason: Some("to post".to_owned()) }).into()),
        (StreamId::Exchange(run), ExchangeEvent::Started(Started { task: named.clone(), ..started() }).into()),
        (StreamId::Exchange(run), ExchangeEvent::Completed(Completed { task: named, ..completed() }).into()),
    ]
}

fn token_events() -> Vec<(StreamId, Event)> {
    let fingerprint = "8899aabbccddeeff".to_owned();
    let issued = Issued {
        connection_version: 2,
        secret_version: 2,
        fingerprint: fingerprint.clone(),
        lifetime_ms: 3_600_000,
        scope: Some("invoices".to_owned()),
        token_type: "Bearer".to_owned(),
        reason: IssueReason::First,
        attempts: 1,
        duration_us: 25_000,
    };
    let failed = RequestFailed {
        connection_version: 2,
        reason: IssueReason::Refresh,
        failure: auth_failure(AuthFailureReason::InvalidClient),
        duration_us: 30_000,
        backoff_ms: Some(1_700),
    };
    let expired = RequestFailed {
        connection_version: 2,
        reason: IssueReason::First,
        failure: AuthFailure {
            excerpt: Some("{\"error\":\"invalid_client\"}".to_owned()),
            secret_expired_at: Some("2026-02-28T23:59:59Z".parse().unwrap()),
            ..auth_failure(AuthFailureReason::InvalidClient)
        },
        duration_us: 30_000,
        backoff_ms: None,
    };
    let rejected = Rejected {
        connection_version: 2,
        fingerprint: fingerprint.clone(),
        conclusive: true,
        failure: AuthFailure::new(AuthPhase::Resource, AuthFailureReason::TokenRejected, "the API refused the token"),
    };
    let evicted = Evicted { fingerprints: vec![fingerprint], reason: Some("asked for".to_owned()) };
    let token_events = [
        TokenEvent::Issued(issued),
        TokenEvent::RequestFailed(failed),
        TokenEvent::RequestFailed(expired),
        TokenEvent::Rejected(rejected),
        TokenEvent::Evicted(evicted),
    ];
    let all = token_events.into_iter().map(Event::from).chain(metadata_events().map(Event::from));
    all.map(|event| (StreamId::Token(key("billing")), event)).collect()
}

/// One question that was settled, and one that is open.
fn metadata_events() -> [MetadataEvent; 3] {
    let issuer = "https://idp.example.com/t/1".to_owned();
    let change = |field, found: Option<&str>| MetadataChange {
        field,
        pinned: Some("https://idp.example.com/token".to_owned()),
        found: found.map(str::to_owned),
    };
    let changed = MetadataChanged {
        connection_version: 2,
        issuer: issuer.clone(),
        changes: vec![
            change(PinnedMember::TokenEndpoint, Some("https://login.example.com/token")),
            change(PinnedMember::MtlsTokenEndpoint, None),
        ],
    };
    let settled = MetadataSettled { connection_version: 2, issuer };
    [MetadataEvent::Changed(changed.clone()), MetadataEvent::Settled(settled), MetadataEvent::Changed(changed)]
}

fn exchange_events() -> Vec<(StreamId, Event)> {
    let unknown = OutcomeUnknown {
        connection: Some(key("billing")),
        reason: "the process stopped before the answer came".to_owned(),
        task: None,
    };
    let with_fingerprint = Started { idempotency_fingerprint: Some("0123456789abcdef".to_owned()), ..started() };
    let without_connection = Started { connection: None, connection_version: None, ..started() };
    let all = [
        (FIRST_EXCHANGE, ExchangeEvent::Started(started())),
        (FIRST_EXCHANGE, ExchangeEvent::Completed(completed())),
        (SECOND_EXCHANGE, ExchangeEvent::Started(with_fingerprint)),
        (SECOND_EXCHANGE, ExchangeEvent::Failed(failed())),
        (THIRD_EXCHANGE, ExchangeEvent::Started(started())),
        (THIRD_EXCHANGE, ExchangeEvent::OutcomeUnknown(unknown)),
        (FOURTH_EXCHANGE, ExchangeEvent::Started(without_connection)),
        (FOURTH_EXCHANGE, ExchangeEvent::Failed(Failed { connection: None, ..failed_transport() })),
    ];
    all.into_iter().map(|(id, event)| (StreamId::Exchange(id), event.into())).collect()
}
