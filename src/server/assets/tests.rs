use actix_web::http::header::{ACCEPT, ACCEPT_ENCODING, IF_NONE_MATCH};
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, dev::ServiceResponse};

use super::*;
use crate::crypto::sha256;

/// What a browser says when a person goes somewhere.
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/// A build as small as can be. Each encoded file says what it is instead of being it.
fn built(name: &str) -> Option<File> {
    let text = match name {
        "index.html" => "<!doctype html><title>Latchkey</title>",
        "index.html.br" => "index in br",
        "index.html.gz" => "index in gzip",
        "graphiql/index.html" => "<!doctype html><title>GraphiQL</title>",
        "assets/main-1a2b.js" => "main()",
        "assets/main-1a2b.js.br" => "main in br",
        "assets/main-1a2b.js.gz" => "main in gzip",
        "assets/main-1a2b.css" => "main{}",
        "assets/main-1a2b.css.gz" => "css in gzip",
        "icon.svg" => "<svg/>",
        "theme.js" => "theme()",
        _ => return None,
    };
    Some(File { bytes: web::Bytes::from_static(text.as_bytes()), digest: sha256(&[text.as_bytes()]) })
}

async fn answer(request: TestRequest) -> ServiceResponse {
    let app = App::new().configure(|app| configure_with(app, built)).route("/healthz", web::get().to(HttpResponse::Ok));
    call_service(&init_service(app).await, request.to_request()).await
}

async fn get(path: &str) -> ServiceResponse {
    answer(TestRequest::get().uri(path)).await
}

async fn encoded(path: &str, wish: &str) -> (String, String) {
    let answer = answer(TestRequest::get().uri(path).insert_header((ACCEPT_ENCODING, wish))).await;
    let encoding = header(&answer, "content-encoding").to_owned();
    (encoding, text(answer).await)
}

fn header<'a>(answer: &'a ServiceResponse, name: &str) -> &'a str {
    answer.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

async fn text(answer: ServiceResponse) -> String {
    String::from_utf8(read_body(answer).await.to_vec()).unwrap()
}

#[actix_web::test]
async fn the_page_has_the_strict_policy_and_every_security_header() {
    let page = get("/").await;
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
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
        ("cache-control", "no-cache"),
        ("vary", "Accept, Accept-Encoding"),
    ] {
        assert_eq!(header(&page, name), value, "{name}");
    }
}

#[actix_web::test]
async fn graphiql_may_write_styles_but_run_no_foreign_or_inline_script() {
    let page = get("/graphiql").await;
    let policy = header(&page, "content-security-policy");
    assert!(policy.starts_with("default-src 'self'; style-src 'self' 'unsafe-inline';"), "{policy}");
    assert!(!policy.contains("script-src") && !policy.contains("http"), "{policy}");
    assert!(text(page).await.contains("GraphiQL"));
}

#[actix_web::test]
async fn no_embedded_page_names_another_host_or_has_anything_inline() {
    let pages: Vec<_> = Files::iter().filter(|name| name.ends_with(".html")).collect();
    assert!(pages.iter().any(|name| name == "index.html"), "{pages:?}");
    for name in pages {
        let page = String::from_utf8(Files::get(&name).unwrap().data.into_owned()).unwrap();
        for foreign in ["http://", "https://", "=\"//", "<script>", "<style", " style=", " onclick=", " onload="] {
            assert!(!page.contains(foreign), "{name} has {foreign}");
        }
    }
}

#[actix_web::test]
async fn the_embedded_page_is_the_one_that_is_served() {
    let app = init_service(App::new().configure(configure)).await;
    let page = call_service(&app, TestRequest::get().uri("/").to_request()).await;
    assert_eq!(page.status(), StatusCode::OK);
    assert_eq!(read_body(page).await, Files::get("index.html").unwrap().data.as_ref());
}

#[actix_web::test]
async fn every_file_is_served_with_the_type_of_its_name() {
    for (path, content_type) in [
        ("/assets/main-1a2b.css", "text/css; charset=utf-8"),
        ("/icon.svg", "image/svg+xml"),
        ("/theme.js", "text/javascript; charset=utf-8"),
    ] {
        let file = get(path).await;
        assert_eq!((file.status(), header(&file, "content-type")), (StatusCode::OK, content_type), "{path}");
    }
}

#[actix_web::test]
async fn the_client_gets_the_encoding_that_it_likes_best_and_the_build_has_made() {
    for (wish, encoding, body) in [
        ("gzip, deflate, br, zstd", "br", "main in br"),
        ("gzip", "gzip", "main in gzip"),
        ("br;q=0.5, gzip", "gzip", "main in gzip"),
        ("br;q=0, gzip;q=0.1", "gzip", "main in gzip"),
        ("identity, br;q=0.5", "", "main()"),
        ("zstd", "", "main()"),
        ("", "", "main()"),
        ("*", "", "main()"),
        ("br;q=x", "", "main()"),
        ("*;q=0", "", "main()"),
    ] {
        assert_eq!(encoded("/assets/main-1a2b.js", wish).await, (encoding.to_owned(), body.to_owned()), "{wish}");
    }
    assert_eq!(encoded("/assets/main-1a2b.css", "gzip, br").await.0, "gzip", "there is no .br");
    assert_eq!(encoded("/theme.js", "gzip, br").await.0, "", "there is neither");
    assert_eq!(encoded("/", "gzip, br").await, ("br".to_owned(), "index in br".to_owned()));
    let plain = get("/assets/main-1a2b.js").await;
    assert_eq!((header(&plain, "content-encoding"), header(&plain, "vary")), ("", "Accept, Accept-Encoding"));
    assert_eq!(text(plain).await, "main()");
    let file = TestRequest::get().uri("/assets/main-1a2b.js").insert_header((ACCEPT_ENCODING, "br"));
    assert_eq!(header(&answer(file).await, "content-type"), "text/javascript; charset=utf-8", "of what is encoded");
}

