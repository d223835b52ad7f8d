//! A client of graphql-transport-ws that can do everything wrong.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderValue, Request};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::edge_server::{EdgeServer, PATIENCE, TOKEN};

pub(crate) struct Socket(pub(crate) WebSocketStream<MaybeTlsStream<TcpStream>>);

pub(crate) fn handshake(server: &EdgeServer, protocol: &'static str) -> Request<()> {
    upgrade(&server.websocket_url(), protocol)
}

fn upgrade(url: &str, protocol: &'static str) -> Request<()> {
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static(protocol));
    request
}

/// The status with which a handshake is refused.
pub(crate) async fn refused(request: Request<()>) -> u16 {
    match connect_async(request).await {
        Err(Error::Http(response)) => response.status().as_u16(),
        other => panic!("a refusal is expected, not {other:?}"),
    }
}

impl Socket {
    pub(crate) async fn open(server: &EdgeServer) -> Self {
        Self(connect_async(handshake(server, "graphql-transport-ws")).await.unwrap().0)
    }

    /// Opens a socket and initialises it with the token.
    pub(crate) async fn ready(server: &EdgeServer) -> Self {
        Self::initialised(&server.websocket_url(), TOKEN).await
    }

    /// Opens a socket to the URL of any server and initialises it.
    pub(crate) async fn initialised(url: &str, token: &str) -> Self {
        let mut socket = Self(connect_async(upgrade(url, "graphql-transport-ws")).await.unwrap().0);
        socket.say(json!({"type": "connection_init", "payload": {"authorization": format!("Bearer {token}")}})).await;
        assert_eq!(socket.hear().await, json!({"type": "connection_ack"}));
        socket
    }

    /// Opens a socket to the URL of any server, with headers as a browser sends them, and initialises it without a token.
    pub(crate) async fn of_browser(url: &str, headers: &[(&'static str, &str)]) -> Self {
        let mut request = upgrade(url, "graphql-transport-ws");
        for (name, value) in headers {
            request.headers_mut().insert(*name, HeaderValue::from_str(value).unwrap());
        }
        let mut socket = Self(connect_async(request).await.unwrap().0);
        socket.say(json!({"type": "connection_init"})).await;
        socket
    }

    pub(crate) async fn send(&mut self, message: Message) {
        self.0.send(message).await.unwrap();
    }

    pub(crate) async fn say(&mut self, message: Value) {
        self.send(Message::text(message.to_string())).await;
    }

    pub(crate) async fn subscribe(&mut self, id: &str, query: &str) {
        self.say(json!({"type": "subscribe", "id": id, "payload": {"query": query}})).await;
    }

    pub(crate) async fn next(&mut self) -> Option<Result<Message, Error>> {
        timeout(PATIENCE, self.0.next()).await.expect("the server says something in time")
    }

    /// The next message, control frames left out.
    pub(crate) async fn hear(&mut self) -> Value {
        loop {
            match self.next().await {
                Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).unwrap(),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("a text is expected, not {other:?}"),
            }
        }
    }

    /// The close code and reason that come after whatever else comes.
    pub(crate) async fn closed(&mut self) -> (u16, String) {
        loop {
            match self.next().await {
                Some(Ok(Message::Close(Some(frame)))) => return (frame.code.into(), frame.reason.to_string()),
                Some(Ok(_)) => {}
                other => panic!("a close frame is expected, not {other:?}"),
            }
        }
    }
}

pub(crate) fn next_of(id: &str, data: Value) -> Value {
    let mut message = json!({"type": "next", "id": id, "payload": {}});
    message["payload"]["data"] = data;
    message
}

pub(crate) fn complete(id: &str) -> Value {
    json!({"type": "complete", "id": id})
}
