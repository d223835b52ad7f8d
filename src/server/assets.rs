//! The pages, embedded in the binary: `/`, `/graphiql`, the files they need, and the page itself for each of its paths.
//!
//! Deliberately absent: a file system at run time, content that differs per user, compressing while somebody waits (the build
//! puts `.br` and `.gz` beside each file), and any third party: every script, style and picture comes from here, and the
//! Content-Security-Policy says so.

use actix_web::http::header::{
    ALLOW, Accept, AcceptEncoding, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    Encoding, EntityTag, Header, IfNoneMatch, Quality, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "frontend/dist/"]
struct Files;

/// Finds a file by its name below `frontend/dist`; tests have files of their own.
type Find = fn(&str) -> Option<File>;

/// The bytes of a file and their SHA-256.
struct File {
    bytes: web::Bytes,
    digest: [u8; 32],
}

/// A file as it is sent.
struct Sent {
    name: String,
    file: File,
    encoding: Option<&'static str>,
    policy: &'static str,
}

/// The policy of every page but GraphiQL.
const POLICY: &str =
    "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'";
/// GraphiQL's dialogs write a style element (scroll lock), and its style sheet has pictures and a font inside. `'self'` covers
/// the WebSocket of the same host (CSP Level 3 §6.7.2.8).
const GRAPHIQL_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self' data:; \
     img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; \
     object-src 'none'";

/// Below it, a name has the digest of its content in it: what it names never changes.
const HASHED: &str = "/assets/";

/// Serves the embedded pages for every path that nothing else answers; other unknown paths are 404 in plain text.
///
/// It is the default service, so it hides no route, in whatever order they are registered.
pub fn configure(app: &mut web::ServiceConfig) {
    configure_with(app, |name| Files::get(name).map(File::from));
}

fn configure_with(app: &mut web::ServiceConfig, find: Find) {
    app.default_service(web::to(move |request: HttpRequest| std::future::ready(serve(&request, find))));
}

fn serve(request: &HttpRequest, find: Find) -> HttpResponse {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let file = Sent::of_path(request, find);
    if file.is_some() && !is_read {
        return secured(StatusCode::METHOD_NOT_ALLOWED, POLICY).insert_header((ALLOW, "GET, HEAD")).finish();
    }
    let page = || if is_read && is_place(request) { Sent::new("index.html", POLICY, request, find) } else { None };
    match file.or_else(page) {
        Some(sent) => sent.answer(request),
        // Not to be kept: the next version may have it, and a browser that asked for a page gets one.
        None => secured(StatusCode::NOT_FOUND, POLICY)
            .insert_header((CONTENT_TYPE, "text/plain; charset=utf-8"))
            .insert_header((CACHE_CONTROL, "no-store"))
            .body("There is nothing here.\n"),
    }
}

/// Whether a browser asks for one of the places that the page itself makes, such as `/connections/billing`.
///
/// A name with a dot is a file's, and a script that asks for a file that is gone must not be given a page.
fn is_place(request: &HttpRequest) -> bool {
    let is_file = request.path().rsplit('/').next().is_some_and(|segment| segment.contains('.'));
    let Ok(Accept(wanted)) = Accept::parse(request) else { return false };
    let wants_page =
        wanted.iter().any(|range| range.item.essence_str() == "text/html" && range.quality > Quality::ZERO);
    wants_page && !is_file
}

impl Sent {
    /// The file that a path names. A page has one address: under its file name it would get the other policy. The
    /// compressed files have none: they are what another address may be answered with.
    fn of_path(request: &HttpRequest, find: Find) -> Option<Self> {
        match request.path() {
            "/" => Self::new("index.html", POLICY, request, find),
            "/graphiql" => Self::new("graphiql/index.html", GRAPHIQL_POLICY, request, find),
            path => match path.rsplit('.').next() {
                Some("html" | "br" | "gz") => None,
                _ => Self::new(path.trim_start_matches('/'), POLICY, request, find),
            },
        }
    }

    /// A file in the encoding that the client likes best and the build has made.
    fn new(name: &str, policy: &'static str, request: &HttpRequest, find: Find) -> Option<Self> {
        let plain = find(name)?;
        let known = [(Encoding::brotli(), ".br", "br"), (Encoding::gzip(), ".gz", "gzip")];
        let made = known
            .into_iter()
            .filter_map(|(encoding, end, value)| Some((encoding, find(&format!("{name}{end}"))?, value)));
        let mut made: Vec<_> = made.collect();
        // What can't be read is no wish. Nothing is refused for its encoding either (RFC 9110 §12.5.3 leaves that open).
        let wish = AcceptEncoding::parse(request).ok();
        let identity = Encoding::identity();
        let offered = made.iter().map(|(encoding, ..)| encoding).chain([&identity]);
        let chosen = wish.and_then(|wish| wish.negotiate(offered));
        let at = chosen.and_then(|chosen| made.iter().position(|(encoding, ..)| *encoding == chosen));
        let (file, encoding) = match at.map(|at| made.swap_remove(at)) {
            Some((_, file, value)) => (file, Some(value)),
            None => (plain, None),
        };
        Some(Self { name: name.to_owned(), file, encoding, policy })
    }

    fn answer(self, request: &HttpRequest) -> HttpResponse {
        // The digest is that of the encoded bytes, so each encoding has a tag of its own (RFC 9110 §8.8.3).
        let tag = EntityTag::new_strong(hex::encode(self.file.digest));
        let status = if is_known(request, &tag) { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
        let mut answer = secured(status, self.policy);
        // "Keep it, but ask" where a name has no version in it: asking costs one short answer.
        let keep = if request.path().starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
        answer
            .insert_header((CACHE_CONTROL, keep))
            .insert_header((ETAG, tag.to_string()))
            .insert_header((VARY, "Accept, Accept-Encoding"));
        if status == StatusCode::NOT_MODIFIED {
            return answer.finish();
        }
        if let Some(encoding) = self.encoding {
            answer.insert_header((CONTENT_ENCODING, encoding));
        }
        answer.insert_header((CONTENT_TYPE, content_type(&self.name))).body(self.file.bytes)
    }
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

impl From<EmbeddedFile> for File {
    fn from(file: EmbeddedFile) -> Self {
        let digest = file.metadata.sha256_hash();
        let bytes = match file.data {
            std::borrow::Cow::Borrowed(bytes) => web::Bytes::from_static(bytes),
            std::borrow::Cow::Owned(bytes) => web::Bytes::from(bytes),
        };
        Self { bytes, digest }
    }
}

fn secured(status: StatusCode, policy: &'static str) -> HttpResponseBuilder {
    let mut answer = HttpResponse::build(status);
    answer
        .insert_header((CONTENT_SECURITY_POLICY, policy))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .insert_header((X_FRAME_OPTIONS, "DENY"))
        .insert_header(("cross-origin-opener-policy", "same-origin"))
        .insert_header(("cross-origin-resource-policy", "same-origin"))
        .insert_header(("permissions-policy", "camera=(), geolocation=(), microphone=()"));
    answer
}

#[cfg(test)]
mod tests;
