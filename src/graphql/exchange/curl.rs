//! The same request as a line for a shell.

use super::RecordedHttpRequest;

/// Writes the command. Credentials are shell variables, a body is a file: neither is known here.
pub(super) fn command(request: &RecordedHttpRequest, uses_token: bool) -> String {
    let mut words = vec!["curl".to_owned(), "--globoff".to_owned()];
    match request.method.as_str() {
        "GET" => {}
        // `--request HEAD` would wait for a body that never comes.
        "HEAD" => words.push("--head".to_owned()),
        method => words.push(format!("--request {method}")),
    }
    words.push(quoted(&request.url.0));
    if uses_token {
        words.push("--header \"Authorization: Bearer $TOKEN\"".to_owned());
    }
    for header in &request.headers {
        if header.name.eq_ignore_ascii_case("authorization") {
            words.push("--header \"Authorization: $AUTHORIZATION\"".to_owned());
        } else if let Some(value) = &header.value {
            words.push(format!("--header {}", quoted(&format!("{}: {value}", header.name))));
        }
    }
    if request.body_size > 0 {
        words.push("--data-binary @body".to_owned());
    }
    words.join(" ")
}

/// Quotes a word for a POSIX shell: nothing within single quotes means anything.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::super::super::http_response::Header;
    use super::super::super::scalars::UrlText;
    use super::*;

    fn request(method: &str, body_size: i32) -> RecordedHttpRequest {
        let header = |name: &str, value: Option<&str>| Header { name: name.into(), value: value.map(str::to_owned) };
        RecordedHttpRequest {
            method: method.to_owned(),
            url: UrlText("https://api.example.com/it's?a=$(b)".to_owned()),
            headers: vec![
                header("x-a", Some("$HOME `id`")),
                header("x-b", None),
                header("Authorization", Some("••••")),
            ],
            body_size,
        }
    }

    #[test]
    fn a_shell_takes_nothing_in_it_for_a_command() {
        assert_eq!(
            command(&request("POST", 3), false),
            r#"curl --globoff --request POST 'https://api.example.com/it'\''s?a=$(b)' --header 'x-a: $HOME `id`' --header "Authorization: $AUTHORIZATION" --data-binary @body"#
        );
    }

    #[test]
    fn the_token_is_a_variable() {
        let line = command(&request("HEAD", 0), true);
        assert!(line.starts_with("curl --globoff --head 'https:"), "{line}");
        assert!(line.contains(r#""Authorization: Bearer $TOKEN""#), "{line}");
    }
}
