#!/usr/bin/env bash
# javascript.sh: the JavaScript Agents SDK, pinned in integration/agents/js/package-lock.json, and the
# programs of that folder beside it, at target/tools/js; prints the folder.
. "$(dirname "$0")/lib.sh"

programs=$ROOT/integration/agents/js
folder=$TOOLS/js
node=$("$ROOT/integration/tools/node.sh")
mkdir -p "$folder"
if ! cmp -s "$programs/package-lock.json" "$folder/node_modules/.installed"; then
  say "fetching the JavaScript Agents SDK into target/tools/js"
  cp "$programs"/package*.json "$folder"
  (cd "$folder" && PATH=$node:$PATH npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) >&2
  cp "$programs/package-lock.json" "$folder/node_modules/.installed"
fi
# A module finds its packages beside itself.
cp "$programs"/*.mjs "$folder"
printf '%s\n' "$folder"
