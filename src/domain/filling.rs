//! From a task and the values of its variables to the request of one run. Each value is escaped by the place it stands in:
//! it can't become a path segment, a pair of the query, a header, a field of a body, or another host.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::form_urlencoded;

use super::request::{HEADER_VALUE_BYTES_MAX, Header, HttpRequest, REQUEST_BODY_BYTES_MAX};
use super::task_template::{BodyTemplate, NameValue, TaskTemplate, authority_end, is_content_type};
use super::template::{Part, Template, check_size};
use super::url::URL_BYTES_MAX;
use super::variables::{Place, Variables, variable_error};
use super::{FieldError, HttpUrl};

const FORM: &str = "application/x-www-form-urlencoded";

impl TaskTemplate {
    /// The request of one run, checked.
    ///
    /// # Errors
    /// At `variables` or below: one is missing, unknown, or does not fit where it stands.
    pub fn request(&self, variables: &Variables) -> Result<HttpRequest, FieldError> {
        let known = self.variables()?;
        if let Some(unknown) = variables.names().find(|name| !known.contains(*name)) {
            return Err(variable_error(unknown, "UNKNOWN_VARIABLE", "the task has no such variable"));
        }
        // What else is wrong lies in the values: the task itself was checked when it was saved.
        let of_variables = |error: FieldError| {
            if error.path.first().is_some_and(|name| name == "variables") {
                return error;
            }
            let (field, code) = (error.path.join("."), error.code);
            FieldError::at("variables", code, format!("with these variables {field} of the request {}", error.message))
        };
        let request = self.fill(variables).map_err(of_variables)?;
        request.validate().map_err(of_variables)?;
        Ok(request)
    }

