//! The pages, embedded in the binary: `/`, `/graphiql` and the files they need.
//!
//! Deliberately absent: a file system at run time, content that differs per user, and any third party: every script, style
//! and picture comes from here, and the Content-Security-Policy says so.

use actix_web::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, EntityTag, Header, IfNoneMatch, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Compress;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "frontend/dist/"]
struct Files;

/// The policy of every page but GraphiQL.
const POLICY: &str =
    "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'";
/// GraphiQL's dialogs write a style element (scroll lock), and its style sheet has pictures and a font inside. `'self'` covers
/// the WebSocket of the same host (CSP Level 3 §6.7.2.8).
const GRAPHIQL_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self' data:; \
     img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; \
     object-src 'none'";

/// Serves the embedded pages for every path that nothing else answers; other unknown paths are 404 in plain text.
///
/// It is the default service, so it hides no route, in whatever order they are registered.
pub fn configure(app: &mut web::ServiceConfig) {
    app.default_service(web::to(serve).wrap(Compress::default()));
}

async fn serve(request: HttpRequest) -> HttpResponse {
    let (name, policy) = match request.path() {
        "/" => ("index.html", POLICY),
        "/graphiql" => ("graphiql/index.html", GRAPHIQL_POLICY),
        path => (path.trim_start_matches('/'), POLICY),
    };
    // A page has one address: under its file name it would get the other policy.
    let found = if request.path().rsplit('.').next() == Some("html") { None } else { Files::get(name) };
    let Some(file) = found else {
        return secured(StatusCode::NOT_FOUND, POLICY)
            .insert_header((CONTENT_TYPE, "text/plain; charset=utf-8"))
            .body("There is nothing here.\n");
    };
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return secured(StatusCode::METHOD_NOT_ALLOWED, POLICY).insert_header((ALLOW, "GET, HEAD")).finish();
    }
    let tag = EntityTag::new_strong(hex::encode(file.metadata.sha256_hash()));
    let status = if is_known(&request, &tag) { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
    let mut answer = secured(status, policy);
    // "Keep it, but ask": file names have no version in them, and asking costs one short answer.
    answer.insert_header((CACHE_CONTROL, "no-cache")).insert_header((ETAG, tag.to_string()));
    if status == StatusCode::NOT_MODIFIED {
        return answer.finish();
    }
    answer.insert_header((CONTENT_TYPE, content_type(name))).body(body(file))
}

/// Whether the client has this content (RFC 9110 §13.1.2: compared weakly).
fn is_known(request: &HttpRequest, tag: &EntityTag) -> bool {
    match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => true,
        Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|known| known.weak_eq(tag)),
        Err(_) => false,
    }
}

fn content_type(name: &str) -> String {
    let guessed = mime_guess::from_path(name).first_or_octet_stream();
    match (guessed.type_(), guessed.subtype().as_str()) {
        (mime_guess::mime::TEXT, _) | (_, "javascript" | "json") => format!("{guessed}; charset=utf-8"),
        _ => guessed.to_string(),
    }
}

fn body(file: EmbeddedFile) -> web::Bytes {
    match file.data {
        std::borrow::Cow::Borrowed(bytes) => web::Bytes::from_static(bytes),
        std::borrow::Cow::Owned(bytes) => web::Bytes::from(bytes),
    }
}

