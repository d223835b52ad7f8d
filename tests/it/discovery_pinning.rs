//! Connections that name an issuer: what is pinned, what is refused, and what happens when the issuer changes its mind.

mod watch;

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::booted::Booted;
use crate::scripted::{Answer, Peer};
use crate::stage::{Stage, open_api, status};

const OPENID: &str = "/.well-known/openid-configuration";
const CONNECTION: &str = "key version accessTokenUrl issuer
    metadataChange { issuer detectedAt changes { field pinned found } }";
const ERRORS: &str = "userErrors { __typename code path message ... on EgressDenied { host rule } }";

/// An issuer that publishes a document of the test's choice and hands out a token wherever it is asked for one.
struct Issuer {
    peer: Peer,
    document: Arc<Mutex<Option<Value>>>,
}

impl Issuer {
    /// Publishes its own name and `/token`.
    async fn start() -> Self {
        let document: Arc<Mutex<Option<Value>>> = Arc::default();
        let published = Arc::clone(&document);
        let peer = Peer::start(move |heard| {
            let answer = match (heard.method.as_str(), heard.path.as_str()) {
                ("GET", OPENID) => match &*published.lock().unwrap() {
                    Some(document) => Answer::json(200, document),
                    None => Answer::text(503, "not now"),
                },
                ("POST", "/gone") => Answer::text(404, "nothing"),
                ("POST", path) => Answer::token(&format!("token-of-{}", &path[1..])),
                _ => Answer::text(404, "nothing"),
            };
            std::future::ready(answer)
        })
        .await;
        let issuer = Self { peer, document };
        issuer.publish(json!({}));
        issuer
    }

    fn name(&self) -> String {
        self.peer.url("")
    }

    /// Publishes the usual document with `more` merged over it.
    fn publish(&self, more: Value) {
        let mut document = json!({ "issuer": self.name(), "token_endpoint": self.peer.url("/token") });
        let Value::Object(more) = more else { panic!("not an object: {more}") };
        document.as_object_mut().unwrap().extend(more);
        *self.document.lock().unwrap() = Some(document);
    }

    /// Answers 503 from now on.
    fn fail(&self) {
        *self.document.lock().unwrap() = None;
    }

    /// How often the document was asked for.
    fn looks(&self) -> usize {
        self.peer.heard().iter().filter(|heard| heard.path == OPENID).count()
    }
}

/// A server beside the issuer, which has the connection `client` of [`Stage`] as well.
async fn stage(settings: &[(&str, &str)]) -> (Stage, Issuer) {
    let issuer = Issuer::start().await;
    let settings = [&[("LATCHKEY_EGRESS__ALLOW", "127.0.0.0/8")][..], settings].concat();
    (Stage::with(issuer.peer.clone(), open_api().await, &settings).await, issuer)
}

/// The payload of `createConnection` for a connection `idp`; `more` is merged over the usual input.
async fn create(server: &Booted, more: Value) -> Value {
    let mut input = json!({
        "key": "idp", "displayName": "IdP", "clientId": "idp", "allowedHosts": ["127.0.0.1"],
        "authentication": { "clientSecret": { "secret": "secret" } },
    });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let mutation = format!(
        "mutation($input: CreateConnectionInput!) {{
            createConnection(input: $input) {{ connection {{ {CONNECTION} }} metadataWarnings {ERRORS} }}
        }}"
    );
    server.data(&mutation, json!({ "input": input })).await["createConnection"].take()
}

/// The payload of `updateConnection` for `idp`.
async fn update(server: &Booted, expected_version: u32, more: Value) -> Value {
    let mut input = json!({ "key": "idp", "expectedVersion": expected_version });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let mutation = format!(
        "mutation($input: UpdateConnectionInput!) {{
            updateConnection(input: $input) {{ connection {{ {CONNECTION} }} metadataWarnings {ERRORS} }}
        }}"
    );
    server.data(&mutation, json!({ "input": input })).await["updateConnection"].take()
}

async fn read(server: &Booted) -> Value {
    server.data(&format!("{{ connection(key: \"idp\") {{ {CONNECTION} }} }}"), json!({})).await["connection"].take()
}

/// Code and path of the one refusal.
fn refusal(payload: &Value) -> (String, String) {
    assert!(payload["connection"].is_null(), "{payload:#}");
    assert_eq!(payload["metadataWarnings"], json!([]));
    let [error] = payload["userErrors"].as_array().unwrap().as_slice() else { panic!("{payload:#}") };
    let [path] = error["path"].as_array().unwrap().as_slice() else { panic!("{error:#}") };
    (error["code"].as_str().unwrap().to_owned(), path.as_str().unwrap().to_owned())
}

