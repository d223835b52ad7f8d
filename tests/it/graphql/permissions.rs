use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, FieldDefinition, ServiceDocument, Type, TypeDefinition, TypeKind, TypeSystemDefinition,
};
use latchkey::graphql::{Permission, sdl};
use serde_json::{Value, json};

use crate::world::World;

/// Root fields that need no permission, or whose permission depends on what is asked for.
const WITHOUT: [&str; 3] = ["node", "nodes", "viewer"];

fn document() -> ServiceDocument {
    parse_schema(sdl()).unwrap()
}

fn types(document: &ServiceDocument) -> Vec<&TypeDefinition> {
    let definitions = document.definitions.iter();
    definitions
        .filter_map(|definition| match definition {
            TypeSystemDefinition::Type(definition) => Some(&definition.node),
            TypeSystemDefinition::Schema(_) | TypeSystemDefinition::Directive(_) => None,
        })
        .collect()
}

fn fields<'d>(document: &'d ServiceDocument, name: &str) -> Vec<&'d FieldDefinition> {
    let found = types(document).into_iter().find(|definition| definition.name.node == name).unwrap();
    match &found.kind {
        TypeKind::Object(object) => object.fields.iter().map(|field| &field.node).collect(),
        other => panic!("{name} is {other:?}"),
    }
}

fn permission(field: &FieldDefinition) -> Option<Permission> {
    let directive = field.directives.iter().find(|directive| directive.node.name.node == "requiresPermission")?;
    match &directive.node.get_argument("permission")?.node {
        async_graphql::Value::String(name) => Permission::parse(name),
        _ => None,
    }
}

/// The smallest literal of a type; ids and keys are of things that do not exist.
fn literal(document: &ServiceDocument, ty: &Type) -> String {
    let name = match &ty.base {
        BaseType::List(_) => return "[]".to_owned(),
        BaseType::Named(name) => name.as_str(),
    };
    let Some(definition) = types(document).into_iter().find(|definition| definition.name.node == name) else {
        return if name == "Int" { "1".to_owned() } else { r#""x""#.to_owned() };
    };
    match &definition.kind {
        TypeKind::Enum(values) => values.values[0].node.value.node.to_string(),
        TypeKind::InputObject(input) => {
            let is_one_of = definition.directives.iter().any(|directive| directive.node.name.node == "oneOf");
            let needed = input
                .fields
                .iter()
                .filter(|field| is_one_of || (!field.node.ty.node.nullable && field.node.default_value.is_none()));
            let needed = needed.take(if is_one_of { 1 } else { usize::MAX });
            let pairs = needed.map(|field| {
                let ty = Type { nullable: false, ..field.node.ty.node.clone() };
                let value = if field.node.ty.node.to_string().starts_with("Boolean") {
                    "true".to_owned()
                } else {
                    literal(document, &ty)
                };
                format!("{}: {value}", field.node.name.node)
            });
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
        }
        _ if name == "DateTime" => r#""2026-03-01T11:00:00Z""#.to_owned(),
        _ => r#""x""#.to_owned(),
    }
}

fn operation(document: &ServiceDocument, root: &str, field: &FieldDefinition) -> String {
    let needed = field
        .arguments
        .iter()
        .filter(|argument| !argument.node.ty.node.nullable && argument.node.default_value.is_none());
    let arguments: Vec<String> = needed
        .map(|argument| format!("{}: {}", argument.node.name.node, literal(document, &argument.node.ty.node)))
        .collect();
    let arguments = if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(", ")) };
    format!("{root} {{ {}{arguments} {{ __typename }} }}", field.name.node)
}

fn all_but(permission: Permission) -> Vec<Permission> {
    Permission::ALL.into_iter().filter(|other| *other != permission).collect()
}

#[test]
fn every_root_field_says_which_permission_it_needs() {
    let document = document();
    for root in ["Query", "Mutation", "Subscription"] {
        for field in fields(&document, root) {
            let name = field.name.node.as_str();
            assert_eq!(permission(field).is_none(), root == "Query" && WITHOUT.contains(&name), "{root}.{name}");
        }
    }
}

