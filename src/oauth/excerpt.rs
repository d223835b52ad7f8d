//! The first words of an answer, fit to be stored and shown: what came, without anything that could be used.
//!
//! Whoever has to find out why a token endpoint says no needs to see what it said. What it said may hold tokens, of
//! ours or of others, so three sieves lie one behind the other: the known credentials of the request, everything under a
//! name that promises a secret, and whatever looks like a token wherever it stands. They work on text, because what most
//! needs to be seen is no JSON, or half of it.

use super::redactions::{REDACTED, Redactions};
use crate::domain::failure::{EXCERPT_LENGTH_MAX, tame};

/// From how many characters on a run without a space is taken for a token, if it mixes letters and digits or cases.
pub const TOKEN_LENGTH_MIN: usize = 20;
/// From how many characters on a run without a space is taken for a token, whatever it is made of.
pub const RUN_LENGTH_MAX: usize = 40;

/// A name that has one of these in it, in any case, names something that is not shown.
const SENSITIVE: [&str; 11] = [
    "token",
    "secret",
    "assertion",
    "passw",
    "credential",
    "jwt",
    "api_key",
    "apikey",
    "authorization",
    "cookie",
    "session",
];

/// Names that only sound so.
const HARMLESS: [&str; 2] = ["token_type", "tokentype"];

/// Makes an excerpt of at most [`EXCERPT_LENGTH_MAX`] characters; `None` when nothing came.
pub fn excerpt(body: &[u8], redactions: &Redactions) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    // Before anything is cut: a credential that is cut in two would no longer be found.
    let text = sifted(text.trim_start_matches('\u{feff}'), redactions);
    let words: Vec<&str> = text.split_whitespace().collect();
    let kept = tame(&words.join(" "), EXCERPT_LENGTH_MAX);
    (!kept.is_empty()).then_some(kept)
}

/// The text behind all three sieves, not cut.
pub(super) fn sifted(text: &str, redactions: &Redactions) -> String {
    without_runs(&without_named_values(&redactions.apply(&unescaped(text))))
}

/// Undoes the escapes behind which JSON writers hide plain characters, so that the sieves see them. Those that keep a
/// text together stay.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('\\') {
        plain.push_str(before);
        if let Some(after) = behind.strip_prefix('/') {
            plain.push('/');
            rest = after;
        } else if let Some((character, after)) = code_point(behind) {
            plain.push(character);
            rest = after;
        } else {
            plain.push('\\');
            // The escaped character goes with its backslash: of two backslashes, the second escapes nothing.
            let length = behind.chars().next().map_or(0, char::len_utf8);
            let (escaped, after) = behind.split_at(length);
            plain.push_str(escaped);
            rest = after;
        }
    }
    plain.push_str(rest);
    plain
}

/// Reads what stands behind the backslash of `\u0041`.
fn code_point(text: &str) -> Option<(char, &str)> {
    let digits = text.strip_prefix('u')?.get(..4)?;
    let character = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
    let stays = matches!(character, '"' | '\\') || character.is_control();
    (!stays).then_some((character, text.get(5..)?))
}

fn without_named_values(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((start, end)) = named_value(rest) {
        let (before, from_value) = rest.split_at(start);
        shown.push_str(before);
        shown.push_str(REDACTED);
        rest = from_value.split_at(end - start).1;
    }
    shown.push_str(rest);
    shown
}

/// Where the first value under a sensitive name starts and ends, in bytes. It is never empty.
fn named_value(text: &str) -> Option<(usize, usize)> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let mut rest = text;
    loop {
        rest = rest.split_at(rest.find(is_name)?).1;
        let (name, behind) = rest.split_at(rest.find(|c| !is_name(c))?);
        rest = behind;
        if !is_sensitive(name) {
            continue;
        }
        let Some(value) = value_behind(behind) else { continue };
        let start = text.len() - value.len();
        let length = length_of(value, behind);
        if length > 0 {
            return Some((start, start + length));
        }
    }
}

/// Whether a name promises a value that is not shown.
pub(super) fn is_sensitive(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SENSITIVE.iter().any(|part| name.contains(part)) && !HARMLESS.contains(&name.as_str())
}

/// What stands behind `": "`, `=` or `>`, without the quote that opens it.
fn value_behind(name_end: &str) -> Option<&str> {
    let unquoted = name_end.trim_start_matches(['\\', '"', '\'']).trim_start();
    let value = unquoted.strip_prefix([':', '=', '>'])?.trim_start().trim_start_matches('\\');
    Some(value.strip_prefix(['"', '\'']).unwrap_or(value))
}

/// How long a value is, in bytes: up to its own quote, to the end of everything for a list or an object, else up to what
/// parts it from the next.
fn length_of(value: &str, name_end: &str) -> usize {
    let opening = name_end.split_at(name_end.len() - value.len()).0;
    if value.starts_with(['{', '[']) {
        return value.len();
    }
    let separator = opening.trim_start_matches(['\\', '"', '\'']).trim_start().chars().next();
    let mut is_escaped = false;
    let ends = |c: char| {
        let was_escaped = is_escaped;
        is_escaped = c == '\\' && !was_escaped;
        match (opening.chars().last(), separator) {
            (Some(quote @ ('"' | '\'')), _) => c == quote && !was_escaped,
            (_, Some('>')) => c == '<',
            (_, Some('=')) => c.is_whitespace() || "&,;}<\"'".contains(c),
            _ => "\r\n&,;}<\"".contains(c),
        }
    };
    value.find(ends).unwrap_or(value.len())
}

