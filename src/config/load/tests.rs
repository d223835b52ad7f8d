use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::time::Duration;

use bytesize::ByteSize;
use secrecy::ExposeSecret;

use super::super::{DEFAULT_YAML, LogFormat, Synchronous};
use super::*;

/// Loads with the files' texts and the variables, and no flags.
fn load(files: &[&str], variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let directory = tempfile::tempdir().unwrap();
    let files = files.iter().enumerate().map(|(index, text)| {
        let path = directory.path().join(format!("{index}.yaml"));
        fs::write(&path, text).unwrap();
        path
    });
    let files = files.collect();
    Config::load(Sources { files, environment: environment(variables), overrides: Overrides::default() })
}

fn environment(variables: &[(&str, &str)]) -> Vec<(String, String)> {
    variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// All that a person would see of an error.
fn shown(result: Result<Config, ConfigError>) -> String {
    let error = result.unwrap_err();
    let source = error.source().map(ToString::to_string).unwrap_or_default();
    format!("{error}: {source}")
}

fn secret(value: Option<&SecretString>) -> Option<&str> {
    value.map(ExposeSecret::expose_secret)
}

#[test]
fn the_defaults_are_those_of_the_manual() {
    let config = Config::default();
    assert_eq!(config.server.listen, "127.0.0.1:4000".parse().unwrap());
    assert_eq!(config.server.allowed_origins, [""; 0]);
    assert_eq!(config.server.shutdown_timeout, Duration::from_secs(20));
    assert_eq!(config.data_dir, Path::new("./latchkey-data"));
    assert!(!config.demo);
    assert!(config.database.url.is_none() && config.database.url_file.is_none());
    assert_eq!(config.database.synchronous, Synchronous::Full);
    assert!(config.admin_token.is_none() && config.admin_token_file.is_none());
    assert_eq!(config.session.lifetime, Duration::from_hours(12));
    assert!(config.encryption.key.is_none() && config.encryption.key_file.is_none());
    assert_eq!(config.encryption.previous_key_files, Vec::<PathBuf>::new());
    assert_eq!(config.egress.allow, [""; 0]);
    assert_eq!(config.egress.trusted_certificates, None);
    assert_eq!(config.egress.max_response, ByteSize::mib(10));
    assert_eq!(config.egress.connect_timeout, Duration::from_secs(5));
    assert_eq!(config.egress.dns_timeout, Duration::from_secs(5));
    assert_eq!(config.token.request_timeout, Duration::from_secs(10));
    assert_eq!(config.token.refresh_skew, Duration::from_mins(1));
    assert_eq!(config.token.default_lifetime, Duration::from_mins(5));
    assert_eq!(config.token.max_retries, 2);
    assert_eq!(config.idempotency.keep_answers, Duration::from_hours(24));
    assert_eq!(config.http.retry_delay, Duration::from_secs(2));
    assert_eq!(config.http.retry_delay_max, Duration::from_mins(1));
    assert_eq!(config.http.retry_after_max, Duration::from_mins(1));
    assert_eq!(config.secrets.expiry_warning, Duration::from_hours(30 * 24));
    assert_eq!(config.discovery.check_interval, Duration::from_hours(6));
    assert_eq!(config.forward.max_concurrent, 256);
    assert_eq!(config.forward.response_timeout, Duration::from_mins(1));
    assert_eq!(config.forward.idle_timeout, Duration::from_mins(1));
    assert_eq!(config.graphql.max_depth, 16);
    assert_eq!(config.graphql.max_fields, 2_000);
    assert!(config.graphql.introspection);
    assert_eq!(config.telemetry.log.format, LogFormat::Pretty);
    assert_eq!(config.telemetry.log.filter, "info");
}

#[test]
fn nothing_set_and_the_manual_as_a_file_both_give_the_defaults() {
    let defaults = format!("{:?}", Config::default());
    assert_eq!(format!("{:?}", load(&[], &[]).unwrap()), defaults);
    assert_eq!(format!("{:?}", load(&[DEFAULT_YAML], &[]).unwrap()), defaults);
    assert_eq!(format!("{:?}", load(&["", "# nothing\n"], &[]).unwrap()), defaults);
}

#[test]
fn every_key_of_the_manual_has_a_comment_right_above() {
    let lines: Vec<&str> = DEFAULT_YAML.lines().collect();
    let is_key = |line: &str| line.contains(": ") && !line.trim_start().starts_with('#');
    let bare = lines.windows(2).filter(|pair| is_key(pair[1]) && !pair[0].trim_start().starts_with('#'));
    assert_eq!(bare.map(|pair| pair[1]).collect::<BTreeSet<_>>(), BTreeSet::new());
    assert_eq!(lines.iter().filter(|line| is_key(line)).count(), 40);
}

#[test]
fn files_beat_defaults_and_later_files_beat_earlier_ones() {
    let first = "server: { listen: 127.0.0.1:1 }\ntoken: { refresh_skew: 1s }\n";
    let second = "server: { listen: 127.0.0.1:2 }\n";
    let config = load(&[first, second], &[]).unwrap();
    assert_eq!(config.server.listen.port(), 2);
    assert_eq!(config.token.refresh_skew, Duration::from_secs(1), "the other keys of the first file stay");
    assert_eq!(config.token.request_timeout, Duration::from_secs(10), "the other keys of the section stay");
}

#[test]
fn the_environment_beats_files_and_flags_beat_the_environment() {
    let file = "server: { listen: 127.0.0.1:1 }\ndata_dir: /file\ndemo: true\n";
    let variables =
        [("LATCHKEY_SERVER__LISTEN", "127.0.0.1:2"), ("LATCHKEY_DATA_DIR", "/env"), ("LATCHKEY_DEMO", "false")];
    let config = load(&[file], &variables).unwrap();
    assert_eq!(config.server.listen.port(), 2);
    assert_eq!(config.data_dir, Path::new("/env"));
    assert!(!config.demo);

    let listen = Some("[::1]:3".parse().unwrap());
    let overrides = Overrides { listen, data_dir: Some(PathBuf::from("/flag")), demo: Some(true) };
    let config = Config::load(Sources { files: vec![], environment: environment(&variables), overrides }).unwrap();
    assert_eq!(config.server.listen, "[::1]:3".parse().unwrap());
    assert_eq!(config.data_dir, Path::new("/flag"));
    assert!(config.demo);
}

#[test]
fn every_kind_of_value_reads_from_a_variable() {
    let config = load(
        &[],
        &[
            ("LATCHKEY_SERVER__SHUTDOWN_TIMEOUT", "0s"),
            ("LATCHKEY_EGRESS__MAX_RESPONSE", "512KiB"),
            ("LATCHKEY_TOKEN__REQUEST_TIMEOUT", "100ms"),
            ("LATCHKEY_TOKEN__REFRESH_SKEW", "1m 30s"),
            ("LATCHKEY_GRAPHQL__MAX_DEPTH", "7"),
            ("LATCHKEY_GRAPHQL__INTROSPECTION", "false"),
            ("LATCHKEY_DATABASE__SYNCHRONOUS", "normal"),
            ("LATCHKEY_TELEMETRY__LOG__FORMAT", "json"),
            ("LATCHKEY_TELEMETRY__LOG__FILTER", "info,latchkey=debug"),
            ("LATCHKEY_ENCRYPTION__KEY_FILE", "/run/kek"),
        ],
    )
    .unwrap();
    assert_eq!(config.server.shutdown_timeout, Duration::ZERO);
    assert_eq!(config.egress.max_response, ByteSize::kib(512));
    assert_eq!(config.token.request_timeout, Duration::from_millis(100));
    assert_eq!(config.token.refresh_skew, Duration::from_secs(90));
    assert_eq!(config.graphql.max_depth, 7);
    assert!(!config.graphql.introspection);
    assert_eq!(config.database.synchronous, Synchronous::Normal);
    assert_eq!(config.telemetry.log.format, LogFormat::Json);
    assert_eq!(config.telemetry.log.filter, "info,latchkey=debug");
    assert_eq!(config.encryption.key_file.as_deref(), Some(Path::new("/run/kek")));
}

#[test]
fn a_secret_of_digits_stays_the_text_that_it_is() {
    let digits = "0".repeat(20) + &"1".repeat(44);
    let variables = [("LATCHKEY_ADMIN_TOKEN", "00123"), ("LATCHKEY_ENCRYPTION__KEY", &digits)];
    let config = load(&[], &variables).unwrap();
    assert_eq!(secret(config.admin_token.as_ref()), Some("00123"));
    assert_eq!(secret(config.encryption.key.as_ref()), Some(digits.as_str()));
    for word in ["true", "null", "~", "1e9", "a,b", " x "] {
        let config = load(&[], &[("LATCHKEY_ADMIN_TOKEN", word)]).unwrap();
        assert_eq!(secret(config.admin_token.as_ref()), Some(word));
    }
    let config = load(&["admin_token: '00123'"], &[]).unwrap();
    assert_eq!(secret(config.admin_token.as_ref()), Some("00123"));
}

#[test]
fn a_secret_that_yaml_would_change_is_refused_and_not_shown() {
    for value in ["0012345", "1.2345e9", "true", "[s3cret12345]", "{ s3cret12345: 1 }"] {
        let error = shown(load(&[&format!("admin_token: {value}")], &[]));
        assert!(error.starts_with("admin_token in the file ") && error.contains("quotes"), "{error}");
        assert!(!error.contains("2345"), "{error}");
    }
}

#[test]
fn lists_read_from_commas_and_from_yaml() {
    let commas = [("LATCHKEY_EGRESS__ALLOW", "10.0.0.0/8, idp.internal:443,,")];
    assert_eq!(load(&[], &commas).unwrap().egress.allow, ["10.0.0.0/8", "idp.internal:443"]);
    let one = [("LATCHKEY_ENCRYPTION__PREVIOUS_KEY_FILES", "/run/old")];
    assert_eq!(load(&[], &one).unwrap().encryption.previous_key_files, [PathBuf::from("/run/old")]);
    let yaml = "egress:\n  allow:\n    - 10.0.0.0/8\n    - 8080\n";
    assert_eq!(load(&[yaml], &[]).unwrap().egress.allow, ["10.0.0.0/8", "8080"]);
    assert_eq!(load(&["egress: { allow: 'a,b' }"], &[]).unwrap().egress.allow, ["a", "b"]);
    assert_eq!(load(&[yaml], &commas).unwrap().egress.allow.len(), 2, "a list replaces, it does not add");
}

#[test]
fn an_empty_variable_and_a_null_count_as_not_set() {
    let file = "server: { listen: 127.0.0.1:1 }\nadmin_token: t\n";
    let variables = [("LATCHKEY_SERVER__LISTEN", ""), ("LATCHKEY_ADMIN_TOKEN", ""), ("LATCHKEY_NO_SUCH_KEY", "")];
    let config = load(&[file, "server:\nadmin_token:\negress: { allow: ~ }"], &variables).unwrap();
    assert_eq!(config.server.listen.port(), 1);
    assert_eq!(secret(config.admin_token.as_ref()), Some("t"));
}

#[test]
fn an_unknown_key_is_named_with_its_file_and_the_keys_there_are() {
    let error = shown(load(&["server: { listne: 127.0.0.1:1 }"], &[]));
    assert!(error.starts_with("unknown key server.listne in the file /"), "{error}");
    assert!(error.contains("0.yaml; keys there: allowed_origins, listen, shutdown_timeout"), "{error}");
    let error = shown(load(&["sever: { listen: 127.0.0.1:1 }"], &[]));
    assert!(error.starts_with("unknown key sever in the file /"), "{error}");
    assert!(error.contains("keys there: admin_token, admin_token_file, data_dir, database, demo,"), "{error}");
}

#[test]
fn an_unknown_variable_is_named() {
    for name in [
        "LATCHKEY_TOKEN__REFRESH",
        "LATCHKEY_TOKEN_REFRESH_SKEW",
        "LATCHKEY__TOKEN__REFRESH_SKEW",
        "LATCHKEY_token__refresh_skew",
        "LATCHKEY_TOKEN",
        "LATCHKEY_PORT",
        "LATCHKEY_",
    ] {
        let error = shown(load(&[], &[(name, "60s")]));
        assert!(error.starts_with(&format!("the environment variable {name} names no")), "{error}");
    }
}

#[test]
fn variables_that_are_not_for_the_configuration_are_passed_over() {
    let variables = [
        ("PATH", "/bin"),
        ("latchkey_token", "x"),
        ("LATCHKEYS_X", "x"),
        ("LATCHKEY_CONFIG", "/etc/latchkey.yaml"),
        // What Kubernetes sets for a service of the name `latchkey`, and for `latchkey-db`.
        ("LATCHKEY_SERVICE_HOST", "10.0.0.1"),
        ("LATCHKEY_SERVICE_PORT", "4000"),
        ("LATCHKEY_SERVICE_PORT_HTTP", "4000"),
        ("LATCHKEY_PORT", "tcp://10.0.0.1:4000"),
        ("LATCHKEY_PORT_4000_TCP", "tcp://10.0.0.1:4000"),
        ("LATCHKEY_PORT_4000_TCP_PROTO", "tcp"),
        ("LATCHKEY_PORT_4000_TCP_PORT", "4000"),
        ("LATCHKEY_PORT_4000_TCP_ADDR", "10.0.0.1"),
        ("LATCHKEY_DB_SERVICE_HOST", "10.0.0.2"),
        ("LATCHKEY_DB_PORT_5432_TCP_ADDR", "10.0.0.2"),
    ];
    assert!(load(&[], &variables).is_ok());
}

#[test]
fn a_bad_value_is_named_with_its_key_and_where_it_came_from() {
    for (name, value, expected) in [
        ("LATCHKEY_SERVER__LISTEN", "localhost", "server.listen in the environment variable LATCHKEY_SERVER__LISTEN: "),
        ("LATCHKEY_TOKEN__REFRESH_SKEW", "60", "token.refresh_skew in the environment variable "),
        ("LATCHKEY_EGRESS__MAX_RESPONSE", "10 MiBs", "egress.max_response in "),
        ("LATCHKEY_GRAPHQL__MAX_DEPTH", "-1", "graphql.max_depth in "),
        ("LATCHKEY_GRAPHQL__INTROSPECTION", "yes", "graphql.introspection in "),
        ("LATCHKEY_TELEMETRY__LOG__FORMAT", "xml", "telemetry.log.format in "),
        ("LATCHKEY_DATABASE__SYNCHRONOUS", "OFF", "database.synchronous in "),
    ] {
        let error = shown(load(&[], &[(name, value)]));
        assert!(error.starts_with(expected), "{error}");
    }
    let error = shown(load(&["graphql: { max_depth: 2.5 }"], &[]));
    assert!(error.starts_with("graphql.max_depth in the file /"), "{error}");
    let error = shown(load(&["graphql: { max_depth: [1] }"], &[]));
    assert!(error.contains("must be a single value"), "{error}");
    let error = shown(load(&["server: 4000"], &[]));
    assert!(error.starts_with("server in the file /") && error.contains("is a section; its keys: allowed_"), "{error}");
}

#[test]
fn limits_hold_at_their_edge() {
    for (name, good, bad) in [
        ("LATCHKEY_TOKEN__REFRESH_SKEW", "365days", "365days 1ns"),
        ("LATCHKEY_TOKEN__REQUEST_TIMEOUT", "1ns", "0s"),
        ("LATCHKEY_EGRESS__CONNECT_TIMEOUT", "1ms", "0s"),
        ("LATCHKEY_EGRESS__DNS_TIMEOUT", "1ms", "0s"),
        ("LATCHKEY_EGRESS__MAX_RESPONSE", "1", "0"),
        ("LATCHKEY_EGRESS__MAX_RESPONSE", "1GiB", "1073741825"),
        ("LATCHKEY_TOKEN__MAX_RETRIES", "10", "11"),
    ] {
        assert!(load(&[], &[(name, good)]).is_ok(), "{name}={good}");
        let error = shown(load(&[], &[(name, bad)]));
        assert!(error.contains(name), "{error}");
    }
    let comment = format!("#{}", "x".repeat(1024 * 1024 - 1));
    assert!(load(&[&comment], &[]).is_ok());
    let error = shown(load(&[&format!("{comment}x")], &[]));
    assert!(error.contains("more than 1048576 bytes"), "{error}");
}

#[test]
fn a_file_that_is_missing_or_no_yaml_is_named_and_not_shown() {
    let files = vec![PathBuf::from("/no/such/latchkey.yaml")];
    let error = shown(Config::load(Sources { files, environment: vec![], overrides: Overrides::default() }));
    assert!(error.starts_with("the configuration file /no/such/latchkey.yaml could not be read"), "{error}");
    for text in ["admin_token:s3cret", "- s3cret", "a: b\nadmin_token:s3cret\n", "admin_token: 's3cret", "a: b: s3cret"]
    {
        let error = shown(load(&[text], &[]));
        assert!(error.contains("0.yaml is not valid YAML") || error.contains("0.yaml must hold keys"), "{error}");
        assert!(!error.contains("s3cret"), "{error}");
    }
}

#[test]
fn a_secret_reads_from_its_file_without_the_last_line_feed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("secret");
    fs::write(&path, " s3cret \r\n").unwrap();
    let path = path.to_str().unwrap();
    let config = load(&[], &[("LATCHKEY_ADMIN_TOKEN_FILE", path), ("LATCHKEY_DATABASE__URL_FILE", path)]).unwrap();
    assert_eq!(secret(config.admin_token.as_ref()), Some(" s3cret "));
    assert_eq!(secret(config.database.url.as_ref()), Some(" s3cret "));
}

