//! Relay's pages: arguments in, edges out.

use std::borrow::Cow;

use async_graphql::{ComplexObject, OutputType, SimpleObject, TypeName};

use super::errors::{ApiError, ErrorCode};
use super::ids::{Cursor, ListKind};
use super::scalars::int;
use crate::projections::{Slice, Window};

/// Most entries of one page.
pub const PAGE_SIZE_MAX: i32 = 100;
/// Entries of one page unless the client says otherwise.
pub const PAGE_SIZE_DEFAULT: i32 = 20;

/// The four arguments of a Relay list.
#[derive(Debug, Clone, Default)]
pub struct PageArguments {
    /// So many from the start.
    pub first: Option<i32>,
    /// Behind this cursor.
    pub after: Option<String>,
    /// So many from the end.
    pub last: Option<i32>,
    /// Before this cursor.
    pub before: Option<String>,
}

impl PageArguments {
    /// Checks the arguments.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` for a size out of bounds or for both `first` and `last`; `INVALID_CURSOR` for a cursor of
    /// another list.
    pub fn window<C: Cursor>(&self, kind: ListKind) -> Result<Window<C>, ApiError> {
        let (size, from_end) = match (self.first, self.last) {
            (Some(_), Some(_)) => {
                return Err(ApiError::new(ErrorCode::InvalidArgument, "Ask for `first` or for `last`, not for both."));
            }
            (first, None) => (first.unwrap_or(PAGE_SIZE_DEFAULT), false),
            (None, Some(last)) => (last, true),
        };
        let limit = u32::try_from(size).ok().filter(|_| size <= PAGE_SIZE_MAX).ok_or_else(|| {
            let message = format!("`first` and `last` must be between 0 and {PAGE_SIZE_MAX}.");
            ApiError::new(ErrorCode::InvalidArgument, message)
        })?;
        let cursor = |text: &Option<String>| text.as_deref().map(|text| parse_cursor(kind, text)).transpose();
        Ok(Window { after: cursor(&self.after)?, before: cursor(&self.before)?, from_end, limit })
    }
}

/// Reads a cursor of this list.
///
/// # Errors
/// `INVALID_CURSOR`.
pub fn parse_cursor<C: Cursor>(list: ListKind, text: &str) -> Result<C, ApiError> {
    C::decode(list, text)
        .ok_or_else(|| ApiError::new(ErrorCode::InvalidCursor, "The cursor was not made by this list."))
}

/// Where a page lies in its list.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct PageInfo {
    /// Whether there are entries behind the page.
    has_next_page: bool,
    /// Whether there are entries before the page.
    has_previous_page: bool,
    /// Cursor of the first entry.
    start_cursor: Option<String>,
    /// Cursor of the last entry.
    end_cursor: Option<String>,
}

/// One page of a list.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex, name_type)]
#[expect(clippy::struct_field_names, reason = "the name is Relay's")]
pub struct Page<T: OutputType> {
    /// The entries with their cursors.
    edges: Vec<Edge<T>>,
    /// Where the page lies.
    page_info: PageInfo,
    /// Number of all entries that the filter means; null where counting would cost too much.
    total_count: Option<i32>,
}

/// An entry of a list.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(name_type)]
pub struct Edge<T: OutputType> {
    /// Place in the list.
    pub cursor: String,
    /// The entry.
    pub node: T,
}

impl<T: OutputType> TypeName for Page<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Connection", <T as OutputType>::type_name()).into()
    }
}

impl<T: OutputType> TypeName for Edge<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Edge", <T as OutputType>::type_name()).into()
    }
}

#[ComplexObject]
impl<T: OutputType> Page<T> {
    /// The entries.
    async fn nodes(&self) -> Vec<&T> {
        self.edges.iter().map(|edge| &edge.node).collect()
    }
}

impl<T: OutputType> Page<T> {
    /// Makes a page of what a window was answered with.
    pub fn of<C: Cursor, R>(list: ListKind, window: &Window<C>, slice: Slice<R>, entry: impl Fn(R) -> (C, T)) -> Self {
        let edges: Vec<Edge<T>> = slice
            .rows
            .into_iter()
            .map(|row| {
                let (cursor, node) = entry(row);
                Edge { cursor: cursor.encode(list), node }
            })
            .collect();
        // In the other direction the cursor itself is the sign: it was some entry's.
        let (has_next_page, has_previous_page) = if window.from_end {
            (window.before.is_some(), slice.has_more)
        } else {
            (slice.has_more, window.after.is_some())
        };
        let page_info = PageInfo {
            has_next_page,
            has_previous_page,
            start_cursor: edges.first().map(|edge| edge.cursor.clone()),
            end_cursor: edges.last().map(|edge| edge.cursor.clone()),
        };
        Self { edges, page_info, total_count: None }
    }

    /// Adds the number of all entries.
    #[must_use]
    pub fn counted(self, total: u64) -> Self {
        Self { total_count: Some(int(total)), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(arguments: &PageArguments) -> Result<u32, ErrorCode> {
        arguments.window::<u64>(ListKind::AuditEvents).map(|window| window.limit).map_err(|error| error.code)
    }

    #[test]
    fn a_page_has_bounds() {
        let first = |first| PageArguments { first: Some(first), ..PageArguments::default() };
        assert_eq!(code(&first(0)), Ok(0));
        assert_eq!(code(&first(PAGE_SIZE_MAX)), Ok(100));
        assert_eq!(code(&first(PAGE_SIZE_MAX + 1)), Err(ErrorCode::InvalidArgument));
        assert_eq!(code(&first(-1)), Err(ErrorCode::InvalidArgument));
        assert_eq!(code(&PageArguments::default()), Ok(20));
        let both = PageArguments { last: Some(1), ..first(1) };
        assert_eq!(code(&both), Err(ErrorCode::InvalidArgument));
        let foreign = PageArguments { after: Some(1_u64.encode(ListKind::HttpExchanges)), ..PageArguments::default() };
        assert_eq!(code(&foreign), Err(ErrorCode::InvalidCursor));
    }
}
