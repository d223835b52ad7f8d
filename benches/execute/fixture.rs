//! The two peers: a token endpoint and an API that wants its token. In threads of their own, on loopback.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE};
use actix_web::web::Bytes;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use serde_json::json;

use super::load::Load;

/// Characters of the token: as long as a JWT with a few claims.
const TOKEN_CHARS: usize = 900;
/// Bytes of the API's answer.
const ANSWER_BYTES: usize = 1_024;
/// How the answer begins.
const ANSWER_START: &str = r#"{"items":["#;
/// The same as a JSON string has it.
pub(crate) const ANSWER_START_ESCAPED: &str = r#"{\"items\":["#;

/// Both peers on one port.
pub(crate) struct Fixture {
    address: SocketAddr,
    peers: Arc<Peers>,
}

struct Peers {
    token: String,
    authorization: String,
    answer: Bytes,
    tokens: AtomicU64,
    served: AtomicU64,
}

impl Fixture {
    pub(crate) fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let token: String = "t0k3n".chars().cycle().take(TOKEN_CHARS).collect();
        let peers = Arc::new(Peers {
            authorization: format!("Bearer {token}"),
            token,
            answer: answer().into(),
            tokens: AtomicU64::new(0),
            served: AtomicU64::new(0),
        });
        let served = Arc::clone(&peers);
        std::thread::spawn(move || serve(listener, served));
        Ok(Self { address, peers })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn token_url(&self) -> String {
        format!("http://{}/token", self.address)
    }

    pub(crate) fn items_url(&self) -> String {
        format!("http://{}/items", self.address)
    }

    /// Tokens that were handed out.
    pub(crate) fn tokens(&self) -> u64 {
        self.peers.tokens.load(Ordering::Relaxed)
    }

    /// Requests that were answered with items.
    pub(crate) fn served(&self) -> u64 {
        self.peers.served.load(Ordering::Relaxed)
    }

    /// Calls to the API with nothing in between.
    pub(crate) fn direct(&self) -> Load {
        let (address, authorization) = (self.address, &self.peers.authorization);
        let request = format!("GET /items HTTP/1.1\r\nhost: {address}\r\nauthorization: {authorization}\r\n\r\n");
        Load::new(address, &request, &[ANSWER_START])
    }
}

/// Serves until the process ends.
fn serve(listener: TcpListener, peers: Arc<Peers>) -> io::Result<()> {
    let peers = web::Data::from(peers);
    let server = HttpServer::new(move || {
        let token = web::resource("/token").route(web::post().to(grant));
        App::new().app_data(peers.clone()).service(token).route("/items", web::get().to(items))
    });
    actix_web::rt::System::new().block_on(server.workers(1).disable_signals().listen(listener)?.run())
}

async fn grant(peers: web::Data<Peers>) -> HttpResponse {
    peers.tokens.fetch_add(1, Ordering::Relaxed);
    HttpResponse::Ok().json(json!({ "access_token": peers.token, "token_type": "Bearer", "expires_in": 3_600 }))
}

async fn items(request: HttpRequest, peers: web::Data<Peers>) -> HttpResponse {
    let sent = request.headers().get(AUTHORIZATION);
    if sent.is_none_or(|sent| sent.as_bytes() != peers.authorization.as_bytes()) {
        return HttpResponse::Unauthorized().finish();
    }
    peers.served.fetch_add(1, Ordering::Relaxed);
    HttpResponse::Ok().insert_header((CONTENT_TYPE, "application/json")).body(peers.answer.clone())
}

fn answer() -> String {
    let end = r#""]}"#;
    let filling = "item ".chars().cycle().take(ANSWER_BYTES - ANSWER_START.len() - 1 - end.len());
    format!("{ANSWER_START}\"{}{end}", filling.collect::<String>())
}
