#!/usr/bin/env bash
# Installs what building and testing need and this machine lacks. Quick when nothing is missing; safe to run again.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'setup: %s\n' "$*" >&2; }
has() { command -v "$1" >/dev/null 2>&1; }

# Debian packages, only those whose command is missing.
wanted=()
has cc && has c++ || wanted+=(build-essential)
has node || wanted+=(nodejs)
has npm || wanted+=(npm)
has python3 || wanted+=(python3)
if ((${#wanted[@]})); then
  as_root=()
  if [[ $(id -u) -ne 0 ]]; then
    if ! has sudo; then
      say "missing: ${wanted[*]}. Install them and run this again (neither root nor sudo here)."
      exit 1
    fi
    as_root=(sudo)
  fi
  if ! has apt-get; then
    say "missing: ${wanted[*]}. Install them with this system's package manager and run this again."
    exit 1
  fi
  say "installing ${wanted[*]}"
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${wanted[@]}"
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
