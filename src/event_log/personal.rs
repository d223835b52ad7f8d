//! Personal fields of events: sealed under a key of their subject, which is itself sealed under the key ring.
//!
//! The tree commits to the ciphertext. Destroying a subject's key erases the subject everywhere, backups of the log
//! included, and every hash still verifies.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use diesel::prelude::*;
use secrecy::ExposeSecret;
use uuid::Uuid;

use super::database::on;
use super::record::SealedPersonal;
use super::tables::subject_keys;
use super::{Conn, DatabaseError, Personal, Provenance, StoredEvent};
use crate::crypto::{EncryptionKey, KeyRing, SealContext, UnsealError};
use crate::domain::actor::ActorType;

/// Subjects whose opened keys the writer remembers.
const SUBJECTS_MAX: usize = 1_024;

/// Seals personal fields as events are written; lives in the writer.
pub(super) struct Sealer {
    keys: std::sync::Arc<KeyRing>,
    subjects: HashMap<String, KeyRing>,
}

impl Sealer {
    pub(super) fn new(keys: std::sync::Arc<KeyRing>) -> Self {
        Self { keys, subjects: HashMap::new() }
    }

    /// Forgets keys that a rolled-back transaction may have created.
    pub(super) fn forget(&mut self) {
        self.subjects.clear();
    }

    /// Seals the personal fields of one event; Latchkey itself has none.
    pub(super) fn seal(
        &mut self,
        conn: &mut Conn<'_>,
        event: Uuid,
        provenance: &Provenance,
    ) -> Result<Option<SealedPersonal>, DatabaseError> {
        if provenance.actor.r#type == ActorType::System {
            return Ok(None);
        }
        let subject = provenance.actor.id.clone();
        let personal = Personal {
            actor_display: provenance.actor.display.clone(),
            source_ip: provenance.source_ip.clone(),
            user_agent: provenance.user_agent.clone(),
        };
        let plain = serde_json::to_vec(&personal).map_err(|error| DatabaseError::Corrupt(error.to_string()))?;
        let ring = self.subject(conn, &subject)?;
        let sealed = ring.seal(&context(&event.to_string()), &plain);
        Ok(Some(SealedPersonal { subject, sealed: URL_SAFE_NO_PAD.encode(sealed) }))
    }

    fn subject(&mut self, conn: &mut Conn<'_>, subject: &str) -> Result<&KeyRing, DatabaseError> {
        if !self.subjects.contains_key(subject) {
            let ring = match load(conn, &self.keys, subject)? {
                Some(ring) => ring,
                None => create(conn, &self.keys, subject)?,
            };
            if self.subjects.len() >= SUBJECTS_MAX {
                self.subjects.clear();
            }
            self.subjects.insert(subject.to_owned(), ring);
        }
        self.subjects.get(subject).ok_or_else(|| DatabaseError::Corrupt("a subject's key".to_owned()))
    }
}

/// Opens the personal fields of an event; `None` when it has none or its subject was erased.
pub(super) fn open(
    conn: &mut Conn<'_>,
    keys: &KeyRing,
    event: &StoredEvent,
) -> Result<Option<Personal>, DatabaseError> {
    let Some(SealedPersonal { subject, sealed }) = &event.personal else { return Ok(None) };
    let Some(ring) = load(conn, keys, subject)? else { return Ok(None) };
    let unreadable = || DatabaseError::Corrupt(format!("the personal fields of event {}", event.position));
    let sealed = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| unreadable())?;
    let plain = match ring.unseal(&context(&event.id.to_string()), &sealed) {
        Ok(plain) => plain,
        // The subject was erased and has come back: its new key has nothing to do with what was sealed before.
        Err(UnsealError::UnknownKey { .. }) => return Ok(None),
        Err(UnsealError::Tampered | UnsealError::Malformed) => return Err(unreadable()),
    };
    serde_json::from_slice(&plain).map(Some).map_err(|_| unreadable())
}

fn load(conn: &mut Conn<'_>, keys: &KeyRing, subject: &str) -> Result<Option<KeyRing>, DatabaseError> {
    let query = subject_keys::table.find(subject).select(subject_keys::sealed);
    let sealed: Option<Vec<u8>> = on!(conn, |c| query.first(c).optional())?;
    let Some(sealed) = sealed else { return Ok(None) };
    let unreadable = || DatabaseError::Corrupt("a subject's key can't be unsealed".to_owned());
    let hex = keys.unseal(&subject_context(subject), &sealed).map_err(|_| unreadable())?;
    let hex = String::from_utf8(hex.to_vec()).map_err(|_| unreadable())?;
    let key = EncryptionKey::from_hex(&hex.into()).map_err(|_| unreadable())?;
    Ok(Some(KeyRing::new(&key, &[])))
}

fn create(conn: &mut Conn<'_>, keys: &KeyRing, subject: &str) -> Result<KeyRing, DatabaseError> {
    let key = EncryptionKey::generate();
    let sealed = keys.seal(&subject_context(subject), key.to_hex().expose_secret().as_bytes());
    let row = (subject_keys::subject.eq(subject), subject_keys::sealed.eq(sealed));
    on!(conn, |c| diesel::insert_into(subject_keys::table).values(row).execute(c))?;
    Ok(KeyRing::new(&key, &[]))
}

fn context(event: &str) -> SealContext<'_> {
    SealContext { table: "events", row: event, field: "personal", version: 1 }
}

fn subject_context(subject: &str) -> SealContext<'_> {
    SealContext { table: "subject_keys", row: subject, field: "key", version: 1 }
}
