//! Answers of token endpoints as they come in the wild.

use std::sync::LazyLock;

use secrecy::ExposeSecret;

use super::*;

fn read_as(status: u16, content_type: &str, body: &str) -> Result<AccessToken, AuthFailure> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, content_type.parse().unwrap());
    let mut redactions = Redactions::default();
    redactions.add("s3cret/value");
    let answer = Answer { status, headers: &headers, body: body.as_bytes(), ..unasked() };
    parse(answer, &redactions)
}

/// An answer with nothing in it, to a connection that asks for nothing special.
fn unasked() -> Answer<'static> {
    static HEADERS: LazyLock<HeaderMap> = LazyLock::new(HeaderMap::new);
    Answer {
        status: 200,
        headers: &HEADERS,
        body: &[],
        default_lifetime_ms: LIFETIME_MS_DEFAULT,
        mapping: None,
        is_dpop_wanted: false,
    }
}

fn read(body: &str) -> Result<AccessToken, AuthFailure> {
    read_as(200, "application/json", body)
}

fn message(body: &str) -> String {
    read(body).unwrap_err().message
}

fn lifetime(expires_in: &str) -> u64 {
    read(&format!(r#"{{"access_token":"t","expires_in":{expires_in}}}"#)).unwrap().lifetime_ms
}

#[test]
fn a_json_answer_is_read_whatever_its_content_type() {
    let body = r#" {"access_token":"t0k.en","token_type":"bEaRer","expires_in":3600,"scope":"a b"}"#;
    for content_type in ["application/json", "text/html", "application/x-www-form-urlencoded"] {
        let token = read_as(200, content_type, body).unwrap();
        assert_eq!(token.value.expose_secret(), "t0k.en");
        assert_eq!((token.token_type.as_str(), token.lifetime_ms), ("bEaRer", 3_600_000));
        assert_eq!(token.scope.as_deref(), Some("a b"));
        assert!(!format!("{token:?}").contains("t0k.en"));
    }
    assert!(read(&format!("\u{feff}{body}")).is_ok());
    assert!(read_as(201, "application/json", body).is_ok());
}

#[test]
fn a_form_answer_is_read() {
    let body = "access_token=a%2Bb&token_type=bearer&expires_in=60";
    for content_type in ["application/x-www-form-urlencoded; charset=utf-8", "text/plain"] {
        let token = read_as(200, content_type, body).unwrap();
        assert_eq!((token.value.expose_secret(), token.lifetime_ms), ("a+b", 60_000));
    }
    let failure = read_as(400, "text/plain", "error=invalid_scope").unwrap_err();
    assert_eq!(failure.reason, AuthFailureReason::InvalidScope);
}

#[test]
fn expires_in_is_believed_as_far_as_is_safe() {
    assert_eq!(lifetime("60"), 60_000);
    assert_eq!(lifetime("\"60\""), 60_000);
    assert_eq!(lifetime("\" 60.5 \""), 60_500);
    assert_eq!(lifetime("0.5"), 500);
    assert_eq!(lifetime("null"), LIFETIME_MS_DEFAULT);
    assert_eq!(read(r#"{"access_token":"t"}"#).unwrap().lifetime_ms, LIFETIME_MS_DEFAULT);
    for unbelievable in ["0", "-1", "\"-1\""] {
        assert_eq!(lifetime(unbelievable), 0, "{unbelievable}");
    }
    for absurd in ["1e300", "99999999999999999999999", "\"inf\""] {
        assert_eq!(lifetime(absurd), crate::domain::token::LIFETIME_MS_MAX, "{absurd}");
    }
}

#[test]
fn an_expires_in_that_is_no_number_is_a_failure_that_says_what_came() {
    for (expires_in, what) in [
        ("true", "a boolean"),
        ("[60]", "a list"),
        ("{}", "an object"),
        ("\"NaN\"", "text that is no number"),
        ("\"\"", "text that is no number"),
    ] {
        let failure = read(&format!(r#"{{"access_token":"t","expires_in":{expires_in}}}"#)).unwrap_err();
        assert_eq!((failure.phase, failure.reason), (AuthPhase::Token, AuthFailureReason::MalformedResponse));
        let expected = format!("the expires_in in the answer is {what}, where a number of seconds belongs");
        assert_eq!(failure.message, expected);
    }
}

#[test]
fn a_success_that_is_no_oauth_answer_says_what_came() {
    assert_eq!(message(""), "the token endpoint answered with an empty body");
    assert_eq!(message(" \n"), "the token endpoint answered with an empty body");
    assert_eq!(message("<!doctype html>"), "the token endpoint answered with an HTML or XML page");
    assert_eq!(message("[]"), "the token endpoint answered with JSON that is not an object");
    assert_eq!(message(r#"{"access_token":"t"#), "the token endpoint answered with JSON that is cut off");
    assert_eq!(message(r#"{access_token:"t"}"#), "the token endpoint answered with text that is almost, but not, JSON");
    assert_eq!(message("OK"), "the token endpoint answered with text that is neither JSON nor a form");
    let failure = read("OK").unwrap_err();
    assert_eq!((failure.phase, failure.reason), (AuthPhase::Response, AuthFailureReason::MalformedResponse));
    assert_eq!(failure.http_status, Some(200));
    let binary = parse(Answer { body: &[0xff], ..unasked() }, &Redactions::default());
    assert_eq!(binary.unwrap_err().message, "the token endpoint answered with bytes that are not UTF-8 text");
}

#[test]
fn a_token_that_can_not_be_used_is_refused() {
    assert_eq!(message("{}"), "the answer has no access_token");
    assert_eq!(message(r#"{"access_token":null}"#), "the answer has no access_token");
    assert_eq!(message(r#"{"access_token":5}"#), "the access_token in the answer is not text");
    assert_eq!(message(r#"{"access_token":""}"#), "the access_token in the answer is empty");
    for unfit in [r"a\nb", r"a\u0000", "a b", "é", r"a\u007f"] {
        let failure = read(&format!(r#"{{"access_token":"{unfit}"}}"#)).unwrap_err();
        assert!(failure.message.ends_with("can't travel in a header"), "{unfit}");
        assert_eq!(failure.phase, AuthPhase::Token);
    }
    let sized = |bytes| read(&format!(r#"{{"access_token":"{}"}}"#, "t".repeat(bytes)));
    assert!(sized(ACCESS_TOKEN_BYTES_MAX).is_ok());
    assert!(sized(ACCESS_TOKEN_BYTES_MAX + 1).unwrap_err().message.contains("more than 16,384 bytes"));
}

#[test]
fn a_scope_is_kept_up_to_its_limit() {
    let scope = |length| read(&format!(r#"{{"access_token":"t","scope":"{}"}}"#, "s".repeat(length))).unwrap().scope;
    assert_eq!(scope(SCOPE_LENGTH_MAX).unwrap().len(), SCOPE_LENGTH_MAX);
    assert_eq!(scope(SCOPE_LENGTH_MAX + 1).unwrap().len(), SCOPE_LENGTH_MAX);
    assert_eq!(scope(0), None);
}

#[test]
fn only_bearer_tokens_are_taken() {
    assert_eq!(read(r#"{"access_token":"t"}"#).unwrap().token_type, "Bearer");
    assert_eq!(
        message(r#"{"access_token":"t","token_type":"DPoP"}"#),
        "the token is of type \"DPoP\"; this connection takes only Bearer"
    );
    assert_eq!(message(r#"{"access_token":"t","token_type":[]}"#), "the token_type in the answer is not text");
    assert!(!message(r#"{"access_token":"t","token_type":"s3cret/value"}"#).contains("s3cret"));
}

#[test]
fn a_connection_that_binds_its_tokens_takes_only_bound_ones() {
    let bound =
        |body: &str| parse(Answer { body: body.as_bytes(), is_dpop_wanted: true, ..unasked() }, &Redactions::default());
    assert_eq!(bound(r#"{"access_token":"t","token_type":"dpop"}"#).unwrap().token_type, "dpop");
    for unbound in [r#"{"access_token":"t","token_type":"Bearer"}"#, r#"{"access_token":"t"}"#] {
        let refusal = bound(unbound).unwrap_err().message;
        assert_eq!(refusal, "the token is of type \"Bearer\"; this connection takes only DPoP");
    }
}

#[test]
fn a_mapping_says_where_the_parts_stand_and_what_the_lifetime_is_counted_in() {
    let mapping = ResponseMapping {
        access_token: Some("/data/0/token".to_owned()),
        expires_in: Some("/data/0/ttl".to_owned()),
        expires_in_unit: LifetimeUnit::Milliseconds,
        token_type: Some("/kind".to_owned()),
        scope: Some("/data/0/rights".to_owned()),
    };
    let mapped = |body: &str| {
        parse(Answer { body: body.as_bytes(), mapping: Some(&mapping), ..unasked() }, &Redactions::default())
    };
    let token = mapped(r#"{"data":[{"token":"t","ttl":"1500","rights":"a"}],"access_token":"other"}"#).unwrap();
    assert_eq!((token.value.expose_secret(), token.lifetime_ms), ("t", 1_500));
    assert_eq!((token.token_type.as_str(), token.scope.as_deref()), ("Bearer", Some("a")));
    let wrong = mapped(r#"{"data":[{"token":"t"}],"kind":"mac"}"#).unwrap_err();
    assert!(wrong.message.contains("of type \"mac\""), "{wrong}");
    let missing = mapped(r#"{"access_token":"t"}"#).unwrap_err();
    assert_eq!(missing.message, "the answer has no token at /data/0/token, where the response mapping points");
    let first = ResponseMapping { access_token: Some("/0".to_owned()), ..ResponseMapping::default() };
    let listed = Answer { body: br#"["t"]"#, mapping: Some(&first), ..unasked() };
    assert_eq!(parse(listed, &Redactions::default()).unwrap().value.expose_secret(), "t");
}

#[test]
fn a_failure_shows_what_came_without_the_token_wherever_it_was_mapped_from() {
    let mapping = ResponseMapping { access_token: Some("/bearer".to_owned()), ..ResponseMapping::default() };
    let body = r#"{"bearer":"a\nb\"c","again":"a\nb\"c","token_type":"Bearer"}"#;
    let answer = Answer { body: body.as_bytes(), mapping: Some(&mapping), ..unasked() };
    let shown = parse(answer, &Redactions::default()).unwrap_err().excerpt;
    assert_eq!(shown.unwrap(), r#"{"bearer":"••••","again":"••••","token_type":"Bearer"}"#);
    assert_eq!(read("").unwrap_err().excerpt, None);
    assert_eq!(read_as(503, "text/html", "<h1>Down").unwrap_err().excerpt.unwrap(), "<h1>Down");
    assert_eq!(read_as(401, "", r#"{"error":"s3cret/value"}"#).unwrap_err().excerpt.unwrap(), r#"{"error":"••••"}"#);
}

#[test]
fn an_error_is_a_failure_even_with_status_200_and_a_token() {
    let failure = read(r#"{"error":"access_denied","access_token":"t"}"#).unwrap_err();
    assert_eq!(failure.reason, AuthFailureReason::InvalidRequest);
    assert_eq!(failure.message, "the token endpoint answered 200 with the error access_denied");
    let failure = read(r#"{"error":{"code":1}}"#).unwrap_err();
    assert_eq!(failure.message, "the token endpoint answered 200 with an `error` that is not text");
    assert!(read(r#"{"error":null,"access_token":"t"}"#).is_ok());
    assert!(read(r#"{"error":"","access_token":"t"}"#).is_ok());
}

#[test]
fn the_words_of_the_issuer_are_kept_without_credentials_capped_and_tamed() {
    let description = format!("client_secret s3cret/value\\n s3cret%2Fvalue {}", "xxx ".repeat(500));
    let body = format!(
        r#"{{"error":"invalid_client","error_description":"{description}","error_uri":"https://i/czNjcmV0L3ZhbHVl"}}"#
    );
    let failure = read_as(401, "application/json", &body).unwrap_err();
    assert_eq!(failure.reason, AuthFailureReason::InvalidClient);
    assert_eq!(failure.http_status, Some(401));
    let words = failure.oauth_error.unwrap();
    let description = words.error_description.unwrap();
    assert!(description.starts_with("client_secret ••••  •••• xxx"), "{description}");
    assert_eq!(description.chars().count(), ERROR_DESCRIPTION_LENGTH_MAX);
    assert_eq!(words.error_uri.unwrap(), "https://i/••••");
}

#[test]
fn a_credential_that_the_cap_would_cut_in_two_leaves_no_trace() {
    let body = format!(r#"{{"error":"e","error_description":"{}s3cret/value"}}"#, "xxxx ".repeat(99));
    let words = read_as(400, "application/json", &body).unwrap_err().oauth_error.unwrap();
    assert_eq!(words.error_description.unwrap(), format!("{}••••", "xxxx ".repeat(99)));
}

#[test]
fn the_words_of_the_issuer_pass_the_sieves_of_the_excerpt() {
    let run = "aB3".repeat(10);
    let body = format!(
        r#"{{"error":"no {run}","error_description":"client_secret=abc, got {run}","error_uri":"https://i/?token=abc"}}"#
    );
    let failure = read_as(401, "application/json", &body).unwrap_err();
    assert_eq!(failure.message, "the token endpoint answered 401 with the error no ••••");
    let words = failure.oauth_error.unwrap();
    assert_eq!(words.error, "no ••••");
    assert_eq!(words.error_description.unwrap(), "client_secret=••••, got ••••");
    assert_eq!(words.error_uri.unwrap(), "https://i/?token=••••");
}

#[test]
fn a_refusal_without_an_error_code_is_classified_by_its_status() {
    let reason = |status| read_as(status, "text/html", "<html>").unwrap_err().reason;
    assert_eq!(reason(401), AuthFailureReason::InvalidClient);
    assert_eq!(reason(404), AuthFailureReason::InvalidRequest);
    assert_eq!(reason(429), AuthFailureReason::RateLimited);
    assert_eq!(reason(503), AuthFailureReason::ServerError);
    let failure = read_as(503, "text/html", "<html>").unwrap_err();
    assert_eq!(failure.message, "the token endpoint answered 503 without an OAuth error code");
}

#[test]
fn a_redirect_is_a_failure_whatever_it_carries() {
    let failure = read_as(302, "application/json", r#"{"access_token":"t"}"#).unwrap_err();
    assert_eq!(failure.reason, AuthFailureReason::MalformedResponse);
    assert_eq!(failure.message, "the token endpoint answered 302; redirects are not followed at the token endpoint");
}
