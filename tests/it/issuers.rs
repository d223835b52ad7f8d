//! Issuers that others wrote, and that judge what Latchkey sends them: each method of client authentication, each
//! algorithm, and tokens that are bound to a key or to a certificate.

mod certified;
mod glewlwyd;
mod mock;

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::booted::Booted;
use crate::peer::Peer;
use crate::stage::{execute, outcome, through};

const RSA: &str = include_str!("../keys/rsa-2048.jwk.json");
const P256: &str = include_str!("../keys/p256.jwk.json");
const P384: &str = include_str!("../keys/p384.jwk.json");
const P521: &str = include_str!("../keys/p521.jwk.json");
const ED25519: &str = include_str!("../keys/ed25519.jwk.json");
/// Long enough for HS512.
const SECRET: &str = "sixty-four bytes and more, with +/%:&= in it, so that HS512 may be used 0123456789";

/// An issuer of `tests/peers`, and Latchkey, which trusts the authority of the tests.
struct Stage {
    peer: Peer,
    /// What the issuer said of itself.
    said: Value,
    server: Booted,
    _directory: tempfile::TempDir,
}

impl Stage {
    async fn set(script: &str, line: &Value) -> Self {
        let (peer, said) = Peer::start(script, line).await;
        let directory = tempfile::tempdir().unwrap();
        let authority = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys/mtls/authority.certificate.pem");
        let settings = [
            ("LATCHKEY_EGRESS__ALLOW", "127.0.0.1"),
            ("LATCHKEY_EGRESS__TRUSTED_CERTIFICATES", authority.to_str().unwrap()),
        ];
        let server = Booted::start(&directory.path().join("data"), &settings);
        Self { peer, said, server, _directory: directory }
    }

    fn at(&self, name: &str) -> &str {
        self.said[name].as_str().unwrap_or_else(|| panic!("no {name} in {}", self.said))
    }

    /// Creates a connection to an endpoint of the issuer, and its secret, both named like the client.
    async fn connect(&self, key: &str, endpoint: &str, (value, authentication, more): (&str, Value, Value)) {
        self.server.create_secret(key, value).await;
        let authentication: Value = serde_json::from_str(&authentication.to_string().replace("its-own", key)).unwrap();
        let mut input = json!({ "authentication": authentication });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.server.create_connection(key, self.at(endpoint), input).await;
    }

    /// Calls an API with a new token of the connection; how that ended.
    async fn call(&self, key: &str, url: &str) -> Value {
        let forced = json!({ "authorization": { "clientConnection": { "key": key, "forceNewToken": true } } });
        outcome(&execute(&self.server, through(key, url, forced)).await).clone()
    }
}

/// The public half of a private JWK.
fn public(jwk: &str, kid: &str) -> Value {
    let all: Map<String, Value> = serde_json::from_str(jwk).unwrap();
    let names = ["kty", "crv", "x", "y", "n", "e"];
    let mut public: Map<String, Value> = all.into_iter().filter(|(name, _)| names.contains(&name.as_str())).collect();
    public.insert("kid".to_owned(), kid.into());
    public.into()
}

fn private_key(algorithm: &str, more: Value) -> Value {
    let mut jwt = json!({ "secret": "its-own", "signingAlgorithm": algorithm.to_uppercase() });
    let Value::Object(more) = more else { panic!("not an object: {more}") };
    jwt.as_object_mut().unwrap().extend(more);
    json!({ "privateKeyJwt": jwt })
}

fn secret_jwt(algorithm: &str, more: Value) -> Value {
    let mut jwt = json!({ "secret": "its-own", "signingAlgorithm": algorithm });
    let Value::Object(more) = more else { panic!("not an object: {more}") };
    jwt.as_object_mut().unwrap().extend(more);
    json!({ "clientSecretJwt": jwt })
}
