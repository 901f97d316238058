#!/usr/bin/env bash
# python.sh: a virtual environment at target/tools/venv with the pinned packages of
# integration/agents/requirements.txt and the package of clients/python; prints its python.
. "$(dirname "$0")/lib.sh"

pins=$ROOT/integration/agents/requirements.txt
venv=$TOOLS/venv
if ! cmp -s "$pins" "$venv/requirements.txt"; then
  say "fetching the Agents SDK and the MCP server library into target/tools/venv"
  python3 -m venv "$venv"
  "$venv/bin/python" -m pip install -q --disable-pip-version-check -r "$pins" >&2
  cp "$pins" "$venv/requirements.txt"
fi
# Installed as users do, from a copy: a build leaves files beside what it builds.
client=$TOOLS/gatehouse-agents
if ! diff -rq -x __pycache__ "$ROOT/clients/python" "$client" >/dev/null 2>&1; then
  say "installing the package of clients/python into target/tools/venv"
  rm -rf "$client" "$client.build"
  cp -r "$ROOT/clients/python" "$client.build"
  "$venv/bin/python" -m pip install -q --disable-pip-version-check --no-deps --force-reinstall \
    "$client.build" >&2
  rm -rf "$client.build"
  cp -r "$ROOT/clients/python" "$client"
fi
printf '%s\n' "$venv/bin/python"
