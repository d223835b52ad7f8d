//! `--demo`: the demo issuer and API inside the process, and one connection to them that works.

use std::io;
use std::sync::Arc;

use secrecy::SecretString;

use super::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::crypto::KeyRing;
use crate::demo::{CLIENT_ID, Demo, SCOPES, Settings};
use crate::domain::connection::{ConnectionCommand, ConnectionRejection};
use crate::domain::definition::{
    ClientAuthentication, ClientSecret, ConnectionDefinition, CredentialPlacement, Parameter, ParameterPlacement,
};
use crate::domain::secret::SecretRejection;
use crate::domain::{FieldError, HostRule, HttpUrl, Key};
use crate::event_log::Provenance;
use crate::projections::connections;
use crate::registry::confirmation::EndpointAuthority;
use crate::registry::{ChangeError, ConnectionChange, NewConnection, NewSecret};

/// Key of the seeded connection.
const CONNECTION: &str = "demo";
/// Key of the seeded secret.
const SECRET: &str = "demo-secret";
/// How far from our own port the demo listens: 4010 beside 4000.
const PORT_OFFSET: u16 = 10;

/// Starts the issuer and the API on loopback.
///
/// # Errors
/// The port is taken.
pub(super) fn start(config: &Config, keys: &KeyRing, clock: &Clock) -> io::Result<Demo> {
    let clock = clock.clone();
    let mut settings = Settings::new(client_secret(keys), Arc::new(move || clock.now()));
    // Whoever asks for any free port gets any free port for the demo as well.
    settings.port = match config.server.listen.port() {
        0 => 0,
        own => own.saturating_add(PORT_OFFSET),
    };
    Demo::start(settings)
}

/// The same at every start, so that the seeded connection goes on working; of no use to anyone without the key.
fn client_secret(keys: &KeyRing) -> SecretString {
    let half = |purpose| keys.fingerprint(purpose, b"demo");
    SecretString::from(format!("{}{}", half("demo-client-secret-1"), half("demo-client-secret-2")))
}

impl App {
    /// Stores the demo's secret and connection unless they are there. What a person changed is left as it is, except for
    /// an address that the demo no longer has.
    pub(super) async fn seed_demo(&self, demo: &Demo) -> Result<(), String> {
        self.seed(demo, client_secret(&self.keys)).await
    }

    async fn seed(&self, demo: &Demo, client_secret: SecretString) -> Result<(), String> {
        let parse = |text| Key::parse(text).map_err(|error| error.to_string());
        let (connection, secret) = (parse(CONNECTION)?, parse(SECRET)?);
        let definition = definition(demo, &secret).map_err(|error| error.to_string())?;
        let provenance = || Provenance::system(self.ids.next());
        let new = NewSecret {
            expires_at: None,
            key: secret,
            display_name: "Demo client secret".to_owned(),
            value: client_secret,
            idempotency_key: None,
        };
        match self.registry.create_secret(new, provenance()).await {
            Ok(_) | Err(ChangeError::Rejected(SecretRejection::KeyTaken)) => {}
            Err(error) => return Err(error.to_string()),
        }
        let new = NewConnection {
            key: connection.clone(),
            definition: definition.clone(),
            issuer: None,
            idempotency_key: None,
            authority: EndpointAuthority::Right,
        };
        match self.registry.create_connection(new, provenance()).await {
            Err(ChangeError::Rejected(ConnectionRejection::KeyTaken)) => self.follow_demo(connection, definition).await,
            // Rejected when the secret was deleted by a person: then there is no demo connection.
            Ok(_) | Err(ChangeError::Rejected(_)) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Points a seeded connection to where the demo is now.
    async fn follow_demo(&self, key: Key, wanted: ConnectionDefinition) -> Result<(), String> {
        let asked = key.clone();
        let found = self.log.database().run(move |conn| connections::get(conn, &asked)).await;
        let Some(view) = found.map_err(|error| error.to_string())? else { return Ok(()) };
        if view.definition.access_token_url == wanted.access_token_url {
            return Ok(());
        }
        let definition = ConnectionDefinition {
            access_token_url: wanted.access_token_url,
            allowed_hosts: wanted.allowed_hosts,
            ..view.definition
        };
        let command = ConnectionCommand::Update {
            expected_version: view.version,
            definition: Some(Box::new(definition)),
            enabled: None,
            reason: Some("the demo listens on another port".to_owned()),
        };
        let change = ConnectionChange { key, command, issuer: None, authority: EndpointAuthority::Right };
        let changed = self.registry.change_connection(change, Provenance::system(self.ids.next())).await;
        changed.map(drop).map_err(|error| error.to_string())
    }
}

fn definition(demo: &Demo, secret: &Key) -> Result<ConnectionDefinition, FieldError> {
    let secret = ClientSecret::new(secret.clone(), CredentialPlacement::BasicHeader);
    let authentication = ClientAuthentication::ClientSecret(secret);
    let token_url = HttpUrl::parse(&demo.token_url())?;
    Ok(ConnectionDefinition {
        description: Some("The issuer and the API that run inside `latchkey serve --demo`.".to_owned()),
        labels: vec!["demo".to_owned()],
        parameters: vec![Parameter {
            name: "scope".to_owned(),
            value: SCOPES.join(" "),
            placement: ParameterPlacement::Body,
        }],
        allowed_hosts: vec![HostRule::parse(&demo.address().to_string())?],
        ..ConnectionDefinition::new("Demo API", CLIENT_ID, token_url, authentication)
    })
}
