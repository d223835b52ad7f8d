use serde_json::{Value, json};

use super::super::request::{Authorization, HttpMethod, RetryOnFailure};
use super::super::task_template::Fingerprints;
use super::*;

fn task(url: &str) -> TaskTemplate {
    TaskTemplate {
        display_name: "Task".to_owned(),
        endpoint: None,
        method: HttpMethod::Post,
        url: url.to_owned(),
        query: vec![],
        headers: vec![],
        body: None,
        authorization: Authorization::None,
        timeout_ms: None,
        follow_redirects: false,
        retry: RetryOnFailure::Never,
        client_certificate: None,
    }
}

fn with_body(content_type: &str, body: BodyTemplate) -> TaskTemplate {
    let headers = vec![Header { name: "Content-Type".to_owned(), value: content_type.to_owned() }];
    let headers = if content_type.is_empty() { vec![] } else { headers };
    TaskTemplate { headers, body: Some(body), ..task("https://api.example.com/") }
}

fn run(task: &TaskTemplate, variables: Value) -> Result<HttpRequest, (&'static str, String)> {
    assert_eq!(task.validate(), Ok(()));
    let variables = Variables::parse(Some(variables)).unwrap();
    task.request(&variables).map_err(|error| (error.code, error.path.join(".")))
}

fn saved(task: &TaskTemplate) -> Result<(), (&'static str, String)> {
    task.validate().map_err(|error| (error.code, error.path.join(".")))
}

fn url_of(url: &str, value: &str) -> Result<String, (&'static str, String)> {
    run(&task(url), json!({ "v": value })).map(|request| request.url.to_string())
}

fn body_of(task: &TaskTemplate, value: impl Into<Value>) -> Result<String, (&'static str, String)> {
    run(task, json!({ "v": value.into() })).map(|request| String::from_utf8(request.body.unwrap()).unwrap())
}

fn refused(code: &'static str, path: &str) -> (&'static str, String) {
    (code, path.to_owned())
}

#[test]
fn a_value_never_adds_a_segment_a_pair_or_another_host() {
    let path = "https://api.example.com/users/{{v}}/orders?a=1";
    assert_eq!(url_of(path, "7").unwrap(), "https://api.example.com/users/7/orders?a=1");
    assert_eq!(
        url_of(path, "../../admin?x=y#z").unwrap(),
        "https://api.example.com/users/..%2F..%2Fadmin%3Fx%3Dy%23z/orders?a=1"
    );
    assert_eq!(url_of(path, "%2e%2e").unwrap(), "https://api.example.com/users/%252e%252e/orders?a=1");
    assert_eq!(url_of(path, "@evil.example").unwrap(), "https://api.example.com/users/%40evil.example/orders?a=1");
    assert_eq!(url_of(path, "a\\b\r\n\t").unwrap(), "https://api.example.com/users/a%5Cb%0D%0A%09/orders?a=1");
    for gone in ["", ".", ".."] {
        assert_eq!(url_of(path, gone), Err(refused("INVALID_VARIABLE", "variables.v")), "{gone:?}");
        assert_eq!(url_of("https://a.example/{{v}}", gone), Err(refused("INVALID_VARIABLE", "variables.v")));
        assert_eq!(url_of("https://a.example/{{v}}?q", gone), Err(refused("INVALID_VARIABLE", "variables.v")));
    }
    assert_eq!(url_of("https://a.example/%2e{{v}}/b", "."), Err(refused("INVALID_VARIABLE", "variables.v")));
    assert_eq!(url_of("https://a.example/v{{v}}/b", ".").unwrap(), "https://a.example/v./b");
    let query = "https://api.example.com/?q={{v}}&r=1";
    assert_eq!(url_of(query, "a&r=2#?/+ é").unwrap(), "https://api.example.com/?q=a%26r%3D2%23%3F%2F%2B%20%C3%A9&r=1");
    assert_eq!(url_of(query, "").unwrap(), "https://api.example.com/?q=&r=1");
}

#[test]
fn a_variable_in_scheme_host_or_port_is_refused_when_it_is_saved() {
    for url in [
        "{{v}}://a.example/",
        "{{v}}",
        "https://{{v}}/",
        "https://{{v}}.example.com/",
        "https://api.example.com:{{v}}/",
        "https://api.example.com{{v}}",
        "https://api.example.com{{v}}/x",
    ] {
        assert_eq!(saved(&task(url)), Err(refused("VARIABLE_NOT_ALLOWED", "url")), "{url}");
    }
    for url in
        ["https:/{{v}}/", "https:///{{v}}/", "https:////{{v}}", "https:\\\\{{v}}\\", "//{{v}}/", "https://u@a/{{v}}"]
    {
        assert_eq!(saved(&task(url)), Err(refused("INVALID_URL", "url")), "{url}");
    }
}

#[test]
fn pairs_of_the_query_list_are_encoded_as_a_whole() {
    let query = vec![NameValue { name: "q&".to_owned(), value: "<{{v}}>".to_owned() }];
    let task = TaskTemplate { query, ..task("https://a.example/?own=1") };
    let request = run(&task, json!({ "v": "a&b=c" })).unwrap();
    assert_eq!(request.url.to_string(), "https://a.example/?own=1&q%26=%3Ca%26b%3Dc%3E");
}

