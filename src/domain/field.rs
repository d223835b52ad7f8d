//! A complaint about one field of an input.

/// Says which field of an input is wrong and why, in words for the person who typed it.
///
/// `path` uses the GraphQL input's own names (`["authentication", "clientSecret", "secret"]`), because that is what
/// the person sees. `code` is stable and machine-readable. The refused value itself is never repeated: it may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FieldError {
    /// Names from the input's root to the field.
    pub path: Vec<String>,
    /// Stable, upper-case, machine-readable.
    pub code: &'static str,
    /// One or two sentences for a person.
    pub message: String,
}

impl FieldError {
    /// Complains about the field at `path`, whose names are separated by dots.
    pub fn at(path: &str, code: &'static str, message: impl Into<String>) -> Self {
        let path = path.split('.').map(str::to_owned).collect();
        Self { path, code, message: message.into() }
    }

    /// Moves the complaint below a parent field.
    #[must_use]
    pub fn under(mut self, parent: &str) -> Self {
        self.path.insert(0, parent.to_owned());
        self
    }
}

/// Checks that a text has between `min` and `max` characters and no control characters.
///
/// # Errors
/// A [`FieldError`] at `path` that names the bound that was missed.
pub fn text(path: &str, value: &str, min: usize, max: usize) -> Result<(), FieldError> {
    let length = value.chars().count();
    if length < min {
        return Err(FieldError::at(path, "TOO_SHORT", format!("must have at least {min} character(s)")));
    }
    if length > max {
        return Err(FieldError::at(path, "TOO_LONG", format!("must have at most {max} characters, has {length}")));
    }
    if value.chars().any(char::is_control) {
        return Err(FieldError::at(path, "CONTROL_CHARACTER", "must not contain control characters"));
    }
    if min > 0 && value.trim().is_empty() {
        return Err(FieldError::at(path, "BLANK", "must not be blank"));
    }
    Ok(())
}
