//! Bounds of the lists in filters: every entry is a parameter of a query to the database.

use super::errors::{ApiError, ErrorCode};

/// Most entries of one list in a filter.
pub const FILTER_ENTRIES_MAX: usize = 100;

/// The entries of the list called `field`; null is none.
///
/// # Errors
/// `INVALID_ARGUMENT` for more than [`FILTER_ENTRIES_MAX`].
pub fn entries<T>(field: &str, list: Option<Vec<T>>) -> Result<Vec<T>, ApiError> {
    let list = list.unwrap_or_default();
    if list.len() > FILTER_ENTRIES_MAX {
        let message = format!("`{field}` must have at most {FILTER_ENTRIES_MAX} entries.");
        return Err(ApiError::new(ErrorCode::InvalidArgument, message));
    }
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_a_bound() {
        assert_eq!(entries::<u8>("filter.types", None), Ok(vec![]));
        assert_eq!(entries("filter.types", Some(vec![0; FILTER_ENTRIES_MAX])).unwrap().len(), 100);
        let refused = entries("filter.types", Some(vec![0; FILTER_ENTRIES_MAX + 1])).unwrap_err();
        assert_eq!(refused.code, ErrorCode::InvalidArgument);
        assert_eq!(refused.message, "`filter.types` must have at most 100 entries.");
    }
}
