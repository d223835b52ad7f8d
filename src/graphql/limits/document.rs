//! Parses documents within the limits, and remembers the ones that passed.
//!
//! Parsing is more than half of the work of a small query, and clients send the same few texts for ever. The cache is
//! bounded by estimated memory, never keeps a text that failed (else anybody could fill it), and never keeps a mutation
//! with a literal string: somebody may have written a secret into it.

use std::sync::Arc;

use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationDefinition, OperationType};
use async_graphql::parser::{self, parse_query};
use moka::sync::Cache;

use super::prescan::{Scan, scan};
use super::{Limits, RequestError, SYNTAX_MESSAGE_CHARS_MAX, fragments};

/// What a token costs in the parsed tree, in bytes: a selected field is some 250 bytes and is one token at the least.
const TOKEN_BYTES: usize = 256;

/// A document that is within all limits.
#[derive(Debug)]
pub struct CheckedDocument {
    document: ExecutableDocument,
    weight: u32,
}

impl CheckedDocument {
    /// The parsed document.
    pub fn document(&self) -> &ExecutableDocument {
        &self.document
    }

    /// Finds the operation to run (GraphQL, 6.1 `GetOperation`).
    ///
    /// # Errors
    /// [`RequestError::OperationNameRequired`] and [`RequestError::UnknownOperation`].
    pub fn operation(&self, name: Option<&str>) -> Result<&OperationDefinition, RequestError> {
        match (&self.document.operations, name) {
            (DocumentOperations::Single(operation), None) => Ok(&operation.node),
            (DocumentOperations::Multiple(operations), None) if operations.len() == 1 => {
                operations.values().next().map(|operation| &operation.node).ok_or(RequestError::UnknownOperation)
            }
            (DocumentOperations::Multiple(_), None) => Err(RequestError::OperationNameRequired),
            (DocumentOperations::Single(_), Some(_)) => Err(RequestError::UnknownOperation),
            (DocumentOperations::Multiple(operations), Some(name)) => {
                operations.get(name).map(|operation| &operation.node).ok_or(RequestError::UnknownOperation)
            }
        }
    }
}

/// Turns texts into checked documents.
#[derive(Debug, Clone)]
pub struct Documents {
    limits: Limits,
    passed: Cache<Arc<str>, Arc<CheckedDocument>>,
}

impl Documents {
    /// Starts with an empty cache.
    pub fn new(limits: Limits) -> Self {
        let passed = Cache::builder()
            .weigher(|_: &Arc<str>, document: &Arc<CheckedDocument>| document.weight)
            .max_capacity(limits.cache_bytes_max)
            .build();
        Self { limits, passed }
    }

    /// Parses a document, or finds it parsed.
    ///
    /// # Errors
    /// Every [`RequestError`] but those about the choice of the operation.
    pub fn parse(&self, text: &str) -> Result<Arc<CheckedDocument>, RequestError> {
        // Before the look-up, so that no text is hashed that is too long to have been stored.
        if text.len() > self.limits.document_bytes_max {
            return Err(RequestError::DocumentTooLong { max: self.limits.document_bytes_max });
        }
        if let Some(document) = self.passed.get(text) {
            return Ok(document);
        }
        let seen = scan(text, &self.limits)?;
        let document = parse_query(text).map_err(|error| syntax(&error))?;
        fragments::check(&document, &self.limits)?;
        let keep = !may_hold_a_secret(&document, seen);
        let document = Arc::new(CheckedDocument { document, weight: weight(text, seen) });
        if keep {
            self.passed.insert(text.into(), Arc::clone(&document));
        }
        Ok(document)
    }
}

