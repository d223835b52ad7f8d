//! The address guard, host by host.

use super::*;

fn policy(allow: &[&str]) -> EgressPolicy {
    EgressPolicy::parse(allow).unwrap()
}

fn rule_for(policy: &EgressPolicy, url: &str) -> Option<String> {
    policy.check_url(&HttpUrl::parse(url).unwrap()).err().map(|denied| denied.rule)
}

fn denies(policy: &EgressPolicy, url: &str) -> bool {
    rule_for(policy, url).is_some()
}

fn answers(list: &[&str]) -> Vec<SocketAddr> {
    list.iter().map(|text| text.parse().unwrap()).collect()
}

#[test]
fn every_spelling_of_loopback_is_denied() {
    for url in [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f.0.0.1/",
        "http://0177.0.0.1/",
        "http://127.0.0.1./",
        "http://１２７.0.0.1/",
        "http://127。0。0。1/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
    ] {
        assert_eq!(rule_for(&policy(&[]), url).as_deref(), Some("loopback"), "{url}");
    }
    assert_eq!(rule_for(&policy(&[]), "http://0/").as_deref(), Some("this network"));
    assert_eq!(rule_for(&policy(&[]), "http://169.254.169.254/latest/").as_deref(), Some("cloud metadata"));
}

#[test]
fn names_that_mean_inside_are_denied_without_a_look_up() {
    for url in [
        "http://localhost/",
        "http://LOCALHOST/",
        "http://localhost./",
        "http://localhost../",
        "http://a.localhost/",
        "http://printer.local/",
        "http://local/",
        "http://metadata.google.internal/",
        "http://metadata.google.internal./",
        "http://internal/",
        "http://./",
        "http://a..example.com/",
    ] {
        assert!(denies(&policy(&[]), url), "{url}");
    }
    for url in ["https://example.com/", "https://example.com./", "https://notlocalhost/", "https://local.example.com/"]
    {
        assert!(!denies(&policy(&[]), url), "{url}");
    }
}

#[test]
fn a_rule_with_a_port_opens_only_this_port() {
    let policy = policy(&["127.0.0.1:9100", "[::1]:9100", "localhost:9200", "*.corp.internal:443"]);
    assert!(!denies(&policy, "http://127.0.0.1:9100/"));
    assert!(!denies(&policy, "http://[::ffff:127.0.0.1]:9100/"));
    assert!(denies(&policy, "http://127.0.0.1:9101/"));
    assert!(denies(&policy, "http://127.0.0.2:9100/"));
    assert!(!denies(&policy, "http://[::1]:9100/"));
    assert!(denies(&policy, "http://[::1]/"));
    assert!(!denies(&policy, "http://localhost.:9200/"));
    assert!(denies(&policy, "http://localhost:9201/"));
    assert!(!denies(&policy, "https://idp.corp.internal/"));
    assert!(denies(&policy, "http://idp.corp.internal/"));
}

#[test]
fn a_rule_without_a_port_opens_every_port() {
    let policy = policy(&["10.0.0.0/8", "idp.corp.internal"]);
    assert!(!denies(&policy, "http://10.255.0.1:1/"));
    assert!(denies(&policy, "http://192.168.0.1/"));
    assert!(!denies(&policy, "http://idp.corp.internal:8080/"));
    assert!(denies(&policy, "http://other.corp.internal:8080/"));
}

#[test]
fn one_bad_answer_refuses_the_name() {
    let denied = |list: &[&str]| policy(&[]).check_answers("a.example", &answers(list)).err().map(|denied| denied.rule);
    assert_eq!(denied(&["1.1.1.1:443", "[2606:4700::1]:443"]), None);
    assert_eq!(denied(&["1.1.1.1:443", "10.0.0.1:443"]).as_deref(), Some("private"));
    assert_eq!(denied(&["[::1]:443", "1.1.1.1:443"]).as_deref(), Some("loopback"));
}

#[test]
fn a_named_host_may_resolve_to_anything_but_at_its_port_only() {
    let policy = policy(&["idp.example.com:443", "192.168.0.0/16", "172.16.0.1:8443"]);
    let passes = |name: &str, answer: &str| policy.check_answers(name, &answers(&[answer])).is_ok();
    assert!(passes("idp.example.com", "10.0.0.1:443"));
    assert!(passes("idp.example.com.", "10.0.0.1:443"));
    assert!(!passes("idp.example.com", "10.0.0.1:80"));
    assert!(passes("idp.example.com", "1.1.1.1:80"));
    assert!(!passes("other.example.com", "10.0.0.1:443"));
    assert!(passes("other.example.com", "192.168.3.4:80"));
    assert!(passes("other.example.com", "172.16.0.1:8443"));
    assert!(!passes("other.example.com", "172.16.0.1:443"));
}

