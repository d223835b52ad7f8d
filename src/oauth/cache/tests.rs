use secrecy::SecretString;

use super::*;

fn cache() -> (TokenCache, Clock) {
    let clock = Clock::manual("2026-03-01T12:00:00Z".parse().unwrap());
    (TokenCache::new(clock.clone()), clock)
}

fn key(connection: &str, version: u32) -> TokenKey {
    let connection = &Key::parse(connection).unwrap();
    TokenKey::new(TokenKeyParts { connection, connection_version: version, secret_version: 1, parameters: &[] })
}

fn with_parameters(parameters: &[(&str, &str, ParameterPlacement)]) -> TokenKey {
    let own = |(name, value, placement): &(&str, &str, ParameterPlacement)| Parameter {
        name: (*name).to_owned(),
        value: (*value).to_owned(),
        placement: *placement,
    };
    let parameters: Vec<Parameter> = parameters.iter().map(own).collect();
    TokenKey::new(TokenKeyParts {
        connection: &Key::parse("a").unwrap(),
        connection_version: 1,
        secret_version: 1,
        parameters: &parameters,
    })
}

fn token(fingerprint: &str, lifetime_ms: u64) -> NewToken {
    let token = AccessToken {
        value: SecretString::from("t"),
        token_type: "Bearer".to_owned(),
        lifetime_ms,
        is_lifetime_stated: true,
        scope: None,
    };
    NewToken { token, binding: Binding::default(), fingerprint: fingerprint.to_owned(), refresh_skew_ms: 60_000 }
}

impl TokenCache {
    /// Keeps a token with nothing against it.
    fn insert(&self, key: TokenKey, new: NewToken) -> Arc<CachedToken> {
        let cached = self.date(&key, new);
        let evictions = self.evictions(key.connection());
        self.insert_unless_evicted(key, &cached, evictions);
        cached
    }
}

fn fingerprint(found: Option<Arc<CachedToken>>) -> Option<String> {
    found.map(|cached| cached.fingerprint.clone())
}

#[test]
fn a_key_names_everything_that_changes_the_token() {
    let connection = &Key::parse("a").unwrap();
    let parts = TokenKeyParts { connection, connection_version: 1, secret_version: 1, parameters: &[] };
    let base = TokenKey::new(parts);
    assert_eq!(base, key("a", 1));
    assert_ne!(base, key("b", 1));
    assert_ne!(base, key("a", 2));
    assert_ne!(base, TokenKey::new(TokenKeyParts { secret_version: 2, ..parts }));
    assert_ne!(base, with_parameters(&[("scope", "x", ParameterPlacement::Body)]));
}

#[test]
fn the_order_of_parameters_means_nothing_but_repeats_and_places_do() {
    let (body, query) = (ParameterPlacement::Body, ParameterPlacement::Query);
    let (a, b) = (("resource", "a", body), ("resource", "b", body));
    assert_eq!(with_parameters(&[a, b]), with_parameters(&[b, a]));
    assert_ne!(with_parameters(&[a, a]), with_parameters(&[a]));
    assert_ne!(with_parameters(&[a]), with_parameters(&[("resource", "a", query)]));
    assert_ne!(with_parameters(&[("ab", "c", body)]), with_parameters(&[("a", "bc", body)]));
}

#[test]
fn a_token_is_due_before_its_end_and_gone_at_its_end() {
    let (cache, clock) = cache();
    cache.insert(key("a", 1), token("f1", 300_000));
    clock.advance(Duration::from_millis(239_999));
    assert_eq!(fingerprint(cache.get(&key("a", 1))).as_deref(), Some("f1"));
    clock.advance(Duration::from_millis(1));
    assert!(cache.get(&key("a", 1)).is_none());
    clock.advance(Duration::from_millis(59_999));
    assert_eq!(fingerprint(cache.get_due(&key("a", 1))).as_deref(), Some("f1"));
    clock.advance(Duration::from_millis(1));
    assert!(cache.get_due(&key("a", 1)).is_none());
}

#[test]
fn the_earlier_of_the_two_clocks_ends_a_token() {
    let (cache, clock) = cache();
    cache.insert(key("a", 1), token("f1", 300_000));
    clock.jump_wall(TimeDelta::hours(-1));
    assert!(cache.get(&key("a", 1)).is_some());
    clock.advance(Duration::from_mins(4));
    assert!(cache.get(&key("a", 1)).is_none(), "the monotonic clock ends it");
    cache.insert(key("a", 1), token("f2", 300_000));
    clock.jump_wall(TimeDelta::hours(1));
    assert!(cache.get(&key("a", 1)).is_none(), "the wall clock ends it");
}

