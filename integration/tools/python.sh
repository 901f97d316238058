#!/usr/bin/env bash
# python.sh: a virtual environment at target/tools/venv with the pinned packages of
# integration/agents/requirements.txt; prints its python.
. "$(dirname "$0")/lib.sh"

pins=$ROOT/integration/agents/requirements.txt
venv=$TOOLS/venv
if ! cmp -s "$pins" "$venv/requirements.txt"; then
  say "fetching the Agents SDK and the MCP server library into target/tools/venv"
  python3 -m venv "$venv"
  "$venv/bin/python" -m pip install -q --disable-pip-version-check -r "$pins" >&2
  cp "$pins" "$venv/requirements.txt"
fi
printf '%s\n' "$venv/bin/python"
