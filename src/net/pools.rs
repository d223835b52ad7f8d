//! The connection pools: one set for requests without an identity, and one for each identity.
//!
//! A server knows a connection by the certificate that opened it. Were pools shared, a request of one identity could go
//! out on the connection of another.

use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use rustls::ClientConfig;

use super::client::{ClientBuildError, ClientTimeouts, HTTP2_HEADER_LIST_BYTES_MAX, RESPONSE_HEADERS_MAX, USER_AGENT};
use super::guard::EgressPolicy;
use super::identity::{ClientIdentity, IdentityDigest};
use super::resolver::GuardedResolver;
use super::tls::TlsTrust;
use super::trust::TrustedCertificates;

/// Most identities whose connections are kept. One more drops the idle connections of the least used.
pub const IDENTITY_POOLS_MAX: u64 = 64;

/// How long the pools of an identity that is no longer used are kept. No connection is idle for so long.
const IDENTITY_IDLE_MAX: Duration = Duration::from_mins(5);

/// Idle connections kept per host; enough that a steady load never opens a new one.
const IDLE_CONNECTIONS_PER_HOST_MAX: usize = 256;

/// How long an idle connection is kept. Shorter than the 60 s after which common load balancers drop theirs silently.
const IDLE_CONNECTION_MAX: Duration = Duration::from_secs(50);

/// The two clients of one identity, or of none.
#[derive(Debug, Clone)]
pub(super) struct Pair {
    /// Decodes content encodings.
    pub(super) decoding: reqwest::Client,
    /// Leaves bodies and `accept-encoding` as they are.
    pub(super) raw: reqwest::Client,
}

/// All pools of one guarded client.
#[derive(Debug)]
pub(super) struct Pools {
    maker: Maker,
    anonymous: Pair,
    of_identities: Cache<IdentityDigest, Pair>,
}

/// What every client is made with.
#[derive(Debug)]
struct Maker {
    trust: TlsTrust,
    resolver: Arc<GuardedResolver>,
    timeouts: ClientTimeouts,
}

impl Pools {
    pub(super) fn new(
        policy: &EgressPolicy,
        timeouts: ClientTimeouts,
        trusted: &TrustedCertificates,
    ) -> Result<Self, ClientBuildError> {
        let maker = Maker {
            trust: TlsTrust::new(trusted).map_err(ClientBuildError::Tls)?,
            resolver: Arc::new(GuardedResolver::new(policy.clone(), timeouts.dns)),
            timeouts,
        };
        let of_identities = Cache::builder().max_capacity(IDENTITY_POOLS_MAX).time_to_idle(IDENTITY_IDLE_MAX).build();
        Ok(Self { anonymous: maker.pair(None)?, maker, of_identities })
    }

    /// The clients for requests with this identity, or without.
    pub(super) fn of(&self, identity: Option<&ClientIdentity>) -> Result<Pair, Arc<ClientBuildError>> {
        match identity {
            None => Ok(self.anonymous.clone()),
            Some(identity) => self.of_identities.try_get_with(identity.digest(), || self.maker.pair(Some(identity))),
        }
    }

    pub(super) fn trust(&self) -> &TlsTrust {
        &self.maker.trust
    }

    pub(super) fn resolver(&self) -> &GuardedResolver {
        &self.maker.resolver
    }

    pub(super) fn timeouts(&self) -> ClientTimeouts {
        self.maker.timeouts
    }
}

impl Maker {
    fn pair(&self, identity: Option<&ClientIdentity>) -> Result<Pair, ClientBuildError> {
        let tls = self.trust.config(identity).map_err(ClientBuildError::Tls)?;
        let built = |builder: reqwest::ClientBuilder| {
            builder.build().map_err(|error| ClientBuildError::Client(error.without_url()))
        };
        let decoding = built(self.guarded(tls.clone()))?;
        let raw = built(self.guarded(tls).no_gzip().no_brotli().no_deflate().no_zstd())?;
        Ok(Pair { decoding, raw })
    }

    /// The builder of every client: with every convenience that leaks switched off.
    fn guarded(&self, tls: ClientConfig) -> reqwest::ClientBuilder {
        #[expect(clippy::disallowed_methods, reason = "this is the one home of the client")]
        let builder = reqwest::Client::builder();
        builder
            .user_agent(USER_AGENT)
            .tls_backend_preconfigured(tls)
            // A proxy from the environment would be connected to instead of the host that was judged.
            .no_proxy()
            // A 307 would carry the body, with the client's secret in it, to whatever host the peer names.
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .dns_resolver(Arc::clone(&self.resolver))
            .connect_timeout(self.timeouts.connect)
            .pool_max_idle_per_host(IDLE_CONNECTIONS_PER_HOST_MAX)
            .pool_idle_timeout(IDLE_CONNECTION_MAX)
            .http1_max_headers(RESPONSE_HEADERS_MAX)
            .http2_max_header_list_size(HTTP2_HEADER_LIST_BYTES_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pools() -> Pools {
        let trusted = TrustedCertificates::default();
        Pools::new(&EgressPolicy::default(), ClientTimeouts::default(), &trusted).unwrap()
    }

    fn identity(name: usize) -> ClientIdentity {
        let made = rcgen::generate_simple_self_signed([format!("client-{name}.example")]).unwrap();
        ClientIdentity::from_pem(&format!("{}{}", made.cert.pem(), made.signing_key.serialize_pem())).unwrap()
    }

    #[test]
    fn an_identity_keeps_its_pools() {
        let pools = pools();
        let identity = identity(1);
        pools.of(Some(&identity)).unwrap();
        pools.of(Some(&identity.clone())).unwrap();
        pools.of(None).unwrap();
        pools.of_identities.run_pending_tasks();
        assert_eq!(pools.of_identities.entry_count(), 1);
    }

    #[test]
    fn the_number_of_identities_with_pools_is_limited() {
        let pools = pools();
        for name in 0..usize::try_from(IDENTITY_POOLS_MAX).unwrap() {
            pools.of(Some(&identity(name))).unwrap();
        }
        pools.of_identities.run_pending_tasks();
        assert_eq!(pools.of_identities.entry_count(), IDENTITY_POOLS_MAX);
        pools.of(Some(&identity(1_000))).unwrap();
        pools.of_identities.run_pending_tasks();
        assert_eq!(pools.of_identities.entry_count(), IDENTITY_POOLS_MAX);
    }
}