#[tokio::test]
async fn every_query_and_mutation_is_refused_without_its_permission_and_answered_with_it() {
    let world = World::new();
    let document = document();
    for (root, keyword) in [("Query", "query"), ("Mutation", "mutation")] {
        for field in fields(&document, root) {
            let Some(needed) = permission(field) else { continue };
            let query = operation(&document, keyword, field);
            let refused = world.ask_as(&all_but(needed), &query, json!({})).await;
            assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN", "{query}: {refused}");
            assert_eq!(refused["data"][field.name.node.as_str()], Value::Null, "{query}");
            let answered = world.ask_as(&[needed], &query, json!({})).await;
            assert_ne!(answered["errors"][0]["extensions"]["code"], "FORBIDDEN", "{query}: {answered}");
        }
    }
}

#[tokio::test]
async fn every_subscription_is_refused_without_its_permission() {
    let world = World::new();
    let document = document();
    for field in fields(&document, "Subscription") {
        let needed = permission(field).unwrap();
        let query = operation(&document, "subscription", field);
        let refused = world.subscribe_as(&all_but(needed), &query, json!({})).next().await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN", "{query}: {refused}");
        let answered = world.subscribe_as(&[needed], &query, json!({})).next().await;
        assert_eq!(answered["data"][field.name.node.as_str()]["__typename"], "StreamBookmark", "{query}: {answered}");
    }
}

#[tokio::test]
async fn fields_inside_need_their_own_permission() {
    let world = World::new();
    world.create_secret("s", "hunter2").await;
    world.create_connection("my-client", "s").await;
    let query = r#"{ connection(key: "my-client") { key
        authentication { ... on ClientSecretAuthentication { secretKey secret { key } } }
        usageData(range: {from: "2026-03-01T11:00:00Z"}) { computedAt } authFailures { totalCount } history { totalCount } } }"#;
    let answer = world.ask_as(&[Permission::ViewConnection], query, json!({})).await;
    assert_eq!(
        answer["data"]["connection"],
        json!({"key": "my-client", "authentication": {"secretKey": "s", "secret": null}, "usageData": null,
            "authFailures": null, "history": null})
    );
    let codes = answer["errors"].as_array().unwrap().iter().map(|error| error["extensions"]["code"].as_str().unwrap());
    assert_eq!(codes.collect::<Vec<_>>(), ["FORBIDDEN"; 4]);
}

#[tokio::test]
async fn a_node_needs_the_permission_of_its_type() {
    let world = World::new();
    world.create_secret("s", "hunter2").await;
    let id = world.done(r#"{ secret(key: "s") { id } }"#, json!({})).await["secret"]["id"].clone();
    let query = "query($id: ID!) { node(id: $id) { __typename id } nodes(ids: [$id, \"nonsense\"]) { id } }";
    let answer = world.ask_as(&[Permission::ViewSecret], query, json!({"id": id})).await;
    assert_eq!(answer["data"], json!({"node": {"__typename": "Secret", "id": id}, "nodes": [{"id": id}, null]}));
    let refused = world.ask_as(&all_but(Permission::ViewSecret), query, json!({"id": id})).await;
    assert_eq!(refused["data"], json!({"node": null, "nodes": [null, null]}));
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");
}

#[tokio::test]
async fn the_viewer_sees_who_it_is() {
    let world = World::new();
    let answer =
        world.ask_as(&[Permission::ViewSecret], "{ viewer { actor { type display } permissions } }", json!({})).await;
    assert_eq!(
        answer["data"]["viewer"],
        json!({"actor": {"type": "USER", "display": "Ada"}, "permissions": ["view:Secret"]})
    );
}

#[test]
fn no_output_field_is_a_secret() {
    let document = document();
    for definition in types(&document) {
        let TypeKind::Object(object) = &definition.kind else { continue };
        for field in &object.fields {
            let ty = field.node.ty.node.to_string();
            assert!(!ty.contains("SecretString"), "{}.{}", definition.name.node, field.node.name.node);
        }
    }
}