#[test]
fn a_header_takes_no_second_line() {
    let headers = vec![Header { name: "X-Tenant".to_owned(), value: "t-{{v}}".to_owned() }];
    let task = TaskTemplate { headers, ..task("https://a.example/") };
    assert_eq!(run(&task, json!({ "v": "a b" })).unwrap().headers[0].value, "t-a b");
    assert_eq!(run(&task, json!({ "v": "a\r\nEvil: 1" })).err(), Some(refused("CONTROL_CHARACTER", "variables.v")));
    let long = "x".repeat(super::super::request::HEADER_VALUE_BYTES_MAX);
    assert_eq!(run(&task, json!({ "v": long })).err(), Some(refused("TOO_LARGE", "variables")));
}

#[test]
fn a_json_body_keeps_its_shape() {
    let stored = with_body("", BodyTemplate::Json(r#"{"name":"<{{v}}>","admin":false}"#.to_owned()));
    assert_eq!(
        body_of(&stored, json!("a\",\"admin\":true,\"x\":\"")).unwrap(),
        r#"{"name":"<a\",\"admin\":true,\"x\":\">","admin":false}"#
    );
    assert_eq!(body_of(&stored, json!(5)).unwrap(), r#"{"name":"<5>","admin":false}"#);
    assert_eq!(body_of(&stored, json!([1])), Err(refused("INVALID_VARIABLE", "variables.v")));

    for content_type in ["application/json", "application/problem+json; charset=utf-8", "TEXT/JSON"] {
        let alone = with_body(content_type, BodyTemplate::Text(r#"{"a": {{v}}, "b": "\"{{v}}"}"#.to_owned()));
        assert_eq!(body_of(&alone, json!("x\"")).unwrap(), r#"{"a": "x\"", "b": "\"x\""}"#);
        assert_eq!(body_of(&alone, json!(1)).unwrap(), r#"{"a": 1, "b": "\"1"}"#);
        let only = with_body(content_type, BodyTemplate::Text(r#"{"a": {{v}}}"#.to_owned()));
        assert_eq!(body_of(&only, json!({ "deep": [1, null] })).unwrap(), r#"{"a": {"deep":[1,null]}}"#);
    }
}

#[test]
fn a_json_body_that_is_none_is_refused_when_it_is_saved() {
    for body in
        [r#"{"a": 1{{v}}}"#, r#"{"a": {{v}}{{v}}}"#, r#"{"a": "\{{v}}"}"#, r#"{"a": "\u00{{v}}"}"#, "{", r"{ {{v}}: 1}"]
    {
        let task = with_body("application/json", BodyTemplate::Text(body.to_owned()));
        assert_eq!(saved(&task), Err(refused("INVALID_JSON", "body.text")), "{body}");
    }
}

#[test]
fn a_form_takes_no_further_field() {
    let pair = NameValue { name: "name".to_owned(), value: "{{v}}".to_owned() };
    let form = with_body("", BodyTemplate::Form(vec![pair.clone()]));
    assert_eq!(body_of(&form, json!("a&admin=1")).unwrap(), "name=a%26admin%3D1");
    let text = with_body(FORM, BodyTemplate::Text("name={{v}}&b=1".to_owned()));
    assert_eq!(body_of(&text, json!("a&admin=1 +")).unwrap(), "name=a%26admin%3D1+%2B&b=1");
    let named = BodyTemplate::Form(vec![NameValue { name: "{{v}}".to_owned(), ..pair }]);
    assert_eq!(saved(&with_body("", named)), Err(refused("VARIABLE_NOT_ALLOWED", "body.form.0.name")));
}

#[test]
fn the_content_type_of_a_body_is_fixed_because_it_decides_how_values_are_escaped() {
    let task = with_body("{{v}}", BodyTemplate::Text("{{v}}".to_owned()));
    assert_eq!(saved(&task), Err(refused("VARIABLE_NOT_ALLOWED", "headers.0.value")));
    let implied = |body| run(&with_body("", body), json!({})).unwrap().headers.into_iter().map(|header| header.value);
    assert_eq!(implied(BodyTemplate::Json("1".to_owned())).collect::<Vec<_>>(), ["application/json"]);
    assert_eq!(implied(BodyTemplate::Form(vec![])).collect::<Vec<_>>(), [FORM]);
    assert_eq!(implied(BodyTemplate::Text("1".to_owned())).count(), 0);
}

#[test]
fn a_missing_or_unknown_variable_is_named() {
    let task = task("https://a.example/{{v}}/{{w}}");
    assert_eq!(run(&task, json!({ "v": 1 })).err(), Some(refused("MISSING_VARIABLE", "variables.w")));
    assert_eq!(run(&task, json!({ "v": 1, "w": 2, "z": 3 })).err(), Some(refused("UNKNOWN_VARIABLE", "variables.z")));
    assert!(run(&task, json!({ "v": 1, "w": true })).is_ok());
}

#[test]
fn the_two_parts_of_a_task_make_it_again() {
    let headers = vec![Header { name: "X-Key".to_owned(), value: "k".to_owned() }];
    let query = vec![NameValue { name: "q".to_owned(), value: "v".to_owned() }];
    let body = Some(BodyTemplate::Text("b".to_owned()));
    for url in ["https://a.example", "https://a.example:8443/x/{{v}}?q={{v}}", "http://[::1]/?", "https://a.example?x"]
    {
        let whole = TaskTemplate { headers: headers.clone(), query: query.clone(), body: body.clone(), ..task(url) };
        let definition = whole.definition(Fingerprints::default()).unwrap();
        assert!(TaskTemplate::of(&definition, whole.values()) == whole, "{url}");
        let text = serde_json::to_string(&definition).unwrap();
        assert!(!text.contains("\"k\"") && !text.contains('?') && text.contains("x-key"), "{text}");
    }
}