#[test]
fn a_secret_file_that_gives_no_secret_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("secret");
    let variables = [("LATCHKEY_ADMIN_TOKEN_FILE", path.to_str().unwrap())];
    let start = format!(
        "admin_token_file in the environment variable LATCHKEY_ADMIN_TOKEN_FILE: the file {} could",
        path.display()
    );
    for content in [None, Some(""), Some("\n"), Some(&*"x".repeat(64 * 1024 + 1))] {
        if let Some(content) = content {
            fs::write(&path, content).unwrap();
        }
        let error = shown(load(&[], &variables));
        assert!(error.starts_with(&start), "{error}");
    }
    fs::write(&path, "x".repeat(64 * 1024)).unwrap();
    assert!(load(&[], &variables).is_ok());
}

#[test]
fn of_a_secret_and_its_file_the_higher_layer_counts() {
    let config = load(&["admin_token_file: /no/such/file"], &[("LATCHKEY_ADMIN_TOKEN", "t")]).unwrap();
    assert_eq!(secret(config.admin_token.as_ref()), Some("t"));
    assert_eq!(config.admin_token_file, None);
    let config = load(&["encryption: { key: '00' }"], &[("LATCHKEY_ENCRYPTION__KEY_FILE", "/run/kek")]).unwrap();
    assert!(config.encryption.key.is_none() && config.encryption.key_file.is_some());
}

