//! `schema.graphql` is what the code says.

#[test]
fn schema_graphql_is_what_the_code_says() {
    let file = include_str!("../../schema.graphql");
    assert!(file == latchkey::graphql::sdl(), "schema.graphql is not what the code says: run make schema");
}
