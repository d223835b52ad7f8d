//! One entry of `egress.allow`: what an operator opens on purpose.
//!
//! Shapes: a network (`10.0.0.0/8`), an address (`10.1.2.3`, `::1`), an address with a port (`127.0.0.1:9100`,
//! `[::1]:9100`), a host (`idp.corp.internal`, `idp.corp.internal:8443`) or every host below one
//! (`*.corp.internal`, `*.corp.internal:443`).

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;
use url::Host;

/// Most entries that one policy may hold.
pub const ALLOW_RULES_MAX: usize = 1_000;

/// Says which entry of the allow list is wrong, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AllowRuleError {
    /// The entry can't be read as any of the shapes.
    #[error("the egress allow rule `{entry}` {reason}")]
    Malformed {
        /// The entry as configured.
        entry: String,
        /// Completes the sentence.
        reason: &'static str,
    },
    /// The list is longer than [`ALLOW_RULES_MAX`].
    #[error("the egress allow list has more than {ALLOW_RULES_MAX} rules")]
    TooMany,
}

/// What one entry opens. Without a port: every port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum AllowRule {
    /// The addresses of a network.
    Network { network: IpNet, port: Option<u16> },
    /// One host name, whatever it resolves to.
    Host { name: String, port: Option<u16> },
    /// Every host name below `parent`, not `parent` itself, whatever it resolves to.
    Below { parent: String, port: Option<u16> },
}

impl AllowRule {
    /// Reads one entry of the allow list.
    pub(super) fn parse(entry: &str) -> Result<Self, AllowRuleError> {
        let malformed = |reason| AllowRuleError::Malformed { entry: entry.to_owned(), reason };
        if entry.contains('/') {
            let network: IpNet = entry.parse().map_err(|_| malformed("is not a network such as 10.0.0.0/8"))?;
            if network.trunc() != network {
                return Err(malformed("has address bits beyond its prefix length"));
            }
            return Self::network(network, None).map_err(malformed);
        }
        if let Ok(socket) = entry.parse::<SocketAddr>() {
            return Self::network(socket.ip().into(), Some(socket.port())).map_err(malformed);
        }
        let bare = entry.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(entry);
        if let Ok(address) = bare.parse::<IpAddr>() {
            return Self::network(address.into(), None).map_err(malformed);
        }
        Self::host(entry).map_err(malformed)
    }

    fn network(network: IpNet, port: Option<u16>) -> Result<Self, &'static str> {
        if port == Some(0) {
            return Err("has port 0");
        }
        match network {
            // Mapped addresses are judged as the IPv4 address they stand for, so such a rule would never match.
            IpNet::V6(net) if net.prefix_len() >= 96 && net.addr().to_ipv4_mapped().is_some() => {
                Err("is an IPv4-mapped network; write it in IPv4 form")
            }
            network => Ok(Self::Network { network, port }),
        }
    }

    fn host(entry: &str) -> Result<Self, &'static str> {
        let (host, port) = match entry.rsplit_once(':') {
            None => (entry, None),
            Some((host, port)) => match port.parse::<u16>() {
                Ok(0) => return Err("has port 0"),
                Ok(port) => (host, Some(port)),
                Err(_) => return Err("has no valid port after its colon"),
            },
        };
        let (name, below) = match host.strip_prefix("*.") {
            Some(parent) => (parent, true),
            None => (host, false),
        };
        let Ok(Host::Domain(name)) = Host::parse(name) else {
            return Err("is neither a host name nor an address in its usual form");
        };
        let name = plain_name(&name);
        if has_empty_label(name) || name.contains('*') {
            return Err("is not a host name");
        }
        let name = name.to_owned();
        Ok(if below { Self::Below { parent: name, port } } else { Self::Host { name, port } })
    }

    /// Whether this rule names the host, and opens `port` on it.
    pub(super) fn opens_host(&self, name: &str, port: u16) -> bool {
        match self {
            Self::Network { .. } => false,
            Self::Host { name: own, port: own_port } => own == name && opens(*own_port, port),
            Self::Below { parent, port: own_port } => is_below(name, parent) && opens(*own_port, port),
        }
    }

    /// Whether this rule covers the address, and opens `port` on it. `address` is not an IPv4-mapped one.
    pub(super) fn opens_address(&self, address: IpAddr, port: u16) -> bool {
        match self {
            Self::Network { network, port: own_port } => network.contains(&address) && opens(*own_port, port),
            Self::Host { .. } | Self::Below { .. } => false,
        }
    }
}

fn opens(own: Option<u16>, port: u16) -> bool {
    own.is_none_or(|own| own == port)
}

/// Whether `name` is a strict subdomain of `parent`.
pub(super) fn is_below(name: &str, parent: &str) -> bool {
    name.strip_suffix(parent).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
}

/// The name without the one trailing dot that only says "absolute": both spellings are the same host.
pub(super) fn plain_name(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

/// Whether a plain name has a label with nothing in it (`a..b`, `.a`, an empty name).
pub(super) fn has_empty_label(name: &str) -> bool {
    name.split('.').any(str::is_empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str, port: Option<u16>) -> AllowRule {
        AllowRule::Network { network: text.parse().unwrap(), port }
    }

    #[test]
    fn every_shape_is_read() {
        let host = |name: &str, port| AllowRule::Host { name: name.to_owned(), port };
        let below = |parent: &str, port| AllowRule::Below { parent: parent.to_owned(), port };
        for (entry, rule) in [
            ("10.0.0.0/8", network("10.0.0.0/8", None)),
            ("fd00::/8", network("fd00::/8", None)),
            ("10.1.2.3", network("10.1.2.3/32", None)),
            ("::1", network("::1/128", None)),
            ("[::1]", network("::1/128", None)),
            ("127.0.0.1:9100", network("127.0.0.1/32", Some(9100))),
            ("[::1]:9100", network("::1/128", Some(9100))),
            ("localhost", host("localhost", None)),
            ("IdP.Corp.Internal.:8443", host("idp.corp.internal", Some(8443))),
            ("*.example.com", below("example.com", None)),
            ("*.example.com:443", below("example.com", Some(443))),
        ] {
            assert_eq!(AllowRule::parse(entry), Ok(rule), "{entry}");
        }
    }

    #[test]
    fn a_bad_entry_is_refused_and_named() {
        for entry in [
            "",
            "*",
            "*.",
            "a..b",
            ".a",
            "a*.example.com",
            "*.*.example.com",
            "10.0.0.0/33",
            "10.0.0.1/8",
            "10.0.0.0/8:443",
            "::ffff:10.0.0.1",
            "::ffff:10.0.0.0/104",
            "idp.example.com:",
            "idp.example.com:0",
            "idp.example.com:65536",
            "idp.example.com:https",
            "127.0.0.1:0",
            "*.127.0.0.1",
            "0x7f.1",
            "https://idp.example.com",
            "user@idp.example.com",
            "two words",
        ] {
            let refused = AllowRule::parse(entry).unwrap_err();
            assert!(refused.to_string().contains(&format!("`{entry}`")), "{entry}: {refused}");
        }
    }

    #[test]
    fn a_wildcard_opens_what_is_below_and_nothing_else() {
        let rule = AllowRule::parse("*.example.com:443").unwrap();
        assert!(rule.opens_host("a.example.com", 443));
        assert!(rule.opens_host("a.b.example.com", 443));
        assert!(!rule.opens_host("a.example.com", 80));
        assert!(!rule.opens_host("example.com", 443));
        assert!(!rule.opens_host("badexample.com", 443));
        assert!(!rule.opens_host(".example.com", 443));
    }
}
