#!/usr/bin/env bash
# conformance.sh: prints the folder below target/tools with all that integration/conformance tests by:
# node_modules (the MCP conformance suite), mcp (the source of the mcp library), packages (what the
# library's own tests import).
. "$(dirname "$0")/lib.sh"

pins=$ROOT/integration/conformance
folder=$TOOLS/conformance
names=(package.json package-lock.json requirements.txt mcp.txt)

current() {
  local name
  for name in "${names[@]}"; do cmp -s "$pins/$name" "$folder/$name" || return 1; done
}

# The tests of one version would tell nothing of another.
source=$(sed -n 's/ --hash=.*//p' "$pins/mcp.txt")
grep -qxF "$source" "$ROOT/integration/agents/requirements.txt" ||
  die "integration/conformance/mcp.txt pins \`$source\`, integration/agents/requirements.txt another version of mcp"
if ! current; then
  say "fetching the MCP conformance suite and the source of mcp into target/tools/conformance"
  python=$("$ROOT/integration/tools/python.sh")
  node=$("$ROOT/integration/tools/node.sh")
  work=$(mktemp -d "$TOOLS/conformance.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  pip=("$python" -m pip -q --disable-pip-version-check)
  "${pip[@]}" download --no-deps --no-binary mcp --require-hashes -d "$work" -r "$pins/mcp.txt" >&2
  mkdir "$work/mcp"
  tar -xzf "$work"/mcp-*.tar.gz -C "$work/mcp" --strip-components 1
  rm "$work"/mcp-*.tar.gz
  "${pip[@]}" install --target "$work/packages" \
    -c "$ROOT/integration/agents/requirements.txt" -r "$pins/requirements.txt" >&2
  cp "$pins/package.json" "$pins/package-lock.json" "$work"
  (cd "$work" && PATH=$node:$PATH "$node/npm" ci --silent --ignore-scripts --no-audit --no-fund >&2)
  # Last, as they say that the rest is there.
  cp "$pins/requirements.txt" "$pins/mcp.txt" "$work"
  rm -rf "$folder"
  mv -T "$work" "$folder"
  trap - EXIT
fi
printf '%s\n' "$folder"