#[actix_web::test]
async fn what_the_browser_knows_is_not_sent_again() {
    let tag = header(&get("/icon.svg").await, "etag").to_owned();
    for known in [tag.clone(), format!("\"other\", W/{tag}"), "*".to_owned()] {
        let again = answer(TestRequest::get().uri("/icon.svg").insert_header((IF_NONE_MATCH, known))).await;
        assert_eq!((again.status(), header(&again, "etag")), (StatusCode::NOT_MODIFIED, tag.as_str()));
        assert!(read_body(again).await.is_empty());
    }
    let changed = TestRequest::get().uri("/icon.svg").insert_header((IF_NONE_MATCH, "\"other\""));
    assert_eq!(answer(changed).await.status(), StatusCode::OK);
}

#[actix_web::test]
async fn each_encoding_has_a_tag_of_its_own() {
    let ask = |wish: &'static str| TestRequest::get().uri("/").insert_header((ACCEPT_ENCODING, wish));
    let tags = [ask("br"), ask("gzip"), ask("identity")]
        .map(|request| async { header(&answer(request).await, "etag").to_owned() });
    let [br, gzip, plain] = tags;
    let (br, gzip, plain) = (br.await, gzip.await, plain.await);
    assert!(br != gzip && gzip != plain && br != plain);
    assert_eq!(answer(ask("br").insert_header((IF_NONE_MATCH, br))).await.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(answer(ask("br").insert_header((IF_NONE_MATCH, gzip))).await.status(), StatusCode::OK);
}

#[actix_web::test]
async fn hashed_names_are_kept_for_ever_and_others_are_asked_for() {
    for (path, keep) in [
        ("/assets/main-1a2b.js", "public, max-age=31536000, immutable"),
        ("/theme.js", "no-cache"),
        ("/icon.svg", "no-cache"),
        ("/graphiql", "no-cache"),
    ] {
        assert_eq!(header(&get(path).await, "cache-control"), keep, "{path}");
    }
}

#[actix_web::test]
async fn every_place_of_the_page_is_the_page() {
    for path in ["/connections", "/connections/billing", "/audit/replay?target=a.b", "/a/b/c/", "/assets/none", "//"] {
        let page = answer(TestRequest::get().uri(path).insert_header((ACCEPT, BROWSER))).await;
        assert_eq!(
            (page.status(), header(&page, "content-type")),
            (StatusCode::OK, "text/html; charset=utf-8"),
            "{path}"
        );
        assert!(header(&page, "content-security-policy").starts_with("default-src 'self'; frame-ancestors"));
        assert!(text(page).await.contains("<title>Latchkey"), "{path}");
    }
    let head = TestRequest::default().method(Method::HEAD).uri("/connections").insert_header((ACCEPT, "text/html"));
    assert_eq!(answer(head).await.status(), StatusCode::OK);
}

#[actix_web::test]
async fn what_is_no_place_is_404_in_plain_text() {
    let ask = |path: &str| TestRequest::get().uri(path);
    for request in [
        ask("/connections"),
        ask("/connections").insert_header((ACCEPT, "application/json, */*")),
        ask("/connections").insert_header((ACCEPT, "text/html;q=0, */*")),
        TestRequest::post().uri("/connections").insert_header((ACCEPT, BROWSER)),
        ask("/assets/main-0000.js").insert_header((ACCEPT, BROWSER)),
        ask("/index.html").insert_header((ACCEPT, BROWSER)),
        ask("/graphiql/index.html").insert_header((ACCEPT, BROWSER)),
        ask("/index.html.br"),
        ask("/assets/main-1a2b.js.br"),
        ask("/assets/main-1a2b.js.gz"),
        ask("/../Cargo.toml").insert_header((ACCEPT, BROWSER)),
        ask("/%2e%2e/Cargo.toml").insert_header((ACCEPT, BROWSER)),
    ] {
        let missing = answer(request).await;
        let path = missing.request().path().to_owned();
        assert_eq!(missing.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(header(&missing, "content-type"), "text/plain; charset=utf-8");
        assert_eq!(header(&missing, "cache-control"), "no-store");
    }
}

#[actix_web::test]
async fn a_page_can_only_be_read() {
    for path in ["/", "/icon.svg", "/graphiql"] {
        let refused = answer(TestRequest::post().uri(path)).await;
        assert_eq!((refused.status(), header(&refused, "allow")), (StatusCode::METHOD_NOT_ALLOWED, "GET, HEAD"));
    }
}

#[actix_web::test]
async fn a_route_registered_later_is_not_hidden() {
    let found = answer(TestRequest::get().uri("/healthz").insert_header((ACCEPT, BROWSER))).await;
    assert!(found.status() == StatusCode::OK && text(found).await.is_empty());
}
