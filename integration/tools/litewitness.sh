#!/usr/bin/env bash
# litewitness.sh: leaves litewitness, a witness of transparency logs that is not ours (filippo.io/torchwood), below
# target/tools and prints its path.
. "$(dirname "$0")/lib.sh"

program=$TOOLS/bin/litewitness
mark=$TOOLS/bin/litewitness.version

built_by() {
  CGO_ENABLED=0 GOBIN=$TOOLS/bin GOFLAGS=-mod=mod "$1" install \
    "filippo.io/torchwood/cmd/litewitness@v$LITEWITNESS_VERSION" >"$TOOLS/litewitness.log" 2>&1
}

if [ ! -x "$program" ] || [ "$(cat "$mark" 2>/dev/null)" != "$LITEWITNESS_VERSION" ]; then
  say "building litewitness $LITEWITNESS_VERSION (once, about a minute)"
  # The machine's own may be older than the one it asks for, and not be allowed to fetch that.
  { have go && built_by go; } || { go=$(fetched_go) && built_by "$go"; } ||
    die "litewitness cannot be built (target/tools/litewitness.log)"
  printf '%s\n' "$LITEWITNESS_VERSION" >"$mark"
fi
printf '%s\n' "$program"
