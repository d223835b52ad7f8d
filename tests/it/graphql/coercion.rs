//! Inputs are checked before anything runs, and a complaint repeats no value.

use std::sync::atomic::{AtomicUsize, Ordering};

use async_graphql::{
    Context, EmptySubscription, Enum, ID, InputObject, Json, Object, OneofObject, Request, Schema, Variables,
};
use chrono::{DateTime, Utc};
use latchkey::graphql::coercion::CheckInputs;
use serde_json::{Value, json};

use crate::world::World;

const CANARY: &str = "canary-4f1c9b";
const CREATE: &str =
    r#"a: createSecret(input: {key: "first", displayName: "First", source: {value: "s"}}) { secret { key } }"#;

#[derive(Clone, Copy, PartialEq, Eq, Enum)]
enum Colour {
    Red,
}

#[derive(InputObject)]
struct Inner {
    count: i32,
    #[graphql(default = 1)]
    rank: i32,
    note: Option<String>,
}

#[derive(OneofObject)]
enum Choice {
    Text(String),
    Number(i32),
}

#[derive(Default, InputObject)]
struct Everything {
    int: Option<i32>,
    float: Option<f64>,
    string: Option<String>,
    boolean: Option<bool>,
    id: Option<ID>,
    colour: Option<Colour>,
    json: Option<Json<async_graphql::Value>>,
    time: Option<DateTime<Utc>>,
    inner: Option<Inner>,
    choice: Option<Choice>,
    list: Option<Vec<i32>>,
    inners: Option<Vec<Inner>>,
    colours: Option<Vec<Option<Colour>>>,
}

struct Root;

#[Object]
impl Root {
    async fn root(&self) -> Root {
        Root
    }

    async fn take(&self, ctx: &Context<'_>, every: Option<Everything>) -> usize {
        let _ = every;
        ctx.data_unchecked::<AtomicUsize>().fetch_add(1, Ordering::SeqCst)
    }
}

/// What is said about a request to a schema with an input of every kind, and whether anything ran.
async fn asked(query: &str, variables: Value) -> (String, usize) {
    let schema = Schema::build(Root, Root, EmptySubscription).data(AtomicUsize::new(0)).extension(CheckInputs).finish();
    let response = schema.execute(Request::new(query).variables(Variables::from_json(variables))).await;
    for error in &response.errors {
        assert!(error.path.is_empty(), "{error:?}");
        assert_eq!(error.extensions.as_ref().unwrap().get("code"), Some(&async_graphql::Value::from("BAD_USER_INPUT")));
    }
    let message = response.errors.first().map(|error| error.message.clone()).unwrap_or_default();
    (message, schema.data::<AtomicUsize>().unwrap().load(Ordering::SeqCst))
}

fn said(message: &str) -> (String, usize) {
    (message.to_owned(), 0)
}

fn done() -> (String, usize) {
    (String::new(), 1)
}

#[tokio::test]
async fn a_value_fits_its_type_as_a_literal_and_as_a_variable() {
    for (value, fits) in [
        (json!({"int": 2_147_483_647}), true),
        (json!({"int": 2_147_483_648_i64}), false),
        (json!({"int": -2_147_483_648}), true),
        (json!({"int": -2_147_483_649_i64}), false),
        (json!({"int": 1.5}), false),
        (json!({"int": "1"}), false),
        (json!({"int": null}), true),
        (json!({"float": 1}), true),
        (json!({"float": 1.5}), true),
        (json!({"float": "1"}), false),
        (json!({"string": "x"}), true),
        (json!({"string": 1}), false),
        (json!({"boolean": true}), true),
        (json!({"boolean": "true"}), false),
        (json!({"id": 1}), true),
        (json!({"id": "x"}), true),
        (json!({"id": 1.5}), false),
        (json!({"id": true}), false),
        (json!({"colour": "RED"}), true),
        (json!({"colour": "BLUE"}), false),
        (json!({"colour": 1}), false),
        (json!({"json": {"a": [1, {"b": null}]}}), true),
        (json!({"time": "2026-03-01T12:00:00Z"}), true),
        (json!({"time": "2026-03-01T12:00:00.5+02:00"}), true),
        (json!({"time": "2026-03-01"}), false),
        (json!({"time": 1}), false),
        (json!({"inner": {"count": 1}}), true),
        (json!({"inner": {"count": 1, "rank": 2, "note": null}}), true),
        (json!({"inner": {"count": 1, "rank": null}}), false),
        (json!({"inner": {"count": null}}), false),
        (json!({"inner": {"rank": 1}}), false),
        (json!({"inner": {"count": 1, "other": 1}}), false),
        (json!({"inner": "x"}), false),
        (json!({"choice": {"text": "x"}}), true),
        (json!({"choice": {"text": "x", "number": 1}}), false),
        (json!({"choice": {"text": "x", "number": null}}), false),
        (json!({"choice": {"text": null}}), false),
        (json!({"choice": {}}), false),
        (json!({"choice": {"text": 1}}), false),
        (json!({"list": [1, 2]}), true),
        (json!({"list": 1}), true),
        (json!({"list": []}), true),
        (json!({"list": null}), true),
        (json!({"list": [1, null]}), false),
        (json!({"list": [1, "2"]}), false),
        (json!({"inners": [{"count": 1}, {"count": 2}]}), true),
        (json!({"inners": {"count": 1}}), true),
        (json!({"inners": [{"count": 1}, {}]}), false),
        (json!({"colours": ["RED", null]}), true),
    ] {
        let literal = async_graphql::Value::from_json(value.clone()).unwrap();
        let (message, ran) = asked(&format!("{{take(every: {literal})}}"), json!({})).await;
        assert_eq!((message.is_empty(), ran), (fits, usize::from(fits)), "{literal} {message}");
        let query = "query($every: Everything) {take(every: $every)}";
        let (message, ran) = asked(query, json!({ "every": value })).await;
        assert_eq!((message.is_empty(), ran), (fits, usize::from(fits)), "{literal} {message}");
        let query = format!("query($every: Everything = {literal}) {{take(every: $every)}}");
        let (message, ran) = asked(&query, json!({})).await;
        assert_eq!((message.is_empty(), ran), (fits, usize::from(fits)), "{literal} {message}");
    }
}

