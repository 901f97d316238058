#!/usr/bin/env bash
# leftovers.sh DIR: looks through what tests with GATEHOUSE_KEEP=DIR left behind for the tokens and keys they used.
. "$(dirname "$0")/lib.sh"
[ $# -eq 1 ] && [ -d "$1" ] || die "say a folder: GATEHOUSE_KEEP=DIR integration/tools/test.sh envoy, then leftovers.sh DIR"
kept=$(cd "$1" && pwd)
python=$("$ROOT/integration/tools/python.sh")
cd "$ROOT/integration/detection"
exec "$python" -m disk.leftovers "$kept"
