use super::super::errors::ErrorCode;
use super::*;
use crate::event_log::AppendError;

fn refused(error: ExecuteError) -> (String, Vec<String>) {
    match of_request(error).unwrap() {
        UserError::InvalidInput(InvalidInput { code, path, .. })
        | UserError::NotFound(NotFound { code, path, .. })
        | UserError::InFlight(InFlight { code, path, .. })
        | UserError::EgressDenied(EgressDenied { code, path, .. }) => (code, path),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_refused_request_says_which_field_to_mend() {
    let connection = Key::parse("a").unwrap();
    let said = |code: &str, path: &str| (code.to_owned(), names(path));
    let unknown = ExecuteError::UnknownConnection(connection.clone());
    assert_eq!(refused(unknown), said("NOT_FOUND", "authorization.clientConnection.key"));
    let host = "api.example.com".to_owned();
    assert_eq!(refused(ExecuteError::HostNotAllowed { connection, host }), said("HOST_NOT_ALLOWED", "url"));
    let denied = net::EgressDenied { host: "localhost".to_owned(), rule: "loopback".to_owned() };
    assert_eq!(refused(denied.into()), said("EGRESS_DENIED", "url"));
    assert_eq!(refused(ExecuteError::InFlight), said("IN_FLIGHT", "idempotencyKey"));
}

#[test]
fn a_fault_is_no_user_error() {
    let code = |error| of_request(error).unwrap_err().code;
    assert_eq!(code(ExecuteError::NotRecorded(AppendError::Busy)), ErrorCode::Busy);
    assert_eq!(code(ExecuteError::EndNotRecorded(AppendError::Closed)), ErrorCode::OutcomeNotRecorded);
    assert_eq!(code(ExecuteError::Abandoned), ErrorCode::Unavailable);
}