#[tokio::test]
async fn a_variable_counts_inside_a_value() {
    for (query, variables, outcome) in [
        ("query($v: Int!) {take(every: {inner: {count: $v}})}", json!({"v": 1}), done()),
        (
            "query($v: Int!) {take(every: {inner: {count: $v}})}",
            json!({}),
            said("The variable `$v` is required: its type is `Int!`."),
        ),
        (
            "query($v: Int!) {take(every: {inner: {count: $v}})}",
            json!({"v": null}),
            said("The variable `$v` is required: its type is `Int!`."),
        ),
        ("query($v: Int! = 1) {take(every: {inner: {count: $v}})}", json!({}), done()),
        (
            "query($v: Int! = 1) {take(every: {inner: {count: $v}})}",
            json!({"v": null}),
            said("The variable `$v` is required: its type is `Int!`."),
        ),
        (
            "query($v: Int = 1) {take(every: {inner: {count: $v}})}",
            json!({"v": null}),
            said("The argument `every.inner.count` of `take` is required: its type is `Int!`."),
        ),
        ("query($v: String) {take(every: {choice: {text: $v}})}", json!({"v": "x"}), done()),
        (
            "query($v: String!) {take(every: {choice: {text: $v, number: 1}})}",
            json!({"v": "x"}),
            said(
                "The argument `every.choice` of `take` must have exactly one field, and that not null: its type is `Choice`.",
            ),
        ),
        (
            "query($v: String) {take(every: {choice: {text: $v}})}",
            json!({}),
            said(
                "The argument `every.choice` of `take` must have exactly one field, and that not null: its type is `Choice`.",
            ),
        ),
        (
            "query($v: Inner) {take(every: {inners: [{count: 1}, {count: 1, note: 2}], inner: $v})}",
            json!({}),
            said("The argument `every.inners[1].note` of `take` does not fit its type `String`."),
        ),
        (
            "query($v: [Inner!]) {take(every: {inners: $v})}",
            json!({"v": [{"count": 1}, {"count": 1, "more": 2}]}),
            said("The variable `$v[1]` has a field that its type `Inner` has not."),
        ),
        // The library does not look into an object that stands for a list.
        (
            "query($v: String) {take(every: {inners: {count: $v}})}",
            json!({"v": "x"}),
            said("The argument `every.inners.count` of `take` does not fit its type `Int`."),
        ),
    ] {
        assert_eq!(asked(query, variables).await, outcome, "{query}");
    }
}

#[tokio::test]
async fn every_place_of_a_document_is_checked() {
    let unfit = said("The argument `every.int` of `take` does not fit its type `Int`.");
    for query in [
        "{root {take(every: {int: 1.5})}}",
        "{... {take(every: {int: 1.5})}}",
        "{...A} fragment A on Root {root {...B}} fragment B on Root {take(every: {int: 1.5})}",
        "mutation {a: take b: take(every: {int: 1.5})}",
        "mutation {a: take ... on Root {b: take(every: {int: 1.5})}}",
    ] {
        assert_eq!(asked(query, json!({})).await, unfit, "{query}");
    }
}

