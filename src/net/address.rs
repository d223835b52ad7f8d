//! Which addresses are public unicast, and the name of the rule that says no to every other one.
//!
//! The table is the union of the IANA special-purpose address registries for IPv4 and IPv6 (RFC 6890, RFC 8190), the
//! multicast and reserved blocks of the address space registries, and two well-known metadata services. Rows of the
//! registries that are "globally reachable" (AS112, AMT, …) are denied too: no API lives there.
//!
//! Pure: no look-up, no socket, no configuration. What an operator opens is decided in [`super::guard`].

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// A network that is not public unicast.
struct Denied {
    network: IpNet,
    rule: &'static str,
}

const fn v4(octets: [u8; 4], prefix: u8, rule: &'static str) -> Denied {
    Denied { network: IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::from_octets(octets), prefix)), rule }
}

const fn v6(segments: [u16; 8], prefix: u8, rule: &'static str) -> Denied {
    Denied { network: IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::from_segments(segments), prefix)), rule }
}

/// The first row that contains an address names the rule, so narrow rows stand before wide ones.
const DENIED: &[Denied] = &[
    // IPv4
    v4([0, 0, 0, 0], 8, "this network"),
    v4([10, 0, 0, 0], 8, "private"),
    v4([100, 64, 0, 0], 10, "carrier-grade NAT"),
    v4([127, 0, 0, 0], 8, "loopback"),
    v4([168, 63, 129, 16], 32, "cloud metadata"), // Azure's wire server: a public number, reachable from inside only.
    v4([169, 254, 169, 254], 32, "cloud metadata"),
    v4([169, 254, 0, 0], 16, "link-local"),
    v4([172, 16, 0, 0], 12, "private"),
    v4([192, 0, 0, 0], 24, "IETF protocol assignments"),
    v4([192, 0, 2, 0], 24, "documentation"),
    v4([192, 31, 196, 0], 24, "AS112"),
    v4([192, 52, 193, 0], 24, "AMT relay"),
    v4([192, 88, 99, 0], 24, "6to4 relay"),
    v4([192, 168, 0, 0], 16, "private"),
    v4([192, 175, 48, 0], 24, "AS112"),
    v4([198, 18, 0, 0], 15, "benchmarking"),
    v4([198, 51, 100, 0], 24, "documentation"),
    v4([203, 0, 113, 0], 24, "documentation"),
    v4([224, 0, 0, 0], 4, "multicast"),
    v4([255, 255, 255, 255], 32, "broadcast"),
    v4([240, 0, 0, 0], 4, "reserved"),
    // IPv6
    v6([0, 0, 0, 0, 0, 0, 0, 0], 128, "unspecified"),
    v6([0, 0, 0, 0, 0, 0, 0, 1], 128, "loopback"),
    v6([0, 0, 0, 0, 0, 0, 0, 0], 96, "IPv4-compatible"),
    v6([0, 0, 0, 0, 0xffff, 0, 0, 0], 96, "IPv4-translated"),
    v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48, "local NAT64"),
    v6([0x100, 0, 0, 0, 0, 0, 0, 0], 64, "discard-only"),
    v6([0x100, 0, 0, 1, 0, 0, 0, 0], 64, "dummy prefix"),
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32, "Teredo"),
    v6([0x2001, 2, 0, 0, 0, 0, 0, 0], 48, "benchmarking"),
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23, "IETF protocol assignments"),
    v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32, "documentation"),
    v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16, "6to4"),
    v6([0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0], 48, "AS112"),
    v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20, "documentation"),
    v6([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16, "segment routing (SRv6)"),
    v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, "unique local"),
    v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, "link-local"),
    v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10, "site-local"),
    v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, "multicast"),
    // Only 2000::/3 is global unicast (RFC 4291 section 2.4); the next three rows are all the rest.
    v6([0, 0, 0, 0, 0, 0, 0, 0], 3, "not global unicast"),
    v6([0x4000, 0, 0, 0, 0, 0, 0, 0], 2, "not global unicast"),
    v6([0x8000, 0, 0, 0, 0, 0, 0, 0], 1, "not global unicast"),
];

/// The well-known NAT64 prefix (RFC 6052): on an IPv6-only network every public IPv4 host is reached through it.
const NAT64: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);

/// Names the rule that denies `address`; `None` means that it is public unicast.
///
/// IPv6 forms that carry an IPv4 address: IPv4-mapped and well-known NAT64 are judged by the address inside, because
/// they reach exactly that address; IPv4-compatible, IPv4-translated, local NAT64, 6to4 and Teredo are denied whole.
pub(super) fn denied_by(address: IpAddr) -> Option<&'static str> {
    let address = embedded(address).unwrap_or(address);
    DENIED.iter().find(|row| row.network.contains(&address)).map(|row| row.rule)
}

