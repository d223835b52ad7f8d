//! The address guard: where Latchkey may send something to.
//!
//! Everything that is not public unicast is denied, and so are names that mean "inside" (`localhost`, `*.local`,
//! `*.internal`), unless the operator's allow list opens them. Latchkey's own listeners are denied always.
//!
//! One request is judged three times, each time by its host *and* port:
//!
//! 1. [`EgressPolicy::check_url`], before anything else: address literals (a resolver never sees those) and names.
//! 2. [`EgressPolicy::check_answers`], in the resolver: every address that the name stands for. The connection is made
//!    to exactly these, so a second look-up can't give another answer (DNS rebinding).
//! 3. [`EgressPolicy::verify_peer`], once connected: the address at the other end.
//!
//! An allow rule with a port opens that port only, at each of the three: a name that is allowed at 443 and resolves to a
//! private address is out of reach at 80.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;

use arc_swap::ArcSwap;
use url::Host;

use super::address;
use super::allow::{self, ALLOW_RULES_MAX, AllowRule, AllowRuleError};
use super::cause;
use crate::domain::HttpUrl;

/// Most addresses that a name may resolve to; a public name has a handful.
pub const DNS_ANSWERS_MAX: usize = 64;

/// Rule for requests to Latchkey itself: a request that arrives here as a caller would carry our own credentials.
const OWN_LISTENER: &str = "own listener";

/// Says that the guard refused a host, and by which rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the address guard denies {host}: {rule}")]
pub struct EgressDenied {
    /// The host as in the URL. Never the address behind a name: that would map the inner network for the caller.
    pub host: String,
    /// The rule that said no, for example `loopback` or `private`.
    pub rule: String,
}

impl EgressDenied {
    /// Finds the guard's refusal among the causes of a client error: the resolver can answer only through it.
    pub fn find_in(error: &reqwest::Error) -> Option<Self> {
        cause::find::<Self>(error).cloned()
    }

    fn new(host: &str, rule: &str) -> Self {
        Self { host: host.to_owned(), rule: rule.to_owned() }
    }
}

/// Decides where requests may go. Cheap to clone; clones share the own listeners, not later rules.
#[derive(Debug, Clone, Default)]
pub struct EgressPolicy {
    rules: Arc<[AllowRule]>,
    /// Known only once the server is bound, which is after the client was made: hence a cell that clones share.
    own_listeners: Arc<ArcSwap<Vec<SocketAddr>>>,
}

impl EgressPolicy {
    /// Reads the allow list of the configuration. See [`super::allow`] for the shapes of an entry.
    ///
    /// # Errors
    /// Names the first entry that can't be read.
    pub fn parse<S: AsRef<str>>(allow: &[S]) -> Result<Self, AllowRuleError> {
        Self::default().allowing(allow)
    }

    /// Returns a policy that opens `extra` as well; clients made before keep the old one.
    ///
    /// # Errors
    /// As [`EgressPolicy::parse`].
    pub fn allowing<S: AsRef<str>>(&self, extra: &[S]) -> Result<Self, AllowRuleError> {
        if self.rules.len() + extra.len() > ALLOW_RULES_MAX {
            return Err(AllowRuleError::TooMany);
        }
        let extra = extra.iter().map(|entry| AllowRule::parse(entry.as_ref()));
        let rules = self.rules.iter().cloned().map(Ok).chain(extra).collect::<Result<Arc<[_]>, _>>()?;
        Ok(Self { rules, own_listeners: Arc::clone(&self.own_listeners) })
    }

    /// Denies Latchkey's own listener from now on, whatever the allow list says, also in clones made before.
    ///
    /// A listener on an unspecified address (`0.0.0.0`, `::`) is reached by every address of this machine, so its port
    /// is denied on all of them. An address that only leads here through somebody else's NAT can't be recognised.
    pub fn forbid_listener(&self, listener: SocketAddr) {
        self.own_listeners.rcu(|known| {
            let mut known = Vec::clone(known);
            known.push(listener);
            known
        });
    }

    /// Judges the host of a URL before a request: an address finally, a name as far as it can be without a look-up.
    ///
    /// # Errors
    /// The rule that denies the host.
    pub fn check_url(&self, url: &HttpUrl) -> Result<(), EgressDenied> {
        let denied = |rule: &str| EgressDenied::new(url.host(), rule);
        match url.typed_host() {
            None => Err(denied("no host")),
            Some(Host::Ipv4(ip)) => self.judge_address(SocketAddr::new(ip.into(), url.port())).map_err(denied),
            Some(Host::Ipv6(ip)) => self.judge_address(SocketAddr::new(ip.into(), url.port())).map_err(denied),
            Some(Host::Domain(name)) if self.opens_host(name, url.port()) => Ok(()),
            Some(Host::Domain(name)) => name_denied_by(name).map_or(Ok(()), |rule| Err(denied(rule))),
        }
    }