fn without_runs(text: &str) -> String {
    let is_run = |c: char| c.is_ascii_alphanumeric() || "_-+/.~%".contains(c);
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let (between, from_run) = rest.split_at(rest.find(is_run).unwrap_or(rest.len()));
        let (run, behind) = from_run.split_at(from_run.find(|c| !is_run(c)).unwrap_or(from_run.len()));
        shown.push_str(between);
        shown.push_str(if looks_like_a_token(run) { REDACTED } else { run });
        rest = behind;
    }
    shown
}

fn looks_like_a_token(run: &str) -> bool {
    let has = |is: fn(&u8) -> bool| run.as_bytes().iter().any(is);
    let is_mixed = has(u8::is_ascii_digit) || (has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase));
    run.len() >= RUN_LENGTH_MAX || (run.len() >= TOKEN_LENGTH_MIN && is_mixed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(body: &str) -> String {
        let mut redactions = Redactions::default();
        redactions.add("p\"w/ü");
        excerpt(body.as_bytes(), &redactions).unwrap_or_default()
    }

    #[test]
    fn what_is_harmless_is_shown_on_one_line() {
        assert_eq!(shown("<html>\r\n  <h1>502\tBad Gateway</h1>"), "<html> <h1>502 Bad Gateway</h1>");
        let body = r#"{"error":"unsupported_response_type","token_type":"mac"}"#;
        assert_eq!(shown(body), body);
        assert_eq!(excerpt(b" \n", &Redactions::default()), None);
        assert_eq!(excerpt(b"caf\xe9", &Redactions::default()).as_deref(), Some("caf\u{fffd}"));
    }

    #[test]
    fn what_stands_under_a_telling_name_is_hidden_in_json_and_forms_and_markup() {
        assert_eq!(shown(r#"{"access_token":"abc","a":1}"#), r#"{"access_token":"••••","a":1}"#);
        assert_eq!(shown(r#"{"accessToken" : "a\"bc" , "a":1}"#), r#"{"accessToken" : "••••" , "a":1}"#);
        assert_eq!(shown(r#"{"refresh_token":"ab"#), r#"{"refresh_token":"••••"#);
        assert_eq!(shown(r#"{"access_token":12,"a":1}"#), r#"{"access_token":••••,"a":1}"#);
        assert_eq!(shown(r#"{"id_token":{"value":"abc"}}"#), r#"{"id_token":••••"#);
        assert_eq!(shown("access_token=abc&token_type=bearer"), "access_token=••••&token_type=bearer");
        assert_eq!(shown("<access_token>abc</access_token>"), "<access_token>••••</access_token>");
        assert_eq!(shown("client_assertion='abc' x"), "client_assertion='••••' x");
        assert_eq!(shown("Authorization: Bearer abc\nok"), "Authorization: ••••\u{20}ok");
        assert_eq!(shown(r#""{\"access_token\":\"abc\"}""#), r#""{\"access_token\":\"••••""#);
        assert_eq!(shown(r#"{"access_token":""}"#), r#"{"access_token":""}"#);
    }

    #[test]
    fn what_looks_like_a_token_is_hidden_wherever_it_stands() {
        assert_eq!(
            shown(&format!("got {}1.", "a".repeat(18))),
            format!("got {}1.", "a".repeat(18)).replace("aaaaaaaaaaaaaaaaaa1.", "••••")
        );
        assert_eq!(shown(&format!("got {}1", "a".repeat(18))), format!("got {}1", "a".repeat(18)));
        assert_eq!(shown(&format!("got {}B!", "a".repeat(19))), "got ••••!");
        assert_eq!(shown(&format!("got {}!", "a".repeat(39))), format!("got {}!", "a".repeat(39)));
        assert_eq!(shown(&format!("got {}!", "a".repeat(40))), "got ••••!");
        assert_eq!(shown("bad eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln"), "bad ••••");
    }

    #[test]
    fn the_clients_own_credentials_are_hidden_behind_any_escape() {
        assert_eq!(shown(r#"{"e":"no p\"w\/\u00fc"}"#), r#"{"e":"no ••••"}"#);
        assert_eq!(shown("no p\"w/ü, p%22w%2F%C3%BC"), "no ••••, ••••");
        assert_eq!(shown(r#"{"access_token":"a\u0022b\\","a":1}"#), r#"{"access_token":"••••","a":1}"#);
        assert_eq!(shown(r"\ud800 \u00 \"), r"\ud800 \u00 \");
    }

    #[test]
    fn an_excerpt_has_at_most_300_characters() {
        assert_eq!(shown(&"ä ".repeat(150)).chars().count(), 299);
        assert_eq!(shown(&"ä ".repeat(151)).chars().count(), EXCERPT_LENGTH_MAX);
        let cut = format!("{}p\"w/ü", "ä ".repeat(149));
        assert!(shown(&cut).ends_with(" ä ••"), "{}", shown(&cut));
    }
}
