//! The token endpoint, the metadata and the published key.

use super::*;

#[actix_web::test]
async fn basic_with_form_encoding_gets_a_token_that_the_api_accepts() {
    let test = TestDemo::start();
    let form = "grant_type=client_credentials&scope=demo%3Aread";
    let answer = test.token(Some(basic("demo-client", SECRET_FORM_ENCODED)), form).await;

    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(header(answer.headers(), "cache-control"), "no-store");
    let token = body(answer).await;
    assert_eq!(
        (&token["token_type"], &token["expires_in"], &token["scope"]),
        (&json!("Bearer"), &json!(60), &json!("demo:read"))
    );
    let hello = test.call("/hello", token["access_token"].as_str().unwrap()).await;
    assert_eq!(hello.status(), StatusCode::OK);
    assert_eq!(
        body(hello).await,
        json!({ "message": "Hello, demo-client!", "scope": "demo:read", "expiresInSeconds": 60 })
    );
    assert_eq!(test.demo.stats(), Stats { token_requests: 1, tokens_issued: 1, api_calls: 1, api_refusals: 0 });
}

#[actix_web::test]
async fn the_secret_in_the_body_gets_a_token_with_every_scope() {
    let test = TestDemo::start();
    let form = format!("grant_type=client_credentials&client_id=demo-client&client_secret={SECRET_FORM_ENCODED}");
    let answer = test.token(None, &form).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(body(answer).await["scope"], "demo:read demo:write");
}

#[actix_web::test]
async fn a_wrong_secret_or_client_is_401_with_a_basic_challenge() {
    let test = TestDemo::start();
    let grant = "grant_type=client_credentials";
    for (id, secret) in [("demo-client", "wrong"), ("demo-client", SECRET), ("somebody", SECRET_FORM_ENCODED)] {
        let answer = test.token(Some(basic(id, secret)), grant).await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{id}");
        assert!(header(answer.headers(), "www-authenticate").starts_with("Basic "));
        assert_eq!(header(answer.headers(), "cache-control"), "no-store");
        assert_eq!(body(answer).await["error"], "invalid_client");
    }
    assert_eq!(test.demo.stats(), Stats { token_requests: 3, ..Stats::default() });
}

#[actix_web::test]
async fn token_requests_that_break_a_rule_are_refused_by_the_right_name() {
    let test = TestDemo::start();
    let good = Some(basic("demo-client", SECRET_FORM_ENCODED));
    let grant = "grant_type=client_credentials";
    let secret = format!("client_id=demo-client&client_secret={SECRET_FORM_ENCODED}");
    let assertion = format!("client_assertion_type={ASSERTION_TYPE}&client_assertion=a.b.c");
    for (authorization, form, status, error) in [
        (good.clone(), "scope=demo:read".to_owned(), 400, "invalid_request"),
        (good.clone(), format!("{grant}&{grant}"), 400, "invalid_request"),
        (good.clone(), format!("{grant}&{secret}"), 400, "invalid_request"),
        (good.clone(), format!("{grant}&{assertion}"), 400, "invalid_request"),
        (good.clone(), format!("{grant}&client_id=other"), 400, "invalid_request"),
        (None, format!("{grant}&{secret}&{assertion}"), 400, "invalid_request"),
        (None, format!("{grant}&client_assertion=a.b.c"), 400, "invalid_request"),
        (None, format!("{grant}&client_assertion_type=other&client_assertion=a.b.c"), 400, "invalid_request"),
        (None, grant.to_owned(), 401, "invalid_client"),
        (None, format!("{grant}&{assertion}"), 401, "invalid_client"),
        (Some("Bearer x".to_owned()), grant.to_owned(), 401, "invalid_client"),
        (good.clone(), "grant_type=password".to_owned(), 400, "unsupported_grant_type"),
        (good.clone(), format!("{grant}&scope=demo:admin"), 400, "invalid_scope"),
        (good, format!("{grant}&scope=demo:read%20%20demo:write"), 400, "invalid_scope"),
    ] {
        let answer = test.token(authorization, &form).await;
        assert_eq!(answer.status().as_u16(), status, "{form}");
        assert_eq!(body(answer).await["error"], error, "{form}");
    }
    assert_eq!(test.demo.stats().tokens_issued, 0);
}

#[actix_web::test]
async fn a_token_request_in_json_is_refused() {
    let test = TestDemo::start();
    let request = test.http.post(test.demo.token_url()).header("content-type", "application/json").body("{}");
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    assert_eq!(body(answer).await["error"], "invalid_request");
}

#[actix_web::test]
async fn the_metadata_name_the_endpoints_and_the_published_key_signed_the_token() {
    let test = TestDemo::start();
    let issuer = test.demo.issuer_url();
    for path in ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"] {
        let document = test.get(path).await;
        assert_eq!(document["issuer"], issuer);
        assert_eq!(document["token_endpoint"], test.demo.token_url());
        assert_eq!(document["jwks_uri"], format!("{issuer}/jwks"));
    }
    let jwks = test.get("/jwks").await;
    let jwk: Jwk = serde_json::from_value(jwks["keys"][0].clone()).unwrap();
    let token = test.access_token("demo:read").await;
    assert_eq!(jsonwebtoken::decode_header(&token).unwrap().kid, jwk.common.key_id);
    let mut validation = jsonwebtoken::Validation::new(Algorithm::ES256);
    validation.validate_exp = false;
    validation.set_audience(&[test.demo.api_url()]);
    let key = jsonwebtoken::DecodingKey::from_jwk(&jwk).unwrap();
    let claims = jsonwebtoken::decode::<Value>(&token, &key, &validation).unwrap().claims;
    assert_eq!((&claims["iss"], &claims["client_id"]), (&json!(issuer), &json!("demo-client")));
    assert!(jwks["keys"][0].get("d").is_none(), "the private key is not published");
}