fn secured(status: StatusCode, policy: &'static str) -> HttpResponseBuilder {
    let mut answer = HttpResponse::build(status);
    answer
        .insert_header((CONTENT_SECURITY_POLICY, policy))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .insert_header((X_FRAME_OPTIONS, "DENY"))
        .insert_header(("cross-origin-opener-policy", "same-origin"));
    answer
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::IF_NONE_MATCH;
    use actix_web::test::{TestRequest, call_service, init_service, read_body};
    use actix_web::{App, dev::ServiceResponse};

    use super::*;

    async fn answer(request: TestRequest) -> ServiceResponse {
        let app = App::new().configure(configure).route("/healthz", web::get().to(HttpResponse::Ok));
        call_service(&init_service(app).await, request.to_request()).await
    }

    fn header<'a>(answer: &'a ServiceResponse, name: &str) -> &'a str {
        answer.headers().get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[actix_web::test]
    async fn the_page_has_the_strict_policy_and_every_security_header() {
        let page = answer(TestRequest::get().uri("/")).await;
        assert_eq!(page.status(), StatusCode::OK);
        for (name, value) in [
            ("content-type", "text/html; charset=utf-8"),
            (
                "content-security-policy",
                "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'",
            ),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cache-control", "no-cache"),
        ] {
            assert_eq!(header(&page, name), value, "{name}");
        }
    }

    #[actix_web::test]
    async fn graphiql_may_write_styles_but_run_no_foreign_or_inline_script() {
        let page = answer(TestRequest::get().uri("/graphiql")).await;
        let policy = header(&page, "content-security-policy").to_owned();
        assert!(policy.starts_with("default-src 'self'; style-src 'self' 'unsafe-inline';"), "{policy}");
        assert!(!policy.contains("script-src") && !policy.contains("http"), "{policy}");
        let text = String::from_utf8(read_body(page).await.to_vec()).unwrap();
        assert!(!text.contains("<script>") && !text.contains("<style") && !text.contains(" style="), "{text}");
    }

    #[actix_web::test]
    async fn no_page_names_another_host() {
        for name in Files::iter().filter(|name| !name.contains("/vendor/") && !name.contains(".svg")) {
            let text = String::from_utf8(Files::get(&name).unwrap().data.into_owned()).unwrap();
            assert!(!text.contains("http://") && !text.contains("https://") && !text.contains("=\"//"), "{name}");
        }
    }

    #[actix_web::test]
    async fn every_file_is_served_with_the_type_of_its_name() {
        for (path, content_type) in [
            ("/latchkey.css", "text/css; charset=utf-8"),
            ("/icon.svg", "image/svg+xml"),
            ("/graphiql/graphiql.js", "text/javascript; charset=utf-8"),
        ] {
            let file = answer(TestRequest::get().uri(path)).await;
            assert_eq!((file.status(), header(&file, "content-type")), (StatusCode::OK, content_type), "{path}");
        }
    }

    #[actix_web::test]
    async fn what_the_browser_knows_is_not_sent_again() {
        let tag = header(&answer(TestRequest::get().uri("/latchkey.css")).await, "etag").to_owned();
        for known in [tag.clone(), format!("\"other\", W/{tag}"), "*".to_owned()] {
            let again = answer(TestRequest::get().uri("/latchkey.css").insert_header((IF_NONE_MATCH, known))).await;
            assert_eq!((again.status(), header(&again, "etag")), (StatusCode::NOT_MODIFIED, tag.as_str()));
            assert!(read_body(again).await.is_empty());
        }
        let changed = TestRequest::get().uri("/latchkey.css").insert_header((IF_NONE_MATCH, "\"other\""));
        assert_eq!(answer(changed).await.status(), StatusCode::OK);
    }

    #[actix_web::test]
    async fn an_unknown_path_is_404_in_plain_text() {
        for path in ["/nothing", "/index.html", "/graphiql/index.html", "/../Cargo.toml", "/%2e%2e/Cargo.toml", "//"] {
            let missing = answer(TestRequest::get().uri(path)).await;
            assert_eq!(missing.status(), StatusCode::NOT_FOUND, "{path}");
            assert_eq!(header(&missing, "content-type"), "text/plain; charset=utf-8");
        }
    }

    #[actix_web::test]
    async fn a_page_can_only_be_read() {
        let refused = answer(TestRequest::post().uri("/")).await;
        assert_eq!((refused.status(), header(&refused, "allow")), (StatusCode::METHOD_NOT_ALLOWED, "GET, HEAD"));
    }

    #[actix_web::test]
    async fn a_route_registered_later_is_not_hidden() {
        assert_eq!(answer(TestRequest::get().uri("/healthz")).await.status(), StatusCode::OK);
    }
}
