//! What an API says in `WWW-Authenticate` when it takes no token (RFC 9110 §11.6.1, RFC 6750 §3, RFC 9449 §7.1).

use http_auth::parser::ChallengeParser;

use crate::net::header::{HeaderMap, WWW_AUTHENTICATE};

/// Most challenges of one answer that are looked at.
pub const CHALLENGES_MAX: usize = 16;

/// The schemes that a token is sent with.
const TOKEN_SCHEMES: [&str; 2] = ["Bearer", "DPoP"];

/// One way to authenticate that the server offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// As the server spells it; compared without regard to case.
    scheme: String,
    /// Names as the server spells them, values without their quotes.
    parameters: Vec<(String, String)>,
}

impl Challenge {
    /// Whether it is of this scheme.
    pub fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    /// The value of a parameter, the first one when it comes twice.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let named = self.parameters.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str())
    }
}

/// Reads all challenges of an answer, at most [`CHALLENGES_MAX`]. What can't be read ends its header line, and the next
/// line goes on: nothing in there is worth failing for.
pub fn challenges(headers: &HeaderMap) -> Vec<Challenge> {
    let lines = headers.get_all(WWW_AUTHENTICATE).iter().map(|line| readable(line.as_bytes()));
    let mut found = Vec::new();
    for line in lines {
        let line = without_token68(&line);
        let line = line.trim();
        let room = CHALLENGES_MAX.saturating_sub(found.len());
        let read = ChallengeParser::new(line).map_while(Result::ok).take(room);
        found.extend(read.map(|challenge| Challenge {
            scheme: challenge.scheme.to_owned(),
            parameters:
                challenge.params.iter().map(|(name, value)| ((*name).to_owned(), value.to_unescaped())).collect(),
        }));
    }
    found
}

/// Statuses with which an API may say `invalid_token`; RFC 6750 §3.1 has 401, others are seen.
const INVALID_TOKEN_STATUSES: [u16; 3] = [400, 401, 403];

/// What an API may refuse a request for that another token of the same kind would be refused for as well: RFC 6750 §3.1,
/// RFC 9449 §7.1 and §9.
const NOT_CURED_BY_A_NEW_TOKEN: [&str; 3] = ["insufficient_scope", "invalid_dpop_proof", "use_dpop_nonce"];

/// Whether an API refuses the very token, so that another one may be taken: because it says so (`invalid_token`, RFC 6750
/// §3.1: expired, revoked or malformed), or, unless it names a reason that no new token cures, because of the status.
pub fn refuses_token(status: u16, headers: &HeaderMap, statuses: &[u16]) -> bool {
    if INVALID_TOKEN_STATUSES.contains(&status) && names_error(headers, &["invalid_token"]) {
        return true;
    }
    statuses.contains(&status) && !names_error(headers, &NOT_CURED_BY_A_NEW_TOKEN)
}

/// Whether a challenge for a token names one of these errors.
fn names_error(headers: &HeaderMap, errors: &[&str]) -> bool {
    challenges(headers).iter().any(|challenge| {
        let is_for_token = TOKEN_SCHEMES.iter().any(|scheme| challenge.is(scheme));
        is_for_token && challenge.parameter("error").is_some_and(|error| errors.contains(&error))
    })
}

/// The parser is strict about ASCII; descriptions are not. What stands for another character means nothing here.
fn readable(line: &[u8]) -> String {
    line.iter().map(|byte| if byte.is_ascii() { char::from(*byte) } else { '?' }).collect()
}

/// Leaves out challenges that are a scheme and a blob (`Negotiate oRQwEqAD`), which the parser does not know: one of
/// them would hide the others of its line.
fn without_token68(line: &str) -> String {
    let mut in_quotes = false;
    let mut is_escaped = false;
    let elements = line.split(|c| {
        if c == '"' && !is_escaped {
            in_quotes = !in_quotes;
        }
        is_escaped = in_quotes && c == '\\' && !is_escaped;
        c == ',' && !in_quotes
    });
    elements.filter(|element| !is_token68(element)).collect::<Vec<_>>().join(",")
}

