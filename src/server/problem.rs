//! RFC 9457 problem details: how the routes refuse that don't speak GraphQL.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpResponse, HttpResponseBuilder};
use serde_json::{Map, Value};
use uuid::Uuid;

/// Why there is no other answer.
pub(super) struct Problem<'a> {
    pub(super) status: StatusCode,
    /// Stable, for programs.
    pub(super) code: &'static str,
    /// For people.
    pub(super) detail: &'a str,
}

impl Problem<'_> {
    /// The members of the answer's body, to which others may be added.
    pub(super) fn members(&self, request_id: Uuid) -> Map<String, Value> {
        Map::from_iter([
            ("type".to_owned(), "about:blank".into()),
            ("title".to_owned(), self.status.canonical_reason().into()),
            ("status".to_owned(), self.status.as_u16().into()),
            ("code".to_owned(), self.code.into()),
            ("detail".to_owned(), self.detail.into()),
            ("requestId".to_owned(), request_id.to_string().into()),
        ])
    }

    /// The head of the answer.
    pub(super) fn head(&self) -> HttpResponseBuilder {
        let mut answer = HttpResponse::build(self.status);
        answer.insert_header((CONTENT_TYPE, "application/problem+json")).insert_header((CACHE_CONTROL, "no-store"));
        answer
    }
}
