#!/usr/bin/env bash
# Installs what building and testing need and this machine lacks. Quick when nothing is missing; safe to run again.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'setup: %s\n' "$*" >&2; }
has() { command -v "$1" >/dev/null 2>&1; }

# `root COMMAND …` runs it as root, or says what to do and ends.
root() {
  if [[ $(id -u) -eq 0 ]]; then
    "$@"
  elif has sudo; then
    sudo "$@"
  else
    say "run this as root and then setup again: $*"
    exit 1
  fi
}

# Debian packages, only those whose command is missing.
wanted=()
has cc && has c++ || wanted+=(build-essential)
has node || wanted+=(nodejs)
has npm || wanted+=(npm)
has python3 || wanted+=(python3)
# The browser tests look here for it, or where LATCHKEY_CHROMIUM says.
chromium=${LATCHKEY_CHROMIUM:-/usr/bin/chromium}
[[ -x $chromium ]] || wanted+=(chromium)
if ((${#wanted[@]})); then
  if ! has apt-get; then
    say "missing: ${wanted[*]}. Install them with this system's package manager and run this again."
    exit 1
  fi
  say "installing ${wanted[*]}"
  root apt-get update -qq
  root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${wanted[@]}"
fi

# What Vite needs, the same as `engines` in frontend/package.json. A system's own package may be older.
node_is_recent() {
  local major minor
  IFS=. read -r major minor _ <<<"${1#v}"
  ((major == 20 && minor >= 19 || major == 22 && minor >= 12 || major > 22))
}
node_version=$(node --version)
if ! node_is_recent "$node_version"; then
  say "node is $node_version ($(command -v node)), and building the pages needs 20.19 or later of 20, or 22.12 or later."
  say "Install such a version, for example from https://nodejs.org, put it first in PATH and run this again."
  exit 1
fi

if ! has cargo; then
  say "missing: Rust (see rust-toolchain.toml for the version). Install it with rustup and run this again."
  exit 1
fi

# npm leaves node_modules/.package-lock.json behind when it has finished, so that file's time says what is installed.
for dir in frontend tests/peers; do
  [[ -f $dir/package-lock.json ]] || continue
  if [[ ! -f $dir/node_modules/.package-lock.json || $dir/package-lock.json -nt $dir/node_modules/.package-lock.json ]]; then
    say "npm ci in $dir"
    (cd "$dir" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
    # npm keeps a time of its own; without this an untouched lock file could look newer for ever.
    touch "$dir/node_modules/.package-lock.json"
  fi
done

# Glewlwyd, an authorization server that tests run against. Installing its package would also start it as a service that the whole
# network reaches, with a known password. So it is unpacked only, together with the libraries that are missing here.
# It is called where `set -e` does not count, hence each `|| return`.
unpack_glewlwyd() {
  local packages package
  # Without a database of its own, and without the pages for browsers.
  packages=$(apt-get install -s --no-install-recommends glewlwyd dbconfig-no-thanks | awk '/^Inst/ && $2 !~ /^(fonts|libjs|dbconfig)-/ { print $2 }') || return
  # shellcheck disable=SC2086 # one word for each package
  (cd "$1" && apt-get download -qq $packages) || return
  for package in "$1"/*.deb; do
    dpkg-deb --extract "$package" "$1/unpacked" || return
  done
  mv "$1/unpacked" tests/peers/.glewlwyd
}

if ! has glewlwyd && [[ ! -d tests/peers/.glewlwyd ]]; then
  if has apt-get && has dpkg-deb; then
    say "unpacking glewlwyd"
    work=$(mktemp -d tests/peers/.glewlwyd.XXXXXX)
    trap 'rm -rf "$work"' EXIT
    # The lists of packages may be missing or too old to be true: then they are fetched first.
    if ! unpack_glewlwyd "$work" 2>/dev/null; then
      root apt-get update -qq
      rm -rf "${work:?}"/*
      unpack_glewlwyd "$work"
    fi
  else
    say "glewlwyd is not here and comes from Debian's packages: the test that runs against it will fail"
  fi
fi
