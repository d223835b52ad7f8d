//! Measures a document byte by byte, before a parser sees it.
//!
//! The parser recurses once per bracket and has no limit in values and types, so depth must be known beforehand. The
//! scan agrees with the parser on what is a string, a block string and a comment; where the two could disagree (a string
//! without an end, which the parser would read again as something else) the document is refused.

use super::{Limits, RequestError};

/// What the scan saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scan {
    /// Lexical tokens.
    pub tokens: usize,
    /// How many of them are strings or block strings.
    pub strings: usize,
}

/// Measures a document.
///
/// # Errors
/// [`RequestError`] for too many bytes, tokens or open brackets, and for a string that does not end.
pub fn scan(text: &str, limits: &Limits) -> Result<Scan, RequestError> {
    if text.len() > limits.document_bytes_max {
        return Err(RequestError::DocumentTooLong { max: limits.document_bytes_max });
    }
    let mut seen = Scan::default();
    let mut open = 0_usize;
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        match first {
            b' ' | b'\t' | b'\n' | b'\r' | b',' => continue,
            b'#' => {
                rest = after_comment(tail);
                continue;
            }
            b'"' => {
                rest = after_string(tail)?;
                seen.strings += 1;
            }
            b'(' | b'[' | b'{' => {
                open += 1;
                if open > limits.brackets_max {
                    return Err(RequestError::TooDeep { max: limits.brackets_max });
                }
            }
            // A closing bracket of the wrong kind ends the parse right there, so what the count says after it is moot.
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            byte if is_word(*byte) => rest = after_word(tail),
            _ => {}
        }
        seen.tokens += 1;
        if seen.tokens > limits.tokens_max {
            return Err(RequestError::TooManyTokens { max: limits.tokens_max });
        }
    }
    Ok(seen)
}

/// Names, numbers and the three dots of a spread, each as one token.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'+' | b'-')
}

fn after_word(mut rest: &[u8]) -> &[u8] {
    while let [byte, tail @ ..] = rest
        && is_word(*byte)
    {
        rest = tail;
    }
    rest
}

fn after_comment(mut rest: &[u8]) -> &[u8] {
    while let [byte, tail @ ..] = rest
        && !matches!(byte, b'\n' | b'\r')
    {
        rest = tail;
    }
    rest
}

/// Skips a string whose opening quote has been read.
fn after_string(rest: &[u8]) -> Result<&[u8], RequestError> {
    if let [b'"', b'"', tail @ ..] = rest {
        return after_block_string(tail);
    }
    let mut rest = rest;
    loop {
        rest = match rest {
            [b'"', tail @ ..] => return Ok(tail),
            [] | [b'\n' | b'\r', ..] => return Err(unterminated("a string")),
            [b'\\', _, tail @ ..] | [_, tail @ ..] => tail,
        };
    }
}

/// Skips a block string whose three opening quotes have been read.
fn after_block_string(mut rest: &[u8]) -> Result<&[u8], RequestError> {
    loop {
        rest = match rest {
            [b'"', b'"', b'"', tail @ ..] => return Ok(tail),
            [] => return Err(unterminated("a block string")),
            [b'\\', b'"', b'"', b'"', tail @ ..] | [_, tail @ ..] => tail,
        };
    }
}

fn unterminated(what: &str) -> RequestError {
    RequestError::Syntax { message: format!("{what} has no end"), position: None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn small() -> Limits {
        Limits { document_bytes_max: 400, tokens_max: 100, brackets_max: 4, ..Limits::default() }
    }

    fn tokens(text: &str) -> usize {
        scan(text, &small()).unwrap().tokens
    }

    #[test]
    fn brackets_are_counted_at_the_edge() {
        assert_eq!(tokens("{a(b:[{c:1}])}"), 14);
        assert_eq!(scan("{a(b:[{c:[1]}])}", &small()), Err(RequestError::TooDeep { max: 4 }));
    }

    #[test]
    fn brackets_of_variable_types_count_as_well() {
        assert!(scan("query($a:[[[Int]]]){a}", &small()).is_ok());
        assert_eq!(scan("query($a:[[[[Int]]]]){a}", &small()), Err(RequestError::TooDeep { max: 4 }));
    }

    #[test]
    fn brackets_inside_strings_block_strings_and_comments_are_text() {
        assert!(scan(r#"{a(b:"[[[[[[[[ \" [[[[[")}"#, &small()).is_ok());
        assert!(scan(r#"{a(b:"""[[[[[ " "" \""" [[[[[""")}"#, &small()).is_ok());
        assert!(scan("{a # [[[[[[[ \" \n}", &small()).is_ok());
    }

    #[test]
    fn brackets_after_a_string_a_block_string_or_a_comment_are_brackets() {
        let deep = Err(RequestError::TooDeep { max: 4 });
        assert_eq!(scan(r#"{a(b:["" [[1]]])}"#, &small()), deep);
        assert_eq!(scan(r#"{a(b:["\\" [[1]]])}"#, &small()), deep);
        assert_eq!(scan(r#"{a(b:["""x\"""y""" [[1]]])}"#, &small()), deep);
        assert_eq!(scan("{a(b:[# \"\r [[1]]])}", &small()), deep);
    }

    #[test]
    fn a_string_without_an_end_is_refused_because_the_parser_would_read_it_otherwise() {
        for text in [r#"{a(b:"x)}"#, "{a(b:\"x\n\")}", r#"{a(b:[""" [[["[[[[[[[)}"#, r#"{a(b:"\"#] {
            assert!(matches!(scan(text, &small()), Err(RequestError::Syntax { .. })), "{text}");
        }
    }

    #[test]
    fn tokens_and_bytes_are_counted_at_the_edge() {
        assert!(scan(&"a ".repeat(100), &small()).is_ok());
        assert_eq!(scan(&"a ".repeat(101), &small()), Err(RequestError::TooManyTokens { max: 100 }));
        assert!(scan(&" ".repeat(400), &small()).is_ok());
        assert_eq!(scan(&" ".repeat(401), &small()), Err(RequestError::DocumentTooLong { max: 400 }));
    }

    #[test]
    fn the_deepest_that_passes_can_be_parsed_on_half_a_worker_s_stack() {
        let deepest = [
            format!("{{a(b:{}1{})}}", "[".repeat(62), "]".repeat(62)),
            format!("{{a(b:{}1{})}}", "{c:".repeat(62), "}".repeat(62)),
            format!("query($v:{}Int{}){{a}}", "[".repeat(63), "]".repeat(63)),
            format!("query($v:Int={}1{}){{a}}", "[".repeat(63), "]".repeat(63)),
            format!("{}a{}", "{a".repeat(64), "}".repeat(64)),
        ];
        for text in deepest {
            assert!(scan(&text, &Limits::default()).is_ok(), "{text}");
            // The thread would abort the process if it did not return.
            let parse = move || drop(async_graphql::parser::parse_query(&text));
            std::thread::Builder::new().stack_size(1024 * 1024).spawn(parse).unwrap().join().unwrap();
        }
    }

    proptest! {
        /// Whatever passes the scan may be handed to the parser: it returns, whether it likes the text or not.
        #[test]
        fn whatever_passes_can_be_parsed(text in r#"(query|\{|\}|\[|\]|\(|\)|a|:|\$|"|"""|\\|#|\n| |,|1|\.\.\.|on|!|=){0,120}"#) {
            if scan(&text, &Limits::default()).is_ok() {
                let _ = async_graphql::parser::parse_query(&text);
            }
        }
    }
}
