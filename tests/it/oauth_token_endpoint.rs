//! The token endpoint client against an issuer on loopback that misbehaves as scripted.

use std::net::SocketAddr;
use std::time::Duration;

use latchkey::clock::{Clock, Ids};
use latchkey::domain::definition::{
    ClientAuthentication, ClientSecret, ConnectionDefinition, CredentialPlacement, Parameter, ParameterPlacement,
    PrivateKeyJwt, SigningAlgorithm, TokenPolicy,
};
use latchkey::domain::failure::{AuthFailure, AuthFailureReason, AuthPhase};
use latchkey::domain::{HttpUrl, Key};
use latchkey::net::{ClientTimeouts, EgressPolicy, HttpClient};
use latchkey::oauth::token_endpoint::RESPONSE_BYTES_MAX;
use latchkey::oauth::{Granted, RetryPolicy, TokenEndpoint, TokenRequest};
use secrecy::{ExposeSecret, SecretString};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

const SECRET: &str = "hunter2/secret";
const PRIVATE_KEY: &str = include_str!("../keys/ed25519.pkcs8.pem");
const TOKEN: &str = r#"{"access_token":"t0ken","token_type":"Bearer","expires_in":60}"#;
/// Far beyond what any test takes.
const LONG: Duration = Duration::from_mins(1);

/// What the issuer does with one connection.
enum Act {
    Answer(String),
    /// Says nothing until the client gives up.
    Hang,
    /// Closes the connection without a word.
    HangUp,
}

/// Plays one act per connection, then stops listening; tells the requests that it got.
struct Issuer {
    address: SocketAddr,
    heard: JoinHandle<Vec<String>>,
}

impl Issuer {
    async fn playing(acts: Vec<Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heard = tokio::spawn(async move {
            let mut heard = Vec::new();
            for act in acts {
                let (mut stream, _) = listener.accept().await.unwrap();
                heard.push(read_request(&mut stream).await);
                match act {
                    // The client may hang up as soon as it has enough.
                    Act::Answer(answer) => _ = stream.write_all(answer.as_bytes()).await,
                    Act::Hang => while stream.read(&mut [0; 64]).await.is_ok_and(|length| length > 0) {},
                    Act::HangUp => {}
                }
            }
            heard
        });
        Self { address, heard }
    }

    /// What was asked, when the whole script has been played.
    async fn heard(self) -> Vec<String> {
        tokio::time::timeout(LONG, self.heard).await.expect("the script was played").unwrap()
    }
}

async fn read_request(stream: &mut TcpStream) -> String {
    let (mut request, mut buffer) = (String::new(), [0; 4_096]);
    loop {
        let length = stream.read(&mut buffer).await.unwrap();
        request.push_str(std::str::from_utf8(&buffer[..length]).unwrap());
        let Some((head, body)) = request.split_once("\r\n\r\n") else { continue };
        let expected = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        if body.len() == expected.parse::<usize>().unwrap() {
            return request;
        }
    }
}