#[test]
fn a_secret_and_its_file_in_one_layer_are_an_error() {
    let error = shown(load(&["database: { url: s3cret, url_file: f }"], &[]));
    assert!(error.starts_with("database.url and database.url_file are both set in the file "), "{error}");
    assert!(!error.contains("s3cret"), "{error}");
    let variables = [("LATCHKEY_ENCRYPTION__KEY", "s3cret"), ("LATCHKEY_ENCRYPTION__KEY_FILE", "f")];
    let error = shown(load(&[], &variables));
    assert!(error.starts_with("encryption.key and encryption.key_file are both set in the environment"), "{error}");
    assert!(!error.contains("s3cret"), "{error}");
}

#[test]
fn debug_shows_no_secret() {
    let key = "ab".repeat(32);
    let config = load(
        &[],
        &[
            ("LATCHKEY_ADMIN_TOKEN", "s3cret"),
            ("LATCHKEY_DATABASE__URL", "postgres://u:s3cret@h/d"),
            ("LATCHKEY_ENCRYPTION__KEY", &key),
        ],
    )
    .unwrap();
    assert_eq!(secret(config.encryption.key.as_ref()), Some(key.as_str()));
    let shown = format!("{config:?}");
    assert!(!shown.contains("s3cret") && !shown.contains(&key), "{shown}");
}

#[test]
fn the_file_of_the_working_directory_is_read_when_it_is_there_and_no_other_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let named = vec![PathBuf::from("named.yaml")];
    assert_eq!(files_or_default(vec![], directory.path()), Vec::<PathBuf>::new());
    fs::write(directory.path().join("latchkey.yaml"), "").unwrap();
    assert_eq!(files_or_default(vec![], directory.path()), [directory.path().join("latchkey.yaml")]);
    assert_eq!(files_or_default(named.clone(), directory.path()), named);
}

#[test]
fn the_process_environment_gives_only_what_has_the_prefix() {
    let overrides = Overrides { demo: Some(true), ..Overrides::default() };
    let sources = Sources::of_process(vec![PathBuf::from("named.yaml")], overrides).unwrap();
    assert_eq!(sources.files, [PathBuf::from("named.yaml")]);
    assert!(sources.environment.iter().all(|(name, _)| name.starts_with("LATCHKEY_")));
    assert_eq!(sources.overrides.demo, Some(true));
}