/// `token68` of RFC 9110 §11.2 behind a scheme: `=` only at its end, so it can't be a parameter with a value.
fn is_token68(element: &str) -> bool {
    let Some((_, blob)) = element.trim().split_once(' ') else { return false };
    let blob = blob.trim_start().trim_end_matches('=');
    !blob.is_empty() && blob.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~+/".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::header::HeaderValue;

    fn answered(lines: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(WWW_AUTHENTICATE, HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        headers
    }

    fn schemes(lines: &[&str]) -> Vec<String> {
        challenges(&answered(lines)).into_iter().map(|challenge| challenge.scheme).collect()
    }

    #[test]
    fn an_invalid_token_is_recognised_however_it_is_written() {
        for line in [
            r#"Bearer error="invalid_token""#,
            "Bearer error=invalid_token",
            r#"bearer realm="a, b", ERROR = "invalid_token", error_description="it's \"old\", sorry""#,
            r#"Basic realm="x", Bearer realm="y", error="invalid_token""#,
            r#"DPoP error="invalid_token", algs="ES256 PS256""#,
            r#", ,Bearer scope="a b" , error="invalid_token","#,
            r#"Negotiate oRQwEqADCgEBoQsGCSqGSIb3EgECAg==, Bearer error="invalid_token""#,
            r#"Bearer error_description="zu spät", error="invalid_token""#,
            r#"Bearer error="invalid\_token""#,
        ] {
            assert!(refuses_token(403, &answered(&[line]), &[]), "{line}");
        }
        assert!(refuses_token(400, &answered(&["Basic realm=\"x", r#"Bearer error="invalid_token""#]), &[]));
    }

    #[test]
    fn anything_else_is_no_invalid_token() {
        for line in [
            "",
            "Bearer",
            r#"Bearer realm="invalid_token""#,
            r#"Bearer error="insufficient_scope""#,
            r#"Bearer error_description="error=\"invalid_token\"""#,
            r#"Basic realm="Bearer error=invalid_token""#,
            r#"Basic realm="x, Bearer error=invalid_token""#,
            r#"Digest error="invalid_token""#,
            r#"DPoP error="use_dpop_nonce""#,
            r#"error="invalid_token""#,
        ] {
            assert!(!refuses_token(401, &answered(&[line]), &[]), "{line}");
        }
        assert!(!refuses_token(401, &HeaderMap::new(), &[]));
    }

    #[test]
    fn a_listed_status_is_enough_unless_a_new_token_would_not_help() {
        assert!(refuses_token(401, &HeaderMap::new(), &[401]));
        assert!(refuses_token(401, &answered(&["Basic realm=x", "Bearer"]), &[401]));
        assert!(refuses_token(418, &answered(&[r#"Bearer error="invalid_request""#]), &[418]));
        for line in [
            r#"Bearer error="insufficient_scope", scope="a""#,
            r#"DPoP error="invalid_dpop_proof""#,
            r#"DPoP error="use_dpop_nonce""#,
        ] {
            assert!(!refuses_token(401, &answered(&[line]), &[401]), "{line}");
        }
        let both = [r#"Bearer error="insufficient_scope""#, r#"Bearer error="invalid_token""#];
        assert!(refuses_token(401, &answered(&both), &[]));
    }

    #[test]
    fn an_invalid_token_is_believed_with_the_statuses_of_refusals_only() {
        let headers = answered(&[r#"Bearer error="invalid_token""#]);
        let believed: Vec<u16> = (100..600).filter(|status| refuses_token(*status, &headers, &[])).collect();
        assert_eq!(believed, [400, 401, 403]);
    }

    #[test]
    fn parameters_are_read_without_their_quotes() {
        let line = r#"DPoP error="use_dpop_nonce", Error_Description="a \"b\", c", algs="ES256 ES384""#;
        let [challenge] = challenges(&answered(&[line])).try_into().unwrap();
        assert!(challenge.is("dpop") && !challenge.is("Bearer"));
        assert_eq!(challenge.parameter("error_description"), Some(r#"a "b", c"#));
        assert_eq!(challenge.parameter("algs"), Some("ES256 ES384"));
        assert_eq!(challenge.parameter("realm"), None);
    }

    #[test]
    fn all_lines_count_up_to_the_limit() {
        assert_eq!(
            schemes(&["Basic, NTLM", r#"Bearer realm="x", Negotiate"#]),
            ["Basic", "NTLM", "Bearer", "Negotiate"]
        );
        assert_eq!(schemes(&["Negotiate YII=", "Bearer"]), ["Bearer"]);
        assert_eq!(schemes(&["Basic"; CHALLENGES_MAX]).len(), CHALLENGES_MAX);
        assert_eq!(schemes(&["Basic, Bearer"; CHALLENGES_MAX]).len(), CHALLENGES_MAX);
    }
}
