//! How a client proves who it is, as its issuer hears it: each method over a real socket, from the binary as it is shipped.

mod assertions;
mod bound;
mod certificates;
mod rejections;
mod saving;
mod secrets;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::scripted::Heard;
use crate::stage::{Stage, counting_issuer, execute, open_api, status, through};

/// A connection that authenticates itself so, named `own`, with the value of its secret `own-secret`.
async fn staged(value: &str, more: Value) -> Stage {
    let stage = Stage::new(counting_issuer().await, open_api().await).await;
    stage.server.create_secret("own-secret", value).await;
    stage.connect("own", more).await;
    stage
}

/// The one token request that a connection with this secret and this input makes.
async fn heard(value: &str, more: Value) -> Heard {
    let stage = staged(value, more).await;
    let answer = execute(&stage.server, through("own", &stage.api.url("/"), json!({}))).await;
    assert_eq!(status(&answer), 200);
    let [heard] = stage.issuer.heard().try_into().unwrap();
    heard
}

/// The header and the claims of a JWT, without judging its signature.
pub(crate) fn decoded(jwt: &str) -> (Value, Value) {
    let part = |part: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
    let [header, claims, _] = jwt.split('.').collect::<Vec<_>>().try_into().unwrap();
    (part(header), part(claims))
}
