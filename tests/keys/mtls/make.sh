#!/usr/bin/env bash
# Made the files beside it, once, with OpenSSL 3. They are committed, so that no test needs openssl; running this again replaces them all.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
DAYS=36500

ec() { openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$1"; }

# signed NAME SUBJECT ISSUER EXTENSIONS: NAME.certificate.pem for the key NAME.key.pem, by the authority ISSUER.
signed() {
  openssl req -new -key "$1.key.pem" -subj "$2" -out "$work/request.pem"
  openssl x509 -req -in "$work/request.pem" -CA "$3.certificate.pem" -CAkey "$3.key.pem" -CAserial "$work/serial" -CAcreateserial \
    -days "$DAYS" -sha256 -extfile <(printf '%b' "$4") -out "$1.certificate.pem"
}

authority='basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n'
leaf='basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nsubjectKeyIdentifier=hash\n'
client="${leaf}extendedKeyUsage=clientAuth\n"

for name in authority other-authority; do
  ec "$work/$name.key.pem"
  openssl req -x509 -new -key "$work/$name.key.pem" -subj "/O=Latchkey tests/CN=$name" -days "$DAYS" -sha256 \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign -out "$work/$name.certificate.pem"
done
cp "$work/authority.certificate.pem" authority.certificate.pem

ec "$work/intermediate.key.pem"
(cd "$work" && signed intermediate '/O=Latchkey tests/CN=intermediate' authority "$authority")

# made NAME SUBJECT ISSUER EXTENSIONS, with the key at NAME.key.pem.
made() {
  cp "$1.key.pem" "$work/"
  (cd "$work" && signed "$@")
  cp "$work/$1.certificate.pem" .
}

ec server.key.pem
made server '/O=Latchkey tests/CN=localhost' authority "${leaf}extendedKeyUsage=serverAuth\nsubjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1\n"
ec client.key.pem
made client '/O=Latchkey tests/CN=client' authority \
  "${client}subjectAltName=DNS:client.example,URI:urn:example:client,IP:192.0.2.1,email:client@client.example\n"
openssl genrsa -out client-rsa.key.pem 2048
made client-rsa '/O=Latchkey tests/CN=client-rsa' authority "$client"
ec client-chain.key.pem
made client-chain '/O=Latchkey tests/CN=client-chain' intermediate "$client"
cat "$work/intermediate.certificate.pem" >>client-chain.certificate.pem
# The subject of `client`, but signed by an authority that the provider does not know.
ec client-stranger.key.pem
made client-stranger '/O=Latchkey tests/CN=client' other-authority "$client"
ec client-self-signed.key.pem
openssl req -x509 -new -key client-self-signed.key.pem -subj '/O=Latchkey tests/CN=client-self-signed' -days "$DAYS" -sha256 \
  -addext basicConstraints=critical,CA:FALSE -out client-self-signed.certificate.pem

p12() { openssl pkcs12 -export -inkey "$1.key.pem" -in "$1.certificate.pem" -name "$1" -out "${@: -1}" "${@:2:$#-2}"; }
p12 client -passout pass:x client.p12
p12 client -passout pass: client.no-pass-phrase.p12
# What Windows and Java wrote for decades.
p12 client -passout pass:x -legacy client.rc2-3des.p12
p12 client-rsa -passout pass:x client-rsa.p12
p12 client-chain -passout pass:x client-chain.p12
p12 client-self-signed -passout pass:x client-self-signed.p12
openssl pkcs12 -export -nokeys -in client.certificate.pem -passout pass:x -out no-key.p12