/// Finds the IPv4 address that the network will really be asked for.
fn embedded(address: IpAddr) -> Option<IpAddr> {
    let IpAddr::V6(outer) = address else { return None };
    if let Some(inner) = outer.to_ipv4_mapped() {
        return Some(IpAddr::V4(inner));
    }
    if !NAT64.contains(&outer) {
        return None;
    }
    let [.., a, b, c, d] = outer.octets();
    Some(IpAddr::V4(Ipv4Addr::new(a, b, c, d)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(address: &str) -> Option<&'static str> {
        denied_by(address.parse().unwrap())
    }

    /// First and last address inside, the rule, then the neighbours outside with what denies them.
    type Edge = (
        &'static str,
        &'static str,
        &'static str,
        (&'static str, Option<&'static str>),
        (&'static str, Option<&'static str>),
    );

    const IPV4_EDGES: &[Edge] = &[
        ("0.0.0.0", "0.255.255.255", "this network", ("255.255.255.255", Some("broadcast")), ("1.0.0.0", None)),
        ("10.0.0.0", "10.255.255.255", "private", ("9.255.255.255", None), ("11.0.0.0", None)),
        ("100.64.0.0", "100.127.255.255", "carrier-grade NAT", ("100.63.255.255", None), ("100.128.0.0", None)),
        ("127.0.0.0", "127.255.255.255", "loopback", ("126.255.255.255", None), ("128.0.0.0", None)),
        ("168.63.129.16", "168.63.129.16", "cloud metadata", ("168.63.129.15", None), ("168.63.129.17", None)),
        ("169.254.0.0", "169.254.255.255", "link-local", ("169.253.255.255", None), ("169.255.0.0", None)),
        (
            "169.254.169.254",
            "169.254.169.254",
            "cloud metadata",
            ("169.254.169.253", Some("link-local")),
            ("169.254.169.255", Some("link-local")),
        ),
        ("172.16.0.0", "172.31.255.255", "private", ("172.15.255.255", None), ("172.32.0.0", None)),
        ("192.0.0.0", "192.0.0.255", "IETF protocol assignments", ("191.255.255.255", None), ("192.0.1.0", None)),
        ("192.0.2.0", "192.0.2.255", "documentation", ("192.0.1.255", None), ("192.0.3.0", None)),
        ("192.31.196.0", "192.31.196.255", "AS112", ("192.31.195.255", None), ("192.31.197.0", None)),
        ("192.52.193.0", "192.52.193.255", "AMT relay", ("192.52.192.255", None), ("192.52.194.0", None)),
        ("192.88.99.0", "192.88.99.255", "6to4 relay", ("192.88.98.255", None), ("192.88.100.0", None)),
        ("192.168.0.0", "192.168.255.255", "private", ("192.167.255.255", None), ("192.169.0.0", None)),
        ("192.175.48.0", "192.175.48.255", "AS112", ("192.175.47.255", None), ("192.175.49.0", None)),
        ("198.18.0.0", "198.19.255.255", "benchmarking", ("198.17.255.255", None), ("198.20.0.0", None)),
        ("198.51.100.0", "198.51.100.255", "documentation", ("198.51.99.255", None), ("198.51.101.0", None)),
        ("203.0.113.0", "203.0.113.255", "documentation", ("203.0.112.255", None), ("203.0.114.0", None)),
        ("224.0.0.0", "239.255.255.255", "multicast", ("223.255.255.255", None), ("240.0.0.0", Some("reserved"))),
        (
            "240.0.0.0",
            "255.255.255.254",
            "reserved",
            ("239.255.255.255", Some("multicast")),
            ("255.255.255.255", Some("broadcast")),
        ),
    ];

    #[test]
    fn every_special_purpose_ipv4_block_is_denied_from_its_first_to_its_last_address() {
        assert_edges(IPV4_EDGES);
    }

    const REST: Option<&str> = Some("not global unicast");
    const IETF: Option<&str> = Some("IETF protocol assignments");

    const IPV6_EDGES: &[Edge] = &[
        (
            "::",
            "::",
            "unspecified",
            ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Some("multicast")),
            ("::1", Some("loopback")),
        ),
        ("::1", "::1", "loopback", ("::", Some("unspecified")), ("::2", Some("IPv4-compatible"))),
        ("::2", "::255.255.255.255", "IPv4-compatible", ("::1", Some("loopback")), ("::1:0:0", REST)),
        (
            "::ffff:0:0:0",
            "::ffff:0:ffff:ffff",
            "IPv4-translated",
            ("::fffe:ffff:ffff:ffff", REST),
            ("::ffff:1:0:0", REST),
        ),
        (
            "64:ff9b:1::",
            "64:ff9b:1:ffff:ffff:ffff:ffff:ffff",
            "local NAT64",
            ("64:ff9b:0:ffff:ffff:ffff:ffff:ffff", REST),
            ("64:ff9b:2::", REST),
        ),
        (
            "100::",
            "100::ffff:ffff:ffff:ffff",
            "discard-only",
            ("ff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", REST),
            ("100:0:0:1::", Some("dummy prefix")),
        ),
        (
            "100:0:0:1::",
            "100:0:0:1:ffff:ffff:ffff:ffff",
            "dummy prefix",
            ("100::ffff:ffff:ffff:ffff", Some("discard-only")),
            ("100:0:0:2::", REST),
        ),
        (
            "2001::",
            "2001:0:ffff:ffff:ffff:ffff:ffff:ffff",
            "Teredo",
            ("2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", None),
            ("2001:1::", IETF),
        ),
        (
            "2001:2::",
            "2001:2:0:ffff:ffff:ffff:ffff:ffff",
            "benchmarking",
            ("2001:1:ffff:ffff:ffff:ffff:ffff:ffff", IETF),
            ("2001:2:1::", IETF),
        ),
        (
            "2001:1::",
            "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
            "IETF protocol assignments",
            ("2001:0:ffff:ffff:ffff:ffff:ffff:ffff", Some("Teredo")),
            ("2001:200::", None),
        ),
        (
            "2001:db8::",
            "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
            "documentation",
            ("2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", None),
            ("2001:db9::", None),
        ),
        (
            "2002::",
            "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "6to4",
            ("2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff", None),
            ("2003::", None),
        ),
        (
            "2620:4f:8000::",
            "2620:4f:8000:ffff:ffff:ffff:ffff:ffff",
            "AS112",
            ("2620:4f:7fff:ffff:ffff:ffff:ffff:ffff", None),
            ("2620:4f:8001::", None),
        ),
        (
            "3fff::",
            "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
            "documentation",
            ("3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", None),
            ("3fff:1000::", None),
        ),
        (
            "4000::",
            "5eff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "not global unicast",
            ("3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", None),
            ("5f00::", Some("segment routing (SRv6)")),
        ),
        (
            "5f00::",
            "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "segment routing (SRv6)",
            ("5eff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", REST),
            ("5f01::", REST),
        ),
        (
            "5f01::",
            "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "not global unicast",
            ("5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Some("segment routing (SRv6)")),
            ("fc00::", Some("unique local")),
        ),
        (
            "fc00::",
            "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "unique local",
            ("fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", REST),
            ("fe00::", REST),
        ),
        (
            "fe80::",
            "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "link-local",
            ("fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff", REST),
            ("fec0::", Some("site-local")),
        ),
        (
            "fec0::",
            "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "site-local",
            ("febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Some("link-local")),
            ("ff00::", Some("multicast")),
        ),
        (
            "ff00::",
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "multicast",
            ("feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Some("site-local")),
            ("::", Some("unspecified")),
        ),
        (
            "101::",
            "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "not global unicast",
            ("100::", Some("discard-only")),
            ("2000::", None),
        ),
    ];

    #[test]
    fn every_special_purpose_ipv6_block_is_denied_from_its_first_to_its_last_address() {
        assert_edges(IPV6_EDGES);
    }

    fn assert_edges(edges: &[Edge]) {
        for (first, last, rule, (before, denies_before), (after, denies_after)) in edges {
            assert_eq!(judge(first), Some(*rule), "first address, {first}");
            assert_eq!(judge(last), Some(*rule), "last address, {last}");
            assert_eq!(judge(before), *denies_before, "before {first}: {before}");
            assert_eq!(judge(after), *denies_after, "after {last}: {after}");
        }
    }

    #[test]
    fn an_embedded_ipv4_address_is_judged_or_the_whole_form_denied() {
        assert_eq!(judge("::ffff:127.0.0.1"), Some("loopback"));
        assert_eq!(judge("::ffff:169.254.169.254"), Some("cloud metadata"));
        assert_eq!(judge("::ffff:1.1.1.1"), None);
        assert_eq!(judge("64:ff9b::10.1.2.3"), Some("private"));
        assert_eq!(judge("64:ff9b::1.1.1.1"), None);
        assert_eq!(judge("64:ff9b::255.255.255.255"), Some("broadcast"));
        assert_eq!(judge("64:ff9b::1:0:0"), Some("not global unicast"));
        assert_eq!(judge("::1.1.1.1"), Some("IPv4-compatible"));
        assert_eq!(judge("64:ff9b:1::1.1.1.1"), Some("local NAT64"));
        assert_eq!(judge("2002:101:101::1"), Some("6to4"));
        assert_eq!(judge("2001:0:101:101::1"), Some("Teredo"));
    }

    #[test]
    fn ordinary_public_addresses_pass() {
        for address in ["1.1.1.1", "8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "2a00:1450:4001::200e"] {
            assert_eq!(judge(address), None, "{address}");
        }
    }
}
