//! `/healthz` and `/readyz`: for whoever starts, stops and balances processes. They need no token and tell no secrets.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::http::header::{CACHE_CONTROL, ContentType};
use actix_web::{HttpResponse, web};

use crate::event_log::{EventLog, read};

/// Whether requests should come here.
#[derive(Clone)]
pub struct Health {
    log: EventLog,
    stopping: Arc<AtomicBool>,
}

impl Health {
    /// Ready as long as the log can be read and written.
    pub fn new(log: EventLog) -> Self {
        Self { log, stopping: Arc::default() }
    }

    /// From now on `/readyz` says no.
    pub fn not_ready(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    async fn is_ready(&self) -> Result<(), &'static str> {
        if self.stopping.load(Ordering::Relaxed) {
            return Err("stopping");
        }
        if !self.log.is_open() {
            return Err("the event log can't be written");
        }
        self.log.database().run(read::head).await.map(drop).map_err(|_| "the event log can't be read")
    }
}

/// Registers both routes.
pub fn configure(config: &mut web::ServiceConfig, health: web::Data<Health>) {
    config
        .service(web::resource("/healthz").route(web::get().to(healthz)).route(web::head().to(healthz)))
        .service(web::resource("/readyz").app_data(health).route(web::get().to(readyz)).route(web::head().to(readyz)));
}

/// The process answers.
async fn healthz() -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::plaintext()).insert_header((CACHE_CONTROL, "no-store")).body("ok\n")
}

/// The process can do its work.
async fn readyz(health: web::Data<Health>) -> HttpResponse {
    let (mut response, text) = match health.is_ready().await {
        Ok(()) => (HttpResponse::Ok(), "ready".to_owned()),
        Err(reason) => (HttpResponse::ServiceUnavailable(), format!("not ready: {reason}")),
    };
    response.content_type(ContentType::plaintext()).insert_header((CACHE_CONTROL, "no-store")).body(format!("{text}\n"))
}