    /// The request with its variables filled in.
    pub(super) fn fill(&self, variables: &Variables) -> Result<HttpRequest, FieldError> {
        let mut headers = Vec::with_capacity(self.headers.len().saturating_add(1));
        for (index, header) in self.headers.iter().enumerate() {
            let template = Template::parse(&format!("headers.{index}.value"), &header.value)?;
            let value = template.render(HEADER_VALUE_BYTES_MAX, |name| variables.fill(Place::Header, name))?;
            headers.push(Header { name: header.name.clone(), value });
        }
        let body = self.body.as_ref().map(|body| self.body(body, variables)).transpose()?;
        let implied = match &self.body {
            Some(BodyTemplate::Json(_)) => Some("application/json"),
            Some(BodyTemplate::Form(_)) => Some(FORM),
            Some(BodyTemplate::Text(_) | BodyTemplate::Base64(_)) | None => None,
        };
        if let Some(content_type) = implied.filter(|_| !self.headers.iter().any(is_content_type)) {
            headers.push(Header { name: "content-type".to_owned(), value: content_type.to_owned() });
        }
        let query = pairs(("query", URL_BYTES_MAX), &self.query, variables)?;
        let url = url(&self.url, variables)?;
        let url = url.with_query(query.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        if url.as_url().as_str().len() > URL_BYTES_MAX {
            return Err(FieldError::at("query", "TOO_LONG", "makes the URL longer than 8,192 bytes"));
        }
        Ok(HttpRequest {
            method: self.method,
            url,
            headers,
            body,
            authorization: self.authorization.clone(),
            timeout_ms: self.timeout_ms.unwrap_or_else(|| self.retry.timeout_ms_default()),
            follow_redirects: self.follow_redirects,
            retry: self.retry,
            idempotency_key: None,
            task: None,
        })
    }

    fn body(&self, body: &BodyTemplate, variables: &Variables) -> Result<Vec<u8>, FieldError> {
        match body {
            BodyTemplate::Json(text) => json("body.json", text, variables),
            BodyTemplate::Text(text) => match self.content_type() {
                Some(essence) if is_json(&essence) => json("body.text", text, variables),
                Some(essence) if essence == FORM => filled(Place::Form, text, variables),
                Some(_) | None => filled(Place::Text, text, variables),
            },
            BodyTemplate::Form(form) => {
                let pairs = pairs(("body.form", REQUEST_BODY_BYTES_MAX), form, variables)?;
                Ok(form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish().into_bytes())
            }
            BodyTemplate::Base64(text) => STANDARD
                .decode(text)
                .map_err(|_| FieldError::at("body.base64", "INVALID_BASE64", "is not base64 with padding")),
        }
    }

    /// The media type of the `Content-Type` header, without its parameters.
    fn content_type(&self) -> Option<String> {
        let header = self.headers.iter().find(|header| is_content_type(header))?;
        Some(header.value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
    }
}

fn is_json(essence: &str) -> bool {
    matches!(essence, "application/json" | "text/json") || essence.ends_with("+json")
}

fn filled(place: Place, text: &str, variables: &Variables) -> Result<Vec<u8>, FieldError> {
    Ok(Template::parse("body.text", text)?
        .render(REQUEST_BODY_BYTES_MAX, |name| variables.fill(place, name))?
        .into_bytes())
}

/// Pairs that are encoded afterwards.
fn pairs(
    (path, bytes_max): (&str, usize),
    pairs: &[NameValue],
    variables: &Variables,
) -> Result<Vec<(String, String)>, FieldError> {
    // For all of them together.
    let mut bytes_left = bytes_max;
    let fill = |(index, pair): (usize, &NameValue)| {
        let name = Template::parse(&format!("{path}.{index}.name"), &pair.name)?;
        let value = Template::parse(&format!("{path}.{index}.value"), &pair.value)?;
        let mut render = |template: Template| {
            let text = template.render(bytes_left, |name| variables.fill(Place::Text, name))?;
            bytes_left = bytes_left.saturating_sub(text.len());
            Ok::<_, FieldError>(text)
        };
        Ok((render(name)?, render(value)?))
    };
    pairs.iter().enumerate().map(fill).collect()
}

/// Fills the URL: variables may stand behind scheme, host and port only.
pub(super) fn url(text: &str, variables: &Variables) -> Result<HttpUrl, FieldError> {
    let authority = text.get(..authority_end(text)).unwrap_or_default();
    if authority.contains("{{") {
        let message = "a variable can't stand in the scheme, the host or the port: who may run the task must not choose \
                       where its credentials go";
        return Err(FieldError::at("url", "VARIABLE_NOT_ALLOWED", message));
    }
    let template = Template::parse("url", text)?;
    let rendered = template.render(URL_BYTES_MAX, |name| variables.fill(Place::Url, name))?;
    check_segments(&template, variables)?;
    let rendered = HttpUrl::parse(&rendered)?;
    let sample = HttpUrl::parse(&template.render(URL_BYTES_MAX, |name| Variables::Sample.fill(Place::Url, name))?)?;
    // `https:/a` and `https:///a` have the host `a` for readers of URLs: what looks like a path is none.
    if HttpUrl::parse(authority)?.authority() != sample.authority() {
        return Err(FieldError::at("url", "INVALID_URL", "must start with http:// or https:// and a host"));
    }
    // Escaping makes this so. Should a reader of URLs ever disagree with it, nothing is sent.
    let shape = |url: &HttpUrl| {
        let segments = url.as_url().path_segments().map(Iterator::count);
        (url.as_url().scheme().to_owned(), url.authority(), segments, url.as_url().query_pairs().count())
    };
    if shape(&rendered) != shape(&sample) {
        return Err(FieldError::at("variables", "INVALID_URL", "change the shape of the URL"));
    }
    Ok(rendered)
}

/// No segment with variables may come out empty or as a dot segment, which URL readers resolve (RFC 3986 §5.2.4).
fn check_segments(template: &Template, variables: &Variables) -> Result<(), FieldError> {
    let mut segment = String::new();
    let mut last_variable: Option<&str> = None;
    for part in template.parts() {
        match part {
            Part::Variable(name) => {
                segment.push_str(&variables.fill(Place::Url, name)?);
                last_variable = Some(name);
            }
            Part::Text(literal) => {
                let (path, is_last) =
                    literal.split_once('?').map_or((literal.as_str(), false), |(path, _)| (path, true));
                let mut pieces = path.split('/');
                segment.push_str(pieces.next().unwrap_or_default());
                for piece in pieces {
                    check_segment(&segment, last_variable.take())?;
                    piece.clone_into(&mut segment);
                }
                if is_last {
                    return check_segment(&segment, last_variable);
                }
            }
        }
    }
    check_segment(&segment, last_variable)
}

fn check_segment(segment: &str, variable: Option<&str>) -> Result<(), FieldError> {
    let plain = segment.to_ascii_lowercase().replace("%2e", ".");
    match variable {
        Some(name) if matches!(plain.as_str(), "" | "." | "..") => {
            Err(variable_error(name, "INVALID_VARIABLE", "must not make a segment of the path empty, \".\" or \"..\""))
        }
        Some(_) | None => Ok(()),
    }
}

/// Fills a JSON text: within a string a variable is escaped, alone it stands for any JSON value.
fn json(path: &str, text: &str, variables: &Variables) -> Result<Vec<u8>, FieldError> {
    let template = Template::parse(path, text)?;
    let invalid = || FieldError::at(path, "INVALID_JSON", "is no JSON once its variables are filled in");
    let (mut in_string, mut is_escaped) = (false, false);
    let (mut rendered, mut sample) = (String::new(), String::new());
    for part in template.parts() {
        match part {
            Part::Text(literal) => {
                for c in literal.chars() {
                    match c {
                        _ if is_escaped => is_escaped = false,
                        '\\' if in_string => is_escaped = true,
                        '"' => in_string = !in_string,
                        _ => {}
                    }
                }
                rendered.push_str(literal);
                sample.push_str(literal);
            }
            // Its first character would be taken for the escaped one.
            Part::Variable(_) if is_escaped => return Err(invalid()),
            Part::Variable(name) => {
                let place = if in_string { Place::JsonString } else { Place::JsonValue };
                rendered.push_str(&variables.fill(place, name)?);
                check_size(&rendered, REQUEST_BODY_BYTES_MAX)?;
                sample.push_str(&Variables::Sample.fill(place, name)?);
            }
        }
    }
    // Judged with harmless values: whether a text is JSON must not hang on what a run puts in.
    let is_json = |text: &str| serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    if is_json(&sample) && is_json(&rendered) { Ok(rendered.into_bytes()) } else { Err(invalid()) }
}

#[cfg(test)]
mod tests;
