//! Texts with variables: `{{name}}`, and nothing more.
//!
//! Not a template library: those have expressions, filters and loops to be switched off, and give a text, whereas every
//! variable here is escaped by the *place* it stands in, which takes the parts (see [`super::filling`]).

use super::FieldError;

/// Longest name of a variable in characters.
pub const VARIABLE_NAME_LENGTH_MAX: usize = 64;

/// A text with variables, in parts.
#[derive(Clone, PartialEq, Eq)]
pub struct Template(Vec<Part>);

/// A part of a template.
#[derive(Clone, PartialEq, Eq)]
pub enum Part {
    /// Stands as it is.
    Text(String),
    /// The name of a variable.
    Variable(String),
}

impl Template {
    /// Reads a template. `{{{{` stands for `{{`; a lone `}}` is text.
    ///
    /// # Errors
    /// `INVALID_TEMPLATE` at `path` for a `{{` that no name and `}}` follow.
    pub fn parse(path: &str, text: &str) -> Result<Self, FieldError> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once("{{") {
            literal.push_str(before);
            if let Some(behind) = behind.strip_prefix("{{") {
                literal.push_str("{{");
                rest = behind;
                continue;
            }
            let invalid = || {
                let message = "a variable is written {{name}}, with a name of up to 64 letters, digits and \"_\" that \
                               starts with no digit; {{{{ stands for {{ itself";
                FieldError::at(path, "INVALID_TEMPLATE", message)
            };
            let (name, behind) = behind.split_once("}}").ok_or_else(invalid)?;
            let name = name.trim_matches(' ');
            if !is_variable_name(name) {
                return Err(invalid());
            }
            if !literal.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut literal)));
            }
            parts.push(Part::Variable(name.to_owned()));
            rest = behind;
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            parts.push(Part::Text(literal));
        }
        Ok(Self(parts))
    }

    /// The parts in order.
    pub fn parts(&self) -> &[Part] {
        &self.0
    }

    /// The names of the variables in order, repeated ones too.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Variable(name) => Some(name.as_str()),
        })
    }

    /// The text with each variable replaced by what `fill` makes of its name.
    ///
    /// # Errors
    /// Those of `fill`, and `TOO_LARGE` at `variables` as soon as a variable makes the text longer than `bytes_max`:
    /// a large value that stands in many places must not cost its size for each of them.
    pub fn render(
        &self,
        bytes_max: usize,
        mut fill: impl FnMut(&str) -> Result<String, FieldError>,
    ) -> Result<String, FieldError> {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Variable(name) => {
                    text.push_str(&fill(name)?);
                    check_size(&text, bytes_max)?;
                }
            }
        }
        Ok(text)
    }
}

/// Refuses a text that variables made too long.
pub(super) fn check_size(text: &str, bytes_max: usize) -> Result<(), FieldError> {
    if text.len() <= bytes_max {
        return Ok(());
    }
    Err(FieldError::at("variables", "TOO_LARGE", format!("make a part of the request larger than {bytes_max} bytes")))
}

/// Whether a text can be the name of a variable.
pub fn is_variable_name(name: &str) -> bool {
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let goes_on_well = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    starts_well && goes_on_well && name.len() <= VARIABLE_NAME_LENGTH_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(text: &str) -> Result<String, &'static str> {
        let template = Template::parse("url", text).map_err(|error| error.code)?;
        template.render(1_000, |name| Ok(format!("<{name}>"))).map_err(|error| error.code)
    }

    #[test]
    fn a_text_that_variables_make_too_long_is_given_up_at_once() {
        let template = Template::parse("url", &"{{a}}".repeat(100)).unwrap();
        let mut fills = 0;
        let mut render = |bytes_max| {
            template.render(bytes_max, |_| {
                fills += 1;
                Ok("0123456789".to_owned())
            })
        };
        assert_eq!(render(1_000).unwrap().len(), 1_000);
        assert_eq!(render(999).unwrap_err().code, "TOO_LARGE");
        assert_eq!(render(15).unwrap_err().path, ["variables"]);
        assert_eq!(fills, 100 + 100 + 2);
    }

    #[test]
    fn variables_are_names_between_double_braces() {
        assert_eq!(rendered("a {{b}} {{ c_1 }}d").as_deref(), Ok("a <b> <c_1>d"));
        assert_eq!(rendered("{{a}}{{b}}").as_deref(), Ok("<a><b>"));
        assert_eq!(rendered(r#"{"a":{"b":1}}"#).as_deref(), Ok(r#"{"a":{"b":1}}"#));
        assert_eq!(rendered("{{{{a}} {{{{{{b}}").as_deref(), Ok("{{a}} {{<b>"));
        assert_eq!(rendered("").as_deref(), Ok(""));
    }

    #[test]
    fn nothing_else_stands_between_them() {
        for bad in
            ["{{", "{{a", "{{}}", "{{ }}", "{{1a}}", "{{a-b}}", "{{a|upper}}", "{{a.b}}", "{{{a}}}", "{{a b}}", "{{ä}}"]
        {
            assert_eq!(rendered(bad), Err("INVALID_TEMPLATE"), "{bad}");
        }
        let named = |length: usize| rendered(&format!("{{{{{}}}}}", "a".repeat(length))).is_ok();
        assert!(named(VARIABLE_NAME_LENGTH_MAX) && !named(VARIABLE_NAME_LENGTH_MAX + 1));
    }
}
