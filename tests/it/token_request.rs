//! What travels to a token endpoint: the connection's parameters in their places, and nothing that a caller could put in
//! the place of the client's own credentials.

use serde_json::{Value, json};

use crate::scripted::Heard;
use crate::stage::{Stage, counting_issuer, open_api, status, user_error};

/// What the token endpoint heard from a connection with these parameters.
async fn heard(parameters: Value) -> Heard {
    let stage = Stage::new(counting_issuer().await, open_api().await).await;
    stage.connect("own", json!({ "parameters": parameters })).await;
    let through = json!({ "authorization": { "clientConnection": { "key": "own" } } });
    assert_eq!(status(&stage.call("/", through).await), 200);
    stage.issuer.heard().remove(0)
}

/// All values of a field of the form, in order.
fn all(heard: &Heard, name: &str) -> Vec<String> {
    let pairs = url::form_urlencoded::parse(heard.body.as_bytes());
    pairs.filter(|(known, _)| known == name).map(|(_, value)| value.into_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_travel_in_body_query_and_header_and_repeated_names_stay() {
    let heard = heard(json!([
        { "name": "resource", "value": "https://a.example/x y", "placement": "BODY" },
        { "name": "resource", "value": "b&c=d" },
        { "name": "tenant", "value": "x&y", "placement": "QUERY" },
        { "name": "tenant", "value": "ü", "placement": "QUERY" },
        { "name": "X-Api-Key", "value": "k1", "placement": "HEADER" },
        { "name": "x-api-key", "value": "k2", "placement": "HEADER" },
    ]))
    .await;
    assert_eq!(all(&heard, "resource"), ["https://a.example/x y", "b&c=d"]);
    assert_eq!(heard.query, "tenant=x%26y&tenant=%C3%BC");
    let keys: Vec<_> = heard.headers.iter().filter(|(name, _)| name == "x-api-key").map(|(_, value)| value).collect();
    assert_eq!(keys, ["k1", "k2"]);
    assert_eq!((all(&heard, "tenant"), all(&heard, "x-api-key")), (vec![], vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_scope_is_left_out() {
    let heard =
        heard(json!([{ "name": "scope", "value": "" }, { "name": "empty", "value": "", "placement": "QUERY" }])).await;
    assert_eq!((heard.body.as_str(), heard.query.as_str()), ("grant_type=client_credentials", ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_parameter_takes_the_place_of_the_clients_credentials() {
    let stage = Stage::new(counting_issuer().await, open_api().await).await;
    let create = "mutation($input: CreateConnectionInput!) {
        createConnection(input: $input) { connection { key } userErrors { code path } } }";
    let places = [
        ("grant_type", "BODY"),
        ("client_id", "BODY"),
        ("client_secret", "QUERY"),
        ("Client_Secret", "BODY"),
        ("client_assertion", "BODY"),
        ("client_assertion_type", "HEADER"),
        ("authorization", "HEADER"),
        ("Content-Type", "HEADER"),
    ];
    for (name, placement) in places {
        let parameter = json!([{ "name": name, "value": "mine", "placement": placement }]);
        let input = json!({
            "key": "other", "displayName": "Other", "clientId": "other", "accessTokenUrl": stage.issuer.url("/token"),
            "authentication": { "clientSecret": { "secret": "secret" } }, "parameters": parameter,
        });
        let refused = stage.server.data(create, json!({ "input": input })).await["createConnection"].take();
        let expected = json!([{ "code": "RESERVED", "path": ["parameters", "0", "name"] }]);
        assert_eq!((&refused["connection"], &refused["userErrors"]), (&Value::Null, &expected), "{name} {placement}");

        let through = json!({ "clientConnection": { "key": "client", "parameterOverrides": parameter } });
        let refused = stage.call("/", json!({ "authorization": through })).await;
        let path = "authorization.clientConnection.parameterOverrides.0.name".to_owned();
        assert_eq!(user_error(&refused), ("InvalidInput", "RESERVED", path), "{name} {placement}");
    }
    assert_eq!((stage.issuer.connections(), stage.api.connections()), (0, 0));
}