    /// Whether a secret or a token may travel to the URL: over TLS (RFC 6749 §3.2, RFC 6750 §5.3), or to a host that the
    /// allow list names, because whoever opened it knows the way there.
    pub fn may_carry_credentials(&self, url: &HttpUrl) -> bool {
        if url.as_url().scheme() == "https" {
            return true;
        }
        let opened = |ip: IpAddr| self.rules.iter().any(|rule| rule.opens_address(ip.to_canonical(), url.port()));
        match url.typed_host() {
            Some(Host::Domain(name)) => self.opens_host(name, url.port()),
            Some(Host::Ipv4(ip)) => opened(ip.into()),
            Some(Host::Ipv6(ip)) => opened(ip.into()),
            None => false,
        }
    }

    /// Judges every address that `name` resolved to; one that is denied refuses the name.
    ///
    /// Choosing among the answers instead would let whoever owns the name try again until the race is won.
    ///
    /// # Errors
    /// The rule that denies one of the answers, or their number.
    pub fn check_answers(&self, name: &str, answers: &[SocketAddr]) -> Result<(), EgressDenied> {
        if answers.len() > DNS_ANSWERS_MAX {
            return Err(EgressDenied::new(name, "resolves to too many addresses"));
        }
        answers
            .iter()
            .try_for_each(|answer| self.judge_answer(name, *answer))
            .map_err(|rule| EgressDenied::new(name, rule))
    }

    /// Judges the address that a response came from, as the last of the three checks.
    ///
    /// # Errors
    /// The rule that denies the peer, also when the client can't name it.
    pub fn verify_peer(&self, url: &HttpUrl, peer: Option<SocketAddr>) -> Result<(), EgressDenied> {
        let denied = |rule: &str| EgressDenied::new(url.host(), rule);
        let Some(peer) = peer else { return Err(denied("the peer's address is unknown")) };
        match url.typed_host() {
            Some(Host::Domain(name)) => self.judge_answer(name, peer).map_err(denied),
            Some(Host::Ipv4(_) | Host::Ipv6(_)) | None => self.judge_address(peer).map_err(denied),
        }
    }

    fn judge_answer(&self, name: &str, answer: SocketAddr) -> Result<(), &'static str> {
        if self.opens_host(name, answer.port()) && !self.is_own_listener(answer) {
            return Ok(());
        }
        self.judge_address(answer)
    }

    fn judge_address(&self, target: SocketAddr) -> Result<(), &'static str> {
        if self.is_own_listener(target) {
            return Err(OWN_LISTENER);
        }
        let address = target.ip().to_canonical();
        if self.rules.iter().any(|rule| rule.opens_address(address, target.port())) {
            return Ok(());
        }
        address::denied_by(address).map_or(Ok(()), Err)
    }

    fn opens_host(&self, name: &str, port: u16) -> bool {
        let name = allow::plain_name(name);
        self.rules.iter().any(|rule| rule.opens_host(name, port))
    }

    fn is_own_listener(&self, target: SocketAddr) -> bool {
        self.own_listeners.load().iter().any(|own| reaches(target, *own))
    }
}

/// Whether connecting to `target` would end at a listener bound to `own`.
fn reaches(target: SocketAddr, own: SocketAddr) -> bool {
    if target.port() != own.port() {
        return false;
    }
    let (target, own) = (target.ip().to_canonical(), own.ip().to_canonical());
    // Connecting to an unspecified address means this machine.
    target == own || target.is_unspecified() || own.is_unspecified() && is_of_this_machine(target)
}

/// Whether an interface of this machine has the address: only then can a datagram socket be bound to it.
///
/// Nothing is sent. Asked only when the port is our own already, so almost never.
fn is_of_this_machine(address: IpAddr) -> bool {
    address.is_loopback() || UdpSocket::bind((address, 0)).is_ok()
}

/// Names the rule that denies a host name without a look-up.
fn name_denied_by(name: &str) -> Option<&'static str> {
    let name = allow::plain_name(name);
    if allow::has_empty_label(name) {
        return Some("a name with an empty label");
    }
    let within = |parent: &str| name == parent || allow::is_below(name, parent);
    if within("localhost") {
        return Some("a loopback name (localhost)");
    }
    if within("local") {
        return Some("a link-local name (.local)");
    }
    within("internal").then_some("a private name (.internal)")
}

#[cfg(test)]
mod tests;
