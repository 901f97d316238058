#!/usr/bin/env bash
# cargo.sh ARGS...: the chosen native cargo.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/rust.sh"
choose_rust
[ -n "$CARGO" ] || die "no cargo of version $RUST_MIN or newer; \`make build\` says how to get one"
cd "$ROOT"
exec "$CARGO" "$@"