#[test]
fn the_number_of_answers_is_limited() {
    let answer = answers(&["1.1.1.1:443"]);
    assert!(policy(&[]).check_answers("a.example", &answer.repeat(DNS_ANSWERS_MAX)).is_ok());
    assert!(policy(&[]).check_answers("a.example", &answer.repeat(DNS_ANSWERS_MAX + 1)).is_err());
}

#[test]
fn the_number_of_rules_is_limited() {
    assert!(EgressPolicy::parse(&vec!["10.0.0.0/8"; ALLOW_RULES_MAX]).is_ok());
    assert_eq!(EgressPolicy::parse(&vec!["10.0.0.0/8"; ALLOW_RULES_MAX + 1]).unwrap_err(), AllowRuleError::TooMany);
    assert!(policy(&["10.0.0.0/8"]).allowing(&vec!["a.example"; ALLOW_RULES_MAX]).is_err());
}

#[test]
fn rules_added_later_open_more_in_the_new_policy_only() {
    let before = policy(&["10.0.0.0/8"]);
    let after = before.allowing(&["127.0.0.1:9100"]).unwrap();
    assert!(!denies(&after, "http://127.0.0.1:9100/"));
    assert!(!denies(&after, "http://10.0.0.1/"));
    assert!(denies(&before, "http://127.0.0.1:9100/"));
}

#[test]
fn the_own_listener_is_denied_even_when_allowed_and_in_clones_made_before() {
    let policy = policy(&["127.0.0.0/8", "0.0.0.0/8", "::1", "localhost", "192.0.2.7"]);
    let clone = policy.clone();
    policy.forbid_listener("127.0.0.1:8080".parse().unwrap());
    for url in ["http://127.0.0.1:8080/", "http://[::ffff:127.0.0.1]:8080/", "http://0.0.0.0:8080/"] {
        assert_eq!(rule_for(&clone, url).as_deref(), Some(OWN_LISTENER), "{url}");
    }
    for url in ["http://127.0.0.1:8081/", "http://127.0.0.2:8080/", "http://[::1]:8080/", "http://192.0.2.7:8080/"] {
        assert!(!denies(&clone, url), "{url}");
    }
    let by_name = clone.check_answers("localhost", &answers(&["127.0.0.1:8080"])).unwrap_err();
    assert_eq!(by_name.rule, OWN_LISTENER);
    assert!(clone.check_answers("localhost", &answers(&["127.0.0.1:8081"])).is_ok());
}

#[test]
fn a_listener_on_every_address_is_denied_on_every_address_of_this_machine() {
    for unspecified in ["0.0.0.0:8080", "[::]:8080"] {
        let policy = policy(&["0.0.0.0/0", "::/0"]);
        policy.forbid_listener(unspecified.parse().unwrap());
        for url in ["http://127.0.0.1:8080/", "http://127.9.9.9:8080/", "http://[::1]:8080/", "http://[::]:8080/"] {
            assert_eq!(rule_for(&policy, url).as_deref(), Some(OWN_LISTENER), "{unspecified} {url}");
        }
        // RFC 5737: no machine has this address.
        assert!(!denies(&policy, "http://192.0.2.7:8080/"));
        assert!(!denies(&policy, "http://127.0.0.1:8081/"));
    }
}

#[test]
fn the_connected_peer_is_judged_again() {
    let url = HttpUrl::parse("http://a.example/").unwrap();
    let peer = |text: &str| Some(text.parse().unwrap());
    assert!(policy(&[]).verify_peer(&url, peer("1.1.1.1:80")).is_ok());
    assert!(policy(&[]).verify_peer(&url, peer("10.0.0.1:80")).is_err());
    assert!(policy(&[]).verify_peer(&url, None).is_err());
    assert!(policy(&["a.example:80"]).verify_peer(&url, peer("10.0.0.1:80")).is_ok());
    let literal = HttpUrl::parse("http://1.1.1.1/").unwrap();
    assert!(policy(&[]).verify_peer(&literal, peer("127.0.0.1:80")).is_err());
}

#[test]
fn the_message_names_host_and_rule() {
    let denied = policy(&[]).check_url(&HttpUrl::parse("http://10.0.0.1/p?token=hunter2").unwrap()).unwrap_err();
    assert_eq!(denied.to_string(), "the address guard denies 10.0.0.1: private");
}

#[test]
fn credentials_travel_over_tls_or_to_hosts_that_were_opened() {
    let policy = EgressPolicy::parse(&["10.0.0.0/8", "idp.internal:8080"]).unwrap();
    let may = |text| policy.may_carry_credentials(&HttpUrl::parse(text).unwrap());
    assert!(may("https://idp.example.com/token"));
    assert!(!may("http://idp.example.com/token"));
    assert!(may("http://10.1.2.3/token"));
    assert!(!may("http://11.1.2.3/token"));
    assert!(may("http://idp.internal:8080/token"));
    assert!(!may("http://idp.internal/token"));
}