fn weight(text: &str, seen: Scan) -> u32 {
    let bytes = text.len().saturating_add(seen.tokens.saturating_mul(TOKEN_BYTES));
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

fn may_hold_a_secret(document: &ExecutableDocument, seen: Scan) -> bool {
    seen.strings > 0 && document.operations.iter().any(|(_, operation)| operation.node.ty == OperationType::Mutation)
}

/// Keeps of the parser's error the place and what was expected, and drops the picture, which repeats the document.
fn syntax(error: &parser::Error) -> RequestError {
    let position = error.positions().next().map(|position| (position.line, position.column));
    let full = error.to_string();
    let line = match error {
        parser::Error::Syntax { .. } => {
            full.lines().rev().find_map(|line| line.trim_start().strip_prefix("= ")).unwrap_or("unexpected text")
        }
        parser::Error::OperationDuplicated { .. } => "an operation is defined twice",
        parser::Error::FragmentDuplicated { .. } => "a fragment is defined twice",
        _ => full.lines().next().unwrap_or_default(),
    };
    RequestError::Syntax { message: line.chars().take(SYNTAX_MESSAGE_CHARS_MAX).collect(), position }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::time::Duration;

    use super::*;

    fn documents() -> Documents {
        Documents::new(Limits::default())
    }

    fn kept(documents: &Documents) -> u64 {
        documents.passed.run_pending_tasks();
        documents.passed.entry_count()
    }

    #[test]
    fn a_text_is_parsed_once() {
        let documents = documents();
        let first = documents.parse("{a}").unwrap();
        assert!(Arc::ptr_eq(&first, &documents.parse("{a}").unwrap()));
    }

    #[test]
    fn failed_texts_are_not_kept() {
        let documents = documents();
        for text in ["{a", "{...A} fragment A on Q{...A}", "subscription{a b}"] {
            assert!(documents.parse(text).is_err());
        }
        assert_eq!(kept(&documents), 0);
    }

    #[test]
    fn a_mutation_with_a_literal_string_is_not_kept() {
        let documents = documents();
        documents.parse(r#"mutation{a(secret:"x")}"#).unwrap();
        documents.parse(r#"mutation{a(secret:"""x""")}"#).unwrap();
        assert_eq!(kept(&documents), 0);
        documents.parse("mutation($s:String!){a(secret:$s)}").unwrap();
        documents.parse(r#"{a(name:"x")}"#).unwrap();
        assert_eq!(kept(&documents), 2);
    }

    #[test]
    fn the_cache_stays_within_its_bytes() {
        let documents = Documents::new(Limits { cache_bytes_max: 10_000, ..Limits::default() });
        for number in 0..200 {
            documents.parse(&format!("{{a{number}}}")).unwrap();
        }
        assert!(kept(&documents) > 0);
        assert!(documents.passed.weighted_size() <= 10_000);
    }

    #[test]
    fn a_syntax_error_is_one_short_line_that_repeats_nothing() {
        let text = format!("{{ a(secret: {}canary", "x ".repeat(3_000));
        let RequestError::Syntax { message, position } = documents().parse(&text).unwrap_err() else {
            panic!("a syntax error is expected")
        };
        assert!(message.starts_with("expected "), "{message}");
        assert!(!message.contains("canary") && !message.contains('\n'));
        assert!(message.chars().count() <= SYNTAX_MESSAGE_CHARS_MAX);
        assert_eq!(position, Some((1, 15)));
    }

    #[test]
    fn duplicate_names_are_not_repeated() {
        let twice = documents().parse("query canary{a} query canary{b}").unwrap_err();
        assert_eq!(twice.to_string(), "Syntax error: an operation is defined twice");
    }

    #[test]
    fn the_operation_is_found_by_the_rules() {
        let documents = documents();
        let single = documents.parse("{a}").unwrap();
        assert_eq!(single.operation(None).unwrap().ty, OperationType::Query);
        assert_eq!(single.operation(Some("A")).unwrap_err(), RequestError::UnknownOperation);
        let several = documents.parse("query A{a} mutation B{b}").unwrap();
        assert_eq!(several.operation(Some("B")).unwrap().ty, OperationType::Mutation);
        assert_eq!(several.operation(None).unwrap_err(), RequestError::OperationNameRequired);
        assert_eq!(several.operation(Some("C")).unwrap_err(), RequestError::UnknownOperation);
        assert!(documents.parse("subscription A{a}").unwrap().operation(None).is_ok());
    }

    /// The best of some runs, because a busy machine is not a slow check.
    #[expect(clippy::disallowed_methods, reason = "measures work, decides nothing")]
    fn fastest(text: &str) -> Duration {
        let documents = documents();
        let runs = (0..5).map(|_| {
            let start = std::time::Instant::now();
            assert!(documents.parse(text).is_err());
            start.elapsed()
        });
        runs.min().unwrap()
    }

    #[test]
    fn hostile_documents_are_refused_within_milliseconds() {
        let brackets = format!("{{a(b:{})}}", "[".repeat(100_000));
        let mut fragments = "{...F0}".to_owned();
        for number in 0..10_000 {
            write!(fragments, "fragment F{number} on Q{{...F{}}}", number + 1).unwrap();
        }
        let mut aliases = "{".to_owned();
        for number in 0..10_000 {
            write!(aliases, "a{number}:__typename ").unwrap();
        }
        aliases.push('}');
        let mut bomb = "{...F0}".to_owned();
        for level in 0..6 {
            write!(bomb, "fragment F{level} on Q{{{}}}", format!("...F{}", level + 1).repeat(20)).unwrap();
        }
        bomb.push_str("fragment F6 on Q{__typename}");
        for (name, text) in [("brackets", brackets), ("fragments", fragments), ("aliases", aliases), ("bomb", bomb)] {
            assert!(fastest(&text) < Duration::from_millis(50), "{name}");
        }
    }
}