#[test]
fn a_token_that_was_handed_out_again_serves_for_a_while_or_to_its_end() {
    let (cache, clock) = cache();
    cache.insert(key("a", 1), token("f1", 80_000));
    clock.advance(Duration::from_secs(40));
    assert!(cache.get(&key("a", 1)).is_none(), "half its life is over");
    cache.insert(key("a", 1), token("f1", 40_000));
    clock.advance(Duration::from_millis(SAME_TOKEN_MS_MIN - 1));
    assert!(cache.get(&key("a", 1)).is_some(), "by half its life alone it would be due after 20 s");
    clock.advance(Duration::from_millis(1));
    assert!(cache.get(&key("a", 1)).is_none());
    let again = cache.insert(key("a", 1), token("f1", 10_000));
    assert_eq!(again.refresh_at(), again.expires_at());
    let other = cache.insert(key("a", 1), token("f2", 10_000));
    assert_eq!(other.expires_at() - other.refresh_at(), TimeDelta::seconds(5), "another token is not judged by it");
}

fn kept(clock: &Clock) -> KeptToken {
    let NewToken { token, fingerprint, .. } = token("f1", 300_000);
    let issued_at = clock.now();
    let refresh_at = issued_at + TimeDelta::minutes(4);
    KeptToken {
        token,
        binding: Binding::default(),
        fingerprint,
        issued_at,
        refresh_at,
        expires_at: issued_at + TimeDelta::minutes(5),
    }
}

#[test]
fn a_kept_token_lives_by_the_wall_clock_and_no_longer_than_it_was_given() {
    let (cache, clock) = cache();
    let kept = kept(&clock);
    clock.jump_wall(TimeDelta::minutes(3));
    let cached = cache.date_kept(kept.clone()).unwrap();
    assert!(!cached.is_due(&clock));
    clock.advance(Duration::from_mins(1));
    assert!(cached.is_due(&clock) && !cached.ends.has_passed(&clock));
    clock.advance(Duration::from_mins(1));
    assert!(cached.ends.has_passed(&clock) && cache.date_kept(kept.clone()).is_none());
    clock.jump_wall(TimeDelta::days(-30));
    let cached = cache.date_kept(kept).unwrap();
    clock.advance(Duration::from_mins(5));
    assert!(cached.ends.has_passed(&clock), "a clock that was set back lengthens no life");
}

#[test]
fn a_token_without_a_life_is_never_kept_and_replaces_the_old_one() {
    let (cache, _) = cache();
    cache.insert(key("a", 1), token("f1", 300_000));
    assert_eq!(cache.insert(key("a", 1), token("f2", 0)).fingerprint, "f2");
    assert!(cache.get_due(&key("a", 1)).is_none());
}

#[test]
fn only_the_rejected_token_itself_is_dropped() {
    let (cache, _) = cache();
    cache.insert(key("a", 1), token("f2", 300_000));
    assert!(!cache.invalidate_if(&key("a", 1), "f1"));
    assert!(cache.get(&key("a", 1)).is_some());
    assert!(cache.invalidate_if(&key("a", 1), "f2"));
    assert!(!cache.invalidate_if(&key("a", 1), "f2"));
    assert!(cache.get(&key("a", 1)).is_none());
}

#[test]
fn dropping_a_connection_leaves_the_others() {
    let (cache, _) = cache();
    cache.insert(key("a", 1), token("f2", 300_000));
    cache.insert(key("a", 2), token("f1", 300_000));
    cache.insert(key("b", 1), token("f3", 300_000));
    assert_eq!(cache.drop_connection(&Key::parse("a").unwrap()), ["f1", "f2"]);
    assert!(cache.get(&key("b", 1)).is_some());
}

#[test]
fn a_token_that_was_asked_for_before_an_eviction_is_not_kept() {
    let (cache, _) = cache();
    let before = cache.evictions(&Key::parse("a").unwrap());
    cache.drop_connection(&Key::parse("a").unwrap());
    let cached = cache.date(&key("a", 1), token("f1", 300_000));
    cache.insert_unless_evicted(key("a", 1), &cached, before);
    assert!(cache.get(&key("a", 1)).is_none());
    cache.insert_unless_evicted(key("a", 1), &cached, before + 1);
    assert!(cache.get(&key("a", 1)).is_some());
}

#[test]
fn a_full_cache_drops_the_token_that_ends_first() {
    let (cache, _) = cache();
    cache.insert(key("first", 1), token("f", 100_000));
    for version in 1..=u32::try_from(TOKENS_MAX - 1).unwrap() {
        cache.insert(key("a", version), token("f", 300_000));
    }
    assert!(cache.get(&key("first", 1)).is_some());
    cache.insert(key("a", 1), token("f", 300_000));
    assert!(cache.get(&key("first", 1)).is_some(), "replacing needs no room");
    cache.insert(key("last", 1), token("f", 300_000));
    assert!(cache.get(&key("first", 1)).is_none());
    assert!(cache.get(&key("a", 1)).is_some() && cache.get(&key("last", 1)).is_some());
}
