//! Refuses documents that cost more than they are worth, before they can cost it.
//!
//! The GraphQL library checks its limits after parsing and after validation. Both are too late: a few kilobytes of
//! nested brackets overflow the parser's stack and kill the process, and a few hundred bytes of fragments that spread
//! each other keep a core busy for half a minute. So three checks stand before it, each linear in the text:
//!
//! 1. [`prescan`]: bytes, tokens and bracket depth, before any parser has seen the text;
//! 2. [`fragments`]: what the parsed document expands to, each fragment measured once;
//! 3. [`document`]: the two in order, and a cache of what passed.
//!
//! Deliberately absent: the schema. Whether a field exists is the library's question.

pub mod document;
pub mod fragments;
pub mod prescan;

pub use document::{CheckedDocument, Documents};

/// The longest text of a syntax error that a client sees, in characters.
pub const SYNTAX_MESSAGE_CHARS_MAX: usize = 160;

/// What one document may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Length of the document, in bytes.
    pub document_bytes_max: usize,
    /// Lexical tokens: names, numbers, strings, punctuators.
    pub tokens_max: usize,
    /// Brackets `(`, `[`, `{` open at the same time, in selections, values and types together.
    pub brackets_max: usize,
    /// Fragment definitions.
    pub fragments_max: usize,
    /// Fields inside fields, counted through fragments. The standard introspection query has 15.
    pub depth_max: usize,
    /// Selection sets inside selection sets, counted through fragments: bounds the recursion of every later walk.
    pub nesting_max: usize,
    /// Fields, spreads and inline fragments after expansion, over all definitions. An alias is a field, so is `__typename`.
    pub selections_max: usize,
    /// Fields at the root of one operation, after expansion.
    pub root_fields_max: usize,
    /// Fields at the root of one mutation, after expansion: each may hold a whole answer of an API in memory.
    pub mutation_fields_max: usize,
    /// Estimated memory of all cached documents, in bytes.
    pub cache_bytes_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            document_bytes_max: 256 * 1024,
            tokens_max: 10_000,
            brackets_max: 64,
            fragments_max: 200,
            depth_max: 16,
            nesting_max: 30,
            selections_max: 2_000,
            root_fields_max: 50,
            mutation_fields_max: 10,
            cache_bytes_max: 16 * 1024 * 1024,
        }
    }
}

/// Why a document is refused. The text never repeats the document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Longer than `document_bytes_max`.
    #[error("The document is longer than {max} bytes.")]
    DocumentTooLong {
        /// The bound.
        max: usize,
    },
    /// More than `tokens_max` tokens.
    #[error("The document has more than {max} tokens.")]
    TooManyTokens {
        /// The bound.
        max: usize,
    },
    /// Brackets, fields or selection sets nested too deeply.
    #[error("The document is nested more than {max} levels deep.")]
    TooDeep {
        /// The bound.
        max: usize,
    },
    /// Not GraphQL.
    #[error("Syntax error: {message}")]
    Syntax {
        /// One line, at most [`SYNTAX_MESSAGE_CHARS_MAX`] characters.
        message: String,
        /// Line and column, both from 1, where they are known.
        position: Option<(usize, usize)>,
    },
    /// More than `fragments_max` fragments.
    #[error("The document defines more than {max} fragments.")]
    TooManyFragments {
        /// The bound.
        max: usize,
    },
    /// A fragment that spreads itself.
    #[error("A fragment of the document spreads itself.")]
    FragmentCycle,
    /// More than `selections_max` selections after expansion.
    #[error("The document selects more than {max} fields once its fragments are expanded.")]
    TooManySelections {
        /// The bound.
        max: usize,
    },
    /// More than `root_fields_max` fields at the root of an operation.
    #[error("An operation of the document has more than {max} root fields.")]
    TooManyRootFields {
        /// The bound.
        max: usize,
    },
    /// More than `mutation_fields_max` fields at the root of a mutation.
    #[error("A mutation of the document has more than {max} root fields.")]
    TooManyMutationFields {
        /// The bound.
        max: usize,
    },
    /// A subscription with more than one root field (GraphQL, 5.2.3.1), or with one inside a fragment.
    #[error("A subscription must have exactly one root field, outside of fragments.")]
    SubscriptionRootFields,
    /// Several operations, and no name says which (GraphQL, 6.1).
    #[error("The document has several operations; `operationName` must name one.")]
    OperationNameRequired,
    /// No operation has that name.
    #[error("The document has no operation of the name in `operationName`.")]
    UnknownOperation,
}

impl RequestError {
    /// The stable code of the refusal, for `extensions.code`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::DocumentTooLong { .. } | Self::TooManyTokens { .. } => "DOCUMENT_TOO_LARGE",
            Self::TooDeep { .. } => "DOCUMENT_TOO_DEEP",
            Self::TooManyFragments { .. }
            | Self::TooManySelections { .. }
            | Self::TooManyRootFields { .. }
            | Self::TooManyMutationFields { .. } => "DOCUMENT_TOO_COMPLEX",
            Self::Syntax { .. } => "GRAPHQL_PARSE_FAILED",
            Self::FragmentCycle | Self::SubscriptionRootFields => "GRAPHQL_VALIDATION_FAILED",
            Self::OperationNameRequired | Self::UnknownOperation => "OPERATION_RESOLUTION_FAILURE",
        }
    }
}
