//! Which values of a task are credentials, and that they stay with the host they were given for.

use super::FieldError;
use super::task_template::{BodyTemplate, MASK, TaskTemplate, names_a_credential};
use super::variables::Variables;

/// Whether a stored value is shown to nobody. One that is nothing but a variable holds no secret.
pub fn is_credential(name: &str, value: &str) -> bool {
    let is_variable = value.starts_with("{{") && value.ends_with("}}") && value.matches("{{").count() == 1;
    names_a_credential(name) && !is_variable
}

impl TaskTemplate {
    /// What a change may build on that gives the task this URL. At another scheme, host or port the mask stands for each
    /// credential: whoever may change a task must not be able to send its credentials where they can read them.
    #[must_use]
    pub fn kept_at(mut self, url: &str) -> Self {
        let target = |url: &str| {
            let url = super::filling::url(url, &Variables::Sample).ok()?;
            Some((url.as_url().scheme().to_owned(), url.authority()))
        };
        let (before, after) = (target(&self.url), target(url));
        if before.is_some() && before == after {
            return self;
        }
        let form: &mut [_] = match &mut self.body {
            Some(BodyTemplate::Form(form)) => form,
            Some(BodyTemplate::Text(_) | BodyTemplate::Json(_) | BodyTemplate::Base64(_)) | None => &mut [],
        };
        let pairs = self.query.iter_mut().chain(form).map(|pair| (&pair.name, &mut pair.value));
        let headers = self.headers.iter_mut().map(|header| (&header.name, &mut header.value));
        for (name, value) in pairs.chain(headers) {
            if is_credential(name, value) {
                MASK.clone_into(value);
            }
        }
        self
    }

    /// Refuses a template in which a mask is left.
    pub(super) fn check_masks(&self) -> Result<(), FieldError> {
        let form: &[_] = match &self.body {
            Some(BodyTemplate::Form(form)) => form,
            Some(BodyTemplate::Text(_) | BodyTemplate::Json(_) | BodyTemplate::Base64(_)) | None => &[],
        };
        let headers: Vec<_> = self.headers.iter().map(|header| &header.value).collect();
        let values = |pairs: &'_ [super::task_template::NameValue]| pairs.iter().position(|pair| pair.value == MASK);
        let places = [
            ("headers", headers.iter().position(|value| *value == MASK)),
            ("query", values(&self.query)),
            ("body.form", values(form)),
        ];
        let masked = places.into_iter().find_map(|(list, index)| Some((list, index?)));
        masked.map_or(Ok(()), |(list, index)| Err(masked_value(&format!("{list}.{index}.value"))))
    }
}

/// Complains about a mask where a value belongs.
pub fn masked_value(path: &str) -> FieldError {
    let message = "holds the mask that stands for a stored value; write the value itself: a stored credential stays with \
                   the scheme, host and port that it was given for";
    FieldError::at(path, "MASKED_VALUE", message)
}