#[tokio::test]
async fn a_condition_must_be_a_boolean_and_its_default_counts() {
    let required = said("The variable `$v` is required: its type is `Boolean!`.");
    let unfit = said("The variable `$v` does not fit its type `Boolean`.");
    for directive in ["skip", "include"] {
        let query = format!("query($v: Boolean!) {{take @{directive}(if: $v) root {{__typename}}}}");
        assert_eq!(asked(&query, json!({})).await, required);
        assert_eq!(asked(&query, json!({"v": "yes"})).await, unfit);
        let query = format!("{{take @{directive}(if: \"yes\") root {{__typename}}}}");
        let message = format!("The argument `if` of `@{directive}` does not fit its type `Boolean`.");
        assert_eq!(asked(&query, json!({})).await, said(&message));
    }
    let skipped = "mutation($dry: Boolean! = true) {take @skip(if: $dry) root {__typename}}";
    assert_eq!(asked(skipped, json!({})).await, (String::new(), 0));
    assert_eq!(asked(skipped, json!({"dry": false})).await, done());
    let included = "mutation($wet: Boolean! = true) {take @include(if: $wet) root {__typename}}";
    assert_eq!(asked(included, json!({})).await, done());
}

#[tokio::test]
async fn a_mutation_is_never_half_done_because_of_its_inputs() {
    for (head, rest, variables) in [
        (
            "mutation",
            r#"b: createSecret(input: {key: "x", displayName: "y", source: "oops"}) { secret { key } }"#,
            json!({}),
        ),
        (
            "mutation",
            r#"b: createSecret(input: {key: "x", displayName: "y", source: {}}) { secret { key } }"#,
            json!({}),
        ),
        (
            "mutation($version: Int!)",
            "b: deleteSecret(input: {key: \"x\", expectedVersion: $version}) { deletedKey }",
            json!({"version": 99_999_999_999_i64}),
        ),
        ("mutation", "b: deleteSecret(input: {key: \"x\", expectedVersion: 99999999999}) { deletedKey }", json!({})),
        (
            "mutation($version: Int!)",
            "b: deleteSecret(input: {key: \"x\", expectedVersion: $version}) { deletedKey }",
            json!({"version": "1"}),
        ),
        (
            "mutation($input: CreateSecretInput!)",
            "b: createSecret(input: $input) { secret { key } }",
            json!({"input": {"key": "x", "displayName": "y", "source": {"value": "a", "more": "b"}}}),
        ),
    ] {
        let world = World::new();
        let answer = world.ask(&format!("{head} {{{CREATE} {rest}}}"), variables.clone()).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{rest} {answer}");
        assert_eq!(answer["errors"][0].get("path"), None, "{answer}");
        let secrets = world.done("{ secrets { totalCount } auditEvents { nodes { type } } }", json!({})).await;
        assert_eq!(secrets, json!({"secrets": {"totalCount": 0}, "auditEvents": {"nodes": []}}), "{rest}");
    }
}

#[tokio::test]
async fn a_complaint_repeats_no_value() {
    let world = World::new();
    let create = "mutation($input: CreateSecretInput!) { createSecret(input: $input) { secret { key } } }";
    let typed = |kind: &str| {
        format!(
            "mutation($v: {kind}) {{ createSecret(input: {{key: \"x\", displayName: \"y\", source: $v}}) {{ secret {{ key }} }} }}"
        )
    };
    let mut answers = Vec::new();
    for source in [
        format!("\"{CANARY}\""),
        format!("[\"{CANARY}\"]"),
        format!("{{value: [\"{CANARY}\"]}}"),
        format!("{{value: {{a: \"{CANARY}\"}}}}"),
        "{canary4f1c9b: 1}".to_owned(),
        "CANARY4f1c9b".to_owned(),
    ] {
        let literal = format!(
            "mutation {{ createSecret(input: {{key: \"x\", displayName: \"y\", source: {source}}}) {{ secret {{ key }} }} }}"
        );
        answers.push(world.ask(&literal, json!({})).await);
    }
    for source in [
        json!(CANARY),
        json!([CANARY]),
        json!({"value": [CANARY]}),
        json!({ CANARY: 1 }),
        json!({"value": {"a": CANARY}}),
    ] {
        answers.push(world.ask(create, json!({"input": {"key": "x", "displayName": "y", "source": source}})).await);
        answers.push(world.ask(&typed("SecretSourceInput!"), json!({ "v": source })).await);
    }
    for answer in answers {
        assert!(answer["errors"][0]["message"].is_string(), "{answer}");
        let text = answer.to_string().to_lowercase();
        assert!(!text.contains(CANARY) && !text.contains("canary4f1c9b"), "{answer}");
    }
}
