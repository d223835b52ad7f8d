//! `private_key_jwt`.

use std::sync::LazyLock;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa;

use super::*;

/// Made once for all tests: an RSA key takes a while.
static RSA_KEY: LazyLock<rsa::KeyPair> = LazyLock::new(|| rsa::KeyPair::generate(rsa::KeySize::Rsa2048).unwrap());

fn rsa_public_pem() -> String {
    let spki: PublicKeyX509Der<'static> = RSA_KEY.public_key().as_der().unwrap();
    pem("PUBLIC KEY", spki.as_ref())
}

fn pem(label: &str, der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let lines: Vec<&str> = body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

struct Signer {
    algorithm: Algorithm,
    private: EncodingKey,
    public: ClientKey,
}

impl Signer {
    fn es256() -> Self {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
        Self::of(Algorithm::ES256, EncodingKey::from_ec_der(pkcs8.as_ref()))
    }

    fn rsa(algorithm: Algorithm) -> Self {
        let pkcs8: Pkcs8V1Der<'static> = RSA_KEY.as_der().unwrap();
        let pem = pem("PRIVATE KEY", pkcs8.as_ref());
        Self::of(algorithm, EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap())
    }

    fn of(algorithm: Algorithm, private: EncodingKey) -> Self {
        let jwk = Jwk::from_encoding_key(&private, algorithm).unwrap();
        let public = ClientKey::from_jwk(&serde_json::to_string(&jwk).unwrap()).unwrap();
        Self { algorithm, private, public }
    }

    fn ed25519() -> Self {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap();
        let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
        let public = ClientKey::from_jwk(&json!({ "kty": "OKP", "crv": "Ed25519", "x": x }).to_string()).unwrap();
        Self { algorithm: Algorithm::EdDSA, private: EncodingKey::from_ed_der(pkcs8.as_ref()), public }
    }
}

impl TestDemo {
    /// Asks for a token with an assertion of these claims over the usual ones; `null` leaves a claim out.
    async fn assert(&self, signer: &Signer, claims: Value) -> Value {
        self.assert_under(&Header::new(signer.algorithm), signer, claims).await
    }

    async fn assert_under(&self, header: &Header, signer: &Signer, claims: Value) -> Value {
        let mut all = json!({ "iss": "demo-client", "sub": "demo-client", "aud": self.demo.token_url(),
            "iat": START, "exp": START + 60, "jti": "one" });
        for (name, value) in claims.as_object().unwrap() {
            all[name] = value.clone();
        }
        all.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        let assertion = encode(header, &all, &signer.private).unwrap();
        let form = format!(
            "grant_type=client_credentials&client_assertion_type={ASSERTION_TYPE}&client_assertion={assertion}"
        );
        body(self.token(None, &form).await).await
    }
}

#[actix_web::test]
async fn an_assertion_gets_a_token_with_each_algorithm() {
    let signers = [Signer::rsa(Algorithm::RS256), Signer::rsa(Algorithm::PS256), Signer::es256(), Signer::ed25519()];
    for signer in signers {
        let test = TestDemo::with_keys(vec![signer.public.clone()]);
        let answer = test.assert(&signer, json!({})).await;
        assert_eq!(answer["token_type"], "Bearer", "{:?}: {answer}", signer.algorithm);
        let answer = test.assert(&signer, json!({ "aud": [test.demo.issuer_url()], "jti": "two" })).await;
        assert_eq!(answer["token_type"], "Bearer", "{:?}: {answer}", signer.algorithm);
    }
}

#[actix_web::test]
async fn an_assertion_is_good_once() {
    let signer = Signer::es256();
    let test = TestDemo::with_keys(vec![signer.public.clone()]);
    assert_eq!(test.assert(&signer, json!({})).await["token_type"], "Bearer");
    let again = test.assert(&signer, json!({ "exp": START + 61 })).await;
    assert_eq!(again["error_description"], "the assertion was used before");
}

#[actix_web::test]
async fn assertions_at_the_edge_of_their_times() {
    let signer = Signer::es256();
    let test = TestDemo::with_keys(vec![signer.public.clone()]);
    for (n, (claims, accepted)) in [
        (json!({ "exp": START + 600 }), true),
        (json!({ "exp": START + 601 }), false),
        (json!({ "exp": START + 1 }), true),
        (json!({ "exp": START }), false),
        (json!({ "iat": START + 30, "nbf": START + 30 }), true),
        (json!({ "iat": START + 31 }), false),
        (json!({ "nbf": START + 31 }), false),
        (json!({ "exp": u64::MAX }), false),
    ]
    .into_iter()
    .enumerate()
    {
        let mut claims = claims;
        claims["jti"] = json!(n.to_string());
        let answer = test.assert(&signer, claims.clone()).await;
        assert_eq!(answer["error"].is_null(), accepted, "{claims}: {answer}");
    }
}

#[actix_web::test]
async fn assertions_for_somebody_else_are_refused() {
    let signer = Signer::es256();
    let test = TestDemo::with_keys(vec![signer.public.clone()]);
    for claims in [
        json!({ "iss": "other" }),
        json!({ "sub": "other" }),
        json!({ "aud": "https://elsewhere.example/token" }),
        json!({ "aud": null }),
        json!({ "iss": null }),
        json!({ "sub": null }),
        json!({ "exp": null }),
        json!({ "jti": null }),
        json!({ "jti": "" }),
        json!({ "jti": "j".repeat(257) }),
    ] {
        assert_eq!(test.assert(&signer, claims.clone()).await["error"], "invalid_client", "{claims}");
    }
    let stranger = Signer::es256();
    assert_eq!(test.assert(&stranger, json!({})).await["error"], "invalid_client");
    let with_the_longest_jti = test.assert(&signer, json!({ "jti": "j".repeat(256) })).await;
    assert_eq!(with_the_longest_jti["token_type"], "Bearer");
}

#[actix_web::test]
async fn the_public_key_is_not_taken_for_a_shared_secret() {
    let pem = rsa_public_pem();
    let test = TestDemo::with_keys(vec![ClientKey::from_pem(&pem).unwrap()]);
    let forged = Signer {
        algorithm: Algorithm::HS256,
        private: EncodingKey::from_secret(pem.as_bytes()),
        public: ClientKey::from_pem(&pem).unwrap(),
    };
    assert_eq!(test.assert(&forged, json!({})).await["error"], "invalid_client");
    assert_eq!(test.assert(&Signer::rsa(Algorithm::PS256), json!({})).await["token_type"], "Bearer");
}

#[actix_web::test]
async fn a_key_is_registered_over_http_while_the_demo_runs() {
    let test = TestDemo::start();
    let signer = Signer::rsa(Algorithm::RS256);
    assert_eq!(test.assert(&signer, json!({})).await["error"], "invalid_client");
    let pem = rsa_public_pem();
    assert_eq!(test.control("keys", json!({ "pem": pem })).await, StatusCode::CREATED);
    assert_eq!(test.control("keys", json!({ "pem": "nonsense" })).await, StatusCode::BAD_REQUEST);
    assert_eq!(test.assert(&signer, json!({})).await["token_type"], "Bearer");
}

#[actix_web::test]
async fn an_assertion_with_an_extension_that_must_be_understood_is_refused() {
    let signer = Signer::es256();
    let test = TestDemo::with_keys(vec![signer.public.clone()]);
    let header = Header { crit: Some(vec!["b64".to_owned()]), ..Header::new(Algorithm::ES256) };
    let refused = test.assert_under(&header, &signer, json!({})).await;
    assert_eq!(refused["error_description"], "crit is not supported");
}

#[actix_web::test]
async fn an_assertion_that_names_another_key_is_refused() {
    let signer = Signer::es256();
    let mut jwk = Jwk::from_encoding_key(&signer.private, Algorithm::ES256).unwrap();
    jwk.common.key_id = Some("first".to_owned());
    let key = ClientKey::from_jwk(&serde_json::to_string(&jwk).unwrap()).unwrap();
    let test = TestDemo::with_keys(vec![key]);
    let named = |kid: &str| Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::ES256) };
    assert_eq!(test.assert_under(&named("second"), &signer, json!({})).await["error"], "invalid_client");
    assert_eq!(test.assert_under(&named("first"), &signer, json!({})).await["token_type"], "Bearer");
    assert_eq!(test.assert(&signer, json!({ "jti": "two" })).await["token_type"], "Bearer");
}