fn refused(code: &str, path: &str) -> (String, String) {
    (code.to_owned(), path.to_owned())
}

/// Where the last token request went.
fn asked_for_a_token_at(issuer: &Issuer) -> String {
    issuer.peer.heard().into_iter().rfind(|heard| heard.method == "POST").unwrap().path
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_by_issuer_uses_the_endpoint_that_the_issuer_publishes() {
    let (stage, issuer) = stage(&[]).await;
    issuer.publish(json!({ "token_endpoint": issuer.peer.url("/published") }));
    let created = create(&stage.server, json!({ "issuer": issuer.name() })).await;
    assert_eq!(created["userErrors"], json!([]));
    assert_eq!(
        created["connection"],
        json!({ "key": "idp", "version": 1, "accessTokenUrl": issuer.peer.url("/published"), "issuer": issuer.name(),
            "metadataChange": null })
    );
    let key = json!({ "authorization": { "clientConnection": { "key": "idp" } } });
    assert_eq!(status(&stage.call("/", key).await), 200);
    assert_eq!(asked_for_a_token_at(&issuer), "/published");
    let recorded = stage.recorded("connection.created.v1");
    let definition = &recorded.last().unwrap()["definition"];
    assert_eq!(definition["discovery"], json!({ "issuer": issuer.name(), "mtls_token_endpoint": null }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_has_exactly_one_of_url_and_issuer() {
    let (stage, issuer) = stage(&[]).await;
    let server = &stage.server;
    assert_eq!(refusal(&create(server, json!({})).await), refused("REQUIRED", "accessTokenUrl"));
    let both = json!({ "issuer": issuer.name(), "accessTokenUrl": issuer.peer.url("/token") });
    assert_eq!(refusal(&create(server, both.clone()).await), refused("CONFLICT", "issuer"));
    assert_eq!(issuer.looks(), 0, "what can't be saved asks nobody");
    create(server, json!({ "accessTokenUrl": issuer.peer.url("/token") })).await;
    assert_eq!(refusal(&update(server, 1, both).await), refused("CONFLICT", "issuer"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_issuer_publishes_of_somebody_else_or_not_at_all_is_refused_at_the_issuer() {
    let (stage, issuer) = stage(&[]).await;
    let by_issuer = || json!({ "issuer": issuer.name() });
    issuer.publish(json!({ "issuer": "https://evil.example" }));
    assert_eq!(refusal(&create(&stage.server, by_issuer()).await), refused("ISSUER_MISMATCH", "issuer"));
    issuer.publish(json!({ "token_endpoint": null }));
    assert_eq!(refusal(&create(&stage.server, by_issuer()).await), refused("METADATA_INVALID", "issuer"));
    issuer.fail();
    assert_eq!(refusal(&create(&stage.server, by_issuer()).await), refused("ISSUER_UNREACHABLE", "issuer"));
    let document = json!({ "issuer": format!("{}{OPENID}", issuer.name()) });
    assert_eq!(refusal(&create(&stage.server, document).await), refused("INVALID_URL", "issuer"));
    assert_eq!(read(&stage.server).await, Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_discovered_endpoint_and_the_issuer_itself_pass_the_address_guard() {
    let (stage, issuer) = stage(&[]).await;
    issuer.publish(json!({ "token_endpoint": "http://169.254.169.254/token" }));
    for denied in [issuer.name(), "http://10.0.0.1".to_owned()] {
        let payload = create(&stage.server, json!({ "issuer": denied })).await;
        assert_eq!(refusal(&payload), refused("EGRESS_DENIED", "issuer"));
        assert_eq!(payload["userErrors"][0]["__typename"], "EgressDenied");
        assert!(payload["userErrors"][0]["host"].is_string(), "{payload:#}");
    }
    issuer.publish(json!({ "token_endpoint": "http://idp.example.com/token" }));
    let insecure = create(&stage.server, json!({ "issuer": issuer.name() })).await;
    assert_eq!(refusal(&insecure), refused("INSECURE_URL", "issuer"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_issuer_does_not_list_is_a_warning_and_no_refusal() {
    let (stage, issuer) = stage(&[]).await;
    issuer.publish(json!({
        "grant_types_supported": ["authorization_code"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
    }));
    let created = create(&stage.server, json!({ "issuer": issuer.name() })).await;
    assert_eq!(created["connection"]["key"], "idp");
    let warnings = json!([
        "the issuer does not list the grant type client_credentials among those it supports",
        "the issuer does not list the client authentication client_secret_basic among those it supports",
    ]);
    assert_eq!(created["metadataWarnings"], warnings);
    assert_eq!(update(&stage.server, 1, json!({ "issuer": issuer.name() })).await["metadataWarnings"], warnings);
    let renamed = update(&stage.server, 1, json!({ "displayName": "Other" })).await;
    assert_eq!((&renamed["metadataWarnings"], &renamed["userErrors"]), (&json!([]), &json!([])));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_reply_is_asked_for_again_without_asking_the_issuer() {
    let (stage, issuer) = stage(&[]).await;
    let wish = || json!({ "issuer": issuer.name(), "idempotencyKey": "once" });
    let first = create(&stage.server, wish()).await;
    issuer.fail();
    assert_eq!(create(&stage.server, wish()).await, first);
    assert_eq!(issuer.looks(), 1);
    let other = json!({ "issuer": format!("{}/t/2", issuer.name()), "idempotencyKey": "once" });
    assert_eq!(refusal(&create(&stage.server, other).await), refused("IDEMPOTENCY_KEY_REUSED", "idempotencyKey"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_pins_anew_types_by_hand_or_forgets() {
    let (stage, issuer) = stage(&[]).await;
    let server = &stage.server;
    create(server, json!({ "issuer": issuer.name() })).await;

    issuer.publish(json!({ "token_endpoint": issuer.peer.url("/moved") }));
    let untouched = update(server, 1, json!({ "displayName": "Renamed" })).await;
    assert_eq!(untouched["connection"]["accessTokenUrl"], issuer.peer.url("/token"));
    assert_eq!(untouched["connection"]["issuer"], issuer.name());
    let pinned_anew = update(server, 2, json!({ "issuer": issuer.name() })).await;
    assert_eq!(pinned_anew["connection"]["accessTokenUrl"], issuer.peer.url("/moved"));
    assert_eq!(pinned_anew["connection"]["version"], 3);

    let forgotten = update(server, 3, json!({ "issuer": null })).await;
    assert_eq!(forgotten["connection"]["accessTokenUrl"], issuer.peer.url("/moved"));
    assert_eq!(forgotten["connection"]["issuer"], Value::Null);

    update(server, 4, json!({ "issuer": issuer.name() })).await;
    let typed = update(server, 5, json!({ "accessTokenUrl": issuer.peer.url("/typed"), "issuer": null })).await;
    assert_eq!(typed["connection"]["accessTokenUrl"], issuer.peer.url("/typed"));
    assert_eq!(typed["connection"]["issuer"], Value::Null);
    let cleared = update(server, 6, json!({ "accessTokenUrl": null })).await;
    assert_eq!(refusal(&cleared), refused("REQUIRED", "accessTokenUrl"));
    let conflict = update(server, 1, json!({ "issuer": issuer.name() })).await;
    assert_eq!(refusal(&conflict), refused("VERSION_CONFLICT", "expectedVersion"));
    assert_eq!(issuer.looks(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_sees_what_an_issuer_publishes_and_nothing_is_kept() {
    let (stage, issuer) = stage(&[]).await;
    issuer.publish(json!({
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "mtls_endpoint_aliases": { "token_endpoint": issuer.peer.url("/mtls") },
        "grant_types_supported": ["authorization_code"],
    }));
    let query = format!(
        "query($issuer: URL!) {{ discoverIssuer(issuer: $issuer) {{
            metadata {{
                issuer tokenEndpoint mtlsTokenEndpoint grantTypesSupported tokenEndpointAuthMethodsSupported
                tokenEndpointAuthSigningAlgValuesSupported dpopSigningAlgValuesSupported warnings
            }}
            {ERRORS}
        }} }}"
    );
    let before = stage.server.events().len();
    let found = stage.server.data(&query, json!({ "issuer": issuer.name() })).await;
    assert_eq!(
        found["discoverIssuer"],
        json!({ "userErrors": [], "metadata": {
            "issuer": issuer.name(), "tokenEndpoint": issuer.peer.url("/token"),
            "mtlsTokenEndpoint": issuer.peer.url("/mtls"), "grantTypesSupported": ["authorization_code"],
            "tokenEndpointAuthMethodsSupported": ["client_secret_basic"],
            "tokenEndpointAuthSigningAlgValuesSupported": null, "dpopSigningAlgValuesSupported": null,
            "warnings": ["the issuer does not list the grant type client_credentials among those it supports"],
        } })
    );
    assert_eq!(stage.server.events().len(), before);
    let refused = stage.server.data(&query, json!({ "issuer": "http://10.0.0.1" })).await;
    assert_eq!(refused["discoverIssuer"]["metadata"], Value::Null);
    assert_eq!(refused["discoverIssuer"]["userErrors"][0]["code"], "EGRESS_DENIED");
}
