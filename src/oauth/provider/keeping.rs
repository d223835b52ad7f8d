//! Keeps tokens sealed beyond a restart, and finds them again.

use std::sync::Arc;

use super::super::binding::Binding;
use super::super::cache::CachedToken;
use super::super::kept;
use super::super::secret_versions::SecretVersions;
use super::Inner;
use super::flight::Errand;
use crate::domain::definition::{ClientAuthentication, TlsClientAuth};
use crate::event_log::{Alongside, Conn};
use crate::projections::sealed_tokens::{self, AskedWith};

impl Inner {
    /// What seals a new token into the database in the transaction of its event: unless, by then, the connection or its
    /// secret has changed or its tokens were evicted, for then nobody is to use it any more.
    pub(super) fn keeping(&self, errand: &Errand, token: &CachedToken) -> Option<Alongside> {
        let definition = &errand.wish.active.definition;
        // A token that is bound to a key is of no use without the key, which lives in memory only.
        if !self.keep_sealed || token.token.lifetime_ms == 0 || definition.dpop.is_some() {
            return None;
        }
        let sealed = kept::seal(&self.keys, &errand.key, token)?;
        let asked = AskedWith {
            connection: errand.wish.connection.clone(),
            connection_version: errand.wish.active.version,
            secret: definition.authentication.secret().map(|secret| (secret.clone(), errand.secret_version)),
        };
        let (cache, evictions, now) = (self.cache.clone(), errand.evictions, token.issued_at);
        Some(Box::new(move |conn: &mut Conn<'_>| {
            sealed_tokens::prune(conn, now)?;
            let is_wanted = cache.evictions(&asked.connection) == evictions;
            if is_wanted && sealed_tokens::is_current(conn, &asked)? {
                sealed_tokens::store(conn, &sealed)?;
            }
            Ok(())
        }))
    }

    /// The token that was kept for the errand, if there is one to use; it is in the cache from then on.
    ///
    /// Only for a first token: whatever is in the cache, or was refused, is as new as what is in the database. What does not
    /// open is passed over, and makes room for the token that is fetched instead.
    pub(super) async fn kept(&self, errand: &Errand) -> Option<Arc<CachedToken>> {
        if !self.keep_sealed || errand.reason.is_some() {
            return None;
        }
        let id = kept::id(&self.keys, &errand.key);
        let connection = &errand.wish.connection;
        let read = self.log.database().run(move |conn| sealed_tokens::read(conn, &id)).await;
        let sealed =
            read.inspect_err(|error| tracing::warn!(%connection, %error, "kept tokens can't be read")).ok()??;
        let opened = kept::open(&self.keys, &errand.key, &sealed);
        let mut kept =
            opened.inspect_err(|error| tracing::warn!(%connection, %error, "a kept token is passed over")).ok()?;
        kept.binding = self.binding(errand).await?;
        let token = self.cache.date_kept(kept)?;
        self.cache.insert_unless_evicted(errand.key.clone(), &token, errand.evictions);
        Some(token)
    }

    /// What a kept token is bound to: the certificate is still in the secret that the token was asked for with.
    async fn binding(&self, errand: &Errand) -> Option<Binding> {
        let definition = &errand.wish.active.definition;
        let ClientAuthentication::TlsClientAuth(TlsClientAuth { secret, .. }) = &definition.authentication else {
            return Some(Binding::default());
        };
        let versions =
            SecretVersions::open(self.log.database(), &self.keys, Some(secret), self.clock.now()).await.ok()?;
        if versions.current_version() != errand.secret_version {
            return None;
        }
        Binding::of(definition, versions.current()).ok()
    }
}
