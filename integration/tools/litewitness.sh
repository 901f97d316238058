#!/usr/bin/env bash
# litewitness.sh: leaves litewitness, a witness of transparency logs that is not ours (filippo.io/torchwood), below
# target/tools and prints its path.
. "$(dirname "$0")/lib.sh"

program=$TOOLS/bin/litewitness
mark=$TOOLS/bin/litewitness.version
if [ ! -x "$program" ] || [ "$(cat "$mark" 2>/dev/null)" != "$LITEWITNESS_VERSION" ]; then
  go=$(go_program) || die "no Go to build litewitness with; install one"
  say "building litewitness $LITEWITNESS_VERSION (once, about a minute)"
  # An older Go fetches the one that it asks for.
  CGO_ENABLED=0 GOBIN=$TOOLS/bin GOFLAGS=-mod=mod "$go" install \
    "filippo.io/torchwood/cmd/litewitness@v$LITEWITNESS_VERSION" >"$TOOLS/litewitness.log" 2>&1 ||
    die "litewitness cannot be built (target/tools/litewitness.log)"
  printf '%s\n' "$LITEWITNESS_VERSION" >"$mark"
fi
printf '%s\n' "$program"
