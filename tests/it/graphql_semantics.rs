//! What the pinned GraphQL library must go on doing: other versions of it break these rules of the specification.
#![expect(clippy::unused_async, reason = "the library takes async resolvers only")]

use async_graphql::{EmptyMutation, EmptySubscription, Object, Schema, Value, value};

struct Query;

#[Object]
impl Query {
    async fn hello(&self) -> &str {
        "world"
    }

    /// Ready only after everything else has been.
    async fn slow(&self) -> i32 {
        for _ in 0..8 {
            tokio::task::yield_now().await;
        }
        1
    }

    async fn hard_boom(&self) -> async_graphql::Result<i32> {
        Err(async_graphql::Error::new("boom"))
    }

    /// How our own resolvers write a field that can fail.
    async fn soft_boom(&self) -> Option<async_graphql::Result<i32>> {
        Some(Err(async_graphql::Error::new("boom")))
    }

    async fn nested(&self) -> Option<Nested> {
        Some(Nested)
    }

    async fn list(&self) -> Vec<Option<async_graphql::Result<i32>>> {
        vec![Some(Ok(1)), Some(Err(async_graphql::Error::new("boom"))), None]
    }
}

struct Nested;

#[Object]
impl Nested {
    async fn ok(&self) -> i32 {
        1
    }

    async fn bad(&self) -> async_graphql::Result<i32> {
        Err(async_graphql::Error::new("boom"))
    }
}

async fn run(query: &str) -> (Value, usize) {
    let response = Schema::new(Query, EmptyMutation, EmptySubscription).execute(query).await;
    (response.data, response.errors.len())
}

#[tokio::test]
async fn fields_come_in_the_order_of_the_query() {
    let (data, _) = run("{slow hello again:slow}").await;
    assert_eq!(serde_json::to_string(&data).unwrap(), r#"{"slow":1,"hello":"world","again":1}"#);
}

#[tokio::test]
async fn an_error_in_a_non_null_field_takes_its_parent() {
    assert_eq!(run("{hello hardBoom}").await, (Value::Null, 1));
    assert_eq!(run("{hello nested{ok bad}}").await, (value!({"hello": "world", "nested": null}), 1));
}

#[tokio::test]
async fn an_error_in_a_nullable_field_stays_there() {
    assert_eq!(run("{hello softBoom}").await, (value!({"hello": "world", "softBoom": null}), 1));
    assert_eq!(run("{list}").await, (value!({"list": [1, null, null]}), 1));
}