fn answer(status: &str, headers: &str, body: &str) -> Act {
    let length = body.len();
    Act::Answer(format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"))
}

fn token() -> Act {
    answer("200 OK", "", TOKEN)
}

fn definition(address: SocketAddr, max_retries: u32) -> ConnectionDefinition {
    let url = HttpUrl::parse(&format!("http://{address}/token")).unwrap();
    let secret = ClientSecret::new(Key::parse("s").unwrap(), CredentialPlacement::RequestBody);
    let token_policy = TokenPolicy { max_retries, request_timeout_ms: 20_000, ..TokenPolicy::default() };
    let plain = ConnectionDefinition::new("Test", "my-client", url, ClientAuthentication::ClientSecret(secret));
    ConnectionDefinition { token_policy, ..plain }
}

fn endpoint(allow: &[&str], clock: &Clock) -> TokenEndpoint {
    let client = HttpClient::new(EgressPolicy::parse(allow).unwrap(), ClientTimeouts::default()).unwrap();
    let retries = RetryPolicy {
        delay_min: Duration::from_millis(1),
        delay_max: Duration::from_millis(1),
        retry_after_max: Duration::from_millis(20),
    };
    TokenEndpoint::new(client, clock.clone(), Ids::random()).with_retries(retries)
}

async fn ask_within(definition: &ConnectionDefinition, within: Duration) -> Result<Granted, AuthFailure> {
    let clock = Clock::system();
    let request = TokenRequest {
        definition,
        secret: &SecretString::from(SECRET),
        parameters: &definition.parameters,
        deadline: clock.monotonic() + within,
    };
    endpoint(&["127.0.0.1"], &clock).request(request).await.map_err(|refusal| refusal.failure)
}

async fn ask(definition: &ConnectionDefinition) -> Result<Granted, AuthFailure> {
    ask_within(definition, LONG).await
}

/// Asks an issuer that plays the acts, and checks that each was played and that the failure tells no secret.
async fn ask_playing(acts: Vec<Act>, max_retries: u32) -> Result<Granted, AuthFailure> {
    let issuer = Issuer::playing(acts).await;
    let outcome = ask(&definition(issuer.address, max_retries)).await;
    issuer.heard().await;
    if let Err(failure) = &outcome {
        assert!(!format!("{failure:?}").contains("hunter2"), "{failure:?}");
    }
    outcome
}

#[tokio::test]
async fn a_token_is_asked_for_once_with_the_forms_words() {
    let issuer = Issuer::playing(vec![token()]).await;
    let mut definition = definition(issuer.address, 2);
    definition.parameters = vec![
        Parameter { name: "scope".to_owned(), value: "a b".to_owned(), placement: ParameterPlacement::Body },
        Parameter { name: "tenant".to_owned(), value: "x".to_owned(), placement: ParameterPlacement::Query },
    ];
    let granted = ask(&definition).await.unwrap();
    assert_eq!(granted.token.value.expose_secret(), "t0ken");
    assert_eq!((granted.token.lifetime_ms, granted.attempts), (60_000, 1));
    let heard = issuer.heard().await;
    assert!(heard[0].starts_with("POST /token?tenant=x HTTP/1.1\r\n"), "{}", heard[0]);
    assert!(heard[0].contains("\r\naccept: application/json\r\n"), "{}", heard[0]);
    assert!(heard[0].contains("\r\ncontent-type: application/x-www-form-urlencoded\r\n"), "{}", heard[0]);
    let body = "grant_type=client_credentials&scope=a+b&client_id=my-client&client_secret=hunter2%2Fsecret";
    assert!(heard[0].ends_with(&format!("\r\n\r\n{body}")), "{}", heard[0]);
}

#[tokio::test]
async fn each_attempt_signs_an_assertion_of_its_own() {
    let issuer = Issuer::playing(vec![answer("503 Busy", "", ""), token()]).await;
    let mut definition = definition(issuer.address, 1);
    definition.authentication =
        ClientAuthentication::PrivateKeyJwt(PrivateKeyJwt::new(Key::parse("s").unwrap(), SigningAlgorithm::Eddsa));
    let clock = Clock::manual("2026-03-01T12:00:00Z".parse().unwrap());
    let request = TokenRequest {
        definition: &definition,
        secret: &SecretString::from(PRIVATE_KEY),
        parameters: &[],
        deadline: LONG,
    };
    assert_eq!(endpoint(&["127.0.0.1"], &clock).request(request).await.unwrap().attempts, 2);
    let heard = issuer.heard().await;
    let assertion = |request: &str| request.rsplit_once("client_assertion=").unwrap().1.to_owned();
    // The clock stands still and Ed25519 is deterministic, so only `jti` can make the difference.
    assert_ne!(assertion(&heard[0]), assertion(&heard[1]));
}

#[tokio::test]
async fn what_may_pass_by_itself_is_repeated() {
    for failing in [
        answer("500 Oops", "", "<html>"),
        answer("429 Slow", "retry-after: 0\r\n", ""),
        answer("408 Late", "", ""),
        answer("503 Busy", "", r#"{"error":"temporarily_unavailable"}"#),
        Act::HangUp,
    ] {
        assert_eq!(ask_playing(vec![failing, token()], 1).await.unwrap().attempts, 2);
    }
}

#[tokio::test]
async fn repetitions_end_at_their_limit() {
    let acts = (0..3).map(|_| answer("500 Oops", "", "")).collect();
    let failure = ask_playing(acts, 2).await.unwrap_err();
    assert_eq!((failure.reason, failure.attempts), (AuthFailureReason::ServerError, 3));
    assert_eq!(failure.http_status, Some(500));
}

#[tokio::test]
async fn a_refused_client_is_not_asked_for_again() {
    let body = format!(r#"{{"error":"invalid_client","error_description":"no {SECRET}"}}"#);
    let failure = ask_playing(vec![answer("401 No", "", &body)], 5).await.unwrap_err();
    assert_eq!((failure.reason, failure.attempts), (AuthFailureReason::InvalidClient, 1));
    assert_eq!(failure.oauth_error.unwrap().error_description.as_deref(), Some("no ••••"));
    let failure = ask_playing(vec![answer("400 No", "", r#"{"error":"server_error"}"#)], 5).await.unwrap_err();
    assert_eq!(failure.attempts, 1);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let canary = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let location = format!("location: http://{}/\r\n", canary.local_addr().unwrap());
    for status in ["302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let failure = ask_playing(vec![answer(status, &location, "")], 5).await.unwrap_err();
        assert_eq!((failure.reason, failure.attempts), (AuthFailureReason::MalformedResponse, 1));
        assert!(failure.message.ends_with("redirects are not followed at the token endpoint"), "{failure}");
    }
    let canary = canary.into_std().unwrap();
    assert_eq!(canary.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}

#[tokio::test]
async fn garbage_is_told_and_not_asked_for_again() {
    let failure = ask_playing(vec![answer("200 OK", "", "hello")], 5).await.unwrap_err();
    assert_eq!((failure.phase, failure.reason), (AuthPhase::Response, AuthFailureReason::MalformedResponse));
    assert_eq!((failure.http_status, failure.attempts), (Some(200), 1));
}

#[tokio::test]
async fn an_answer_is_read_up_to_its_limit() {
    let padded = |bytes: usize| answer("200 OK", "", &format!("{TOKEN}{}", " ".repeat(bytes - TOKEN.len())));
    assert!(ask_playing(vec![padded(RESPONSE_BYTES_MAX)], 0).await.is_ok());
    let failure = ask_playing(vec![padded(RESPONSE_BYTES_MAX + 1)], 5).await.unwrap_err();
    assert_eq!((failure.phase, failure.reason), (AuthPhase::Response, AuthFailureReason::MalformedResponse));
    assert_eq!(failure.attempts, 1);
}

#[tokio::test]
async fn a_silent_issuer_is_given_up_and_tried_again() {
    let issuer = Issuer::playing(vec![Act::Hang, Act::Hang]).await;
    let mut definition = definition(issuer.address, 1);
    definition.token_policy.request_timeout_ms = 50;
    let failure = ask(&definition).await.unwrap_err();
    assert_eq!((failure.phase, failure.reason), (AuthPhase::Request, AuthFailureReason::Timeout));
    assert_eq!(failure.attempts, 2);
    issuer.heard().await;
}

#[tokio::test]
async fn the_deadline_ends_an_attempt_and_forbids_the_next() {
    let issuer = Issuer::playing(vec![Act::Hang]).await;
    let failure = ask_within(&definition(issuer.address, 5), Duration::from_secs(1)).await.unwrap_err();
    assert_eq!((failure.reason, failure.attempts), (AuthFailureReason::Timeout, 1));
    issuer.heard().await;
    let canary = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let failure = ask_within(&definition(canary.local_addr().unwrap(), 5), Duration::ZERO).await.unwrap_err();
    assert_eq!((failure.reason, failure.attempts), (AuthFailureReason::Timeout, 0));
}

#[tokio::test]
async fn retry_after_beyond_its_cap_ends_the_repetitions_with_the_real_failure() {
    // The cap is 20 ms here. To wait that long and ask again would be before the issuer's time, so it is not asked again.
    let failure = ask_playing(vec![answer("429 Slow", "retry-after: 3600\r\n", "")], 5).await.unwrap_err();
    assert_eq!((failure.reason, failure.attempts), (AuthFailureReason::RateLimited, 1));
}

#[tokio::test]
async fn a_wait_beyond_the_deadline_is_not_begun() {
    let issuer = Issuer::playing(vec![answer("429 Slow", "retry-after: 3600\r\n", "")]).await;
    let definition = definition(issuer.address, 5);
    let clock = Clock::manual("2026-03-01T12:00:00Z".parse().unwrap());
    let request =
        TokenRequest { definition: &definition, secret: &SecretString::from(SECRET), parameters: &[], deadline: LONG };
    let hour = RetryPolicy { retry_after_max: Duration::from_hours(1), ..RetryPolicy::default() };
    let failure = endpoint(&["127.0.0.1"], &clock).with_retries(hour).request(request).await.unwrap_err().failure;
    assert_eq!((failure.reason, failure.attempts), (AuthFailureReason::RateLimited, 1));
    issuer.heard().await;
}

#[tokio::test]
async fn nobody_there_and_nobody_allowed_are_told_apart() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let failure = ask(&definition(address, 1)).await.unwrap_err();
    assert_eq!((failure.phase, failure.reason), (AuthPhase::Connect, AuthFailureReason::Connect));
    assert_eq!(failure.attempts, 2);

    let canary = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let clock = Clock::system();
    let definition = definition(canary.local_addr().unwrap(), 5);
    let secret = SecretString::from(SECRET);
    let request =
        TokenRequest { definition: &definition, secret: &secret, parameters: &[], deadline: clock.monotonic() + LONG };
    let failure = endpoint(&[], &clock).request(request).await.unwrap_err().failure;
    assert_eq!((failure.phase, failure.reason), (AuthPhase::Dns, AuthFailureReason::EgressDenied));
    assert_eq!(failure.attempts, 1);
    let canary = canary.into_std().unwrap();
    assert_eq!(canary.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}

#[tokio::test]
async fn a_host_without_a_certificate_is_a_tls_failure_that_is_not_repeated() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut definition = definition(listener.local_addr().unwrap(), 5);
    definition.access_token_url = HttpUrl::parse(&format!("https://{}/", listener.local_addr().unwrap())).unwrap();
    let plain = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n").await.unwrap();
    });
    let failure = ask(&definition).await.unwrap_err();
    plain.await.unwrap();
    assert_eq!((failure.phase, failure.reason), (AuthPhase::Tls, AuthFailureReason::Tls));
    assert_eq!(failure.attempts, 1);
}
