#!/usr/bin/env bash
# run.sh: starts the demo upstream and the gateway in front of it, prints what to try, and stops
# both on Ctrl-C. Settings: DATA, LISTEN, CONSOLE (defaults ./gatehouse-data, 127.0.0.1:10000,
# 127.0.0.1:10081).
. "$(dirname "$0")/../tools/lib.sh"

data=${DATA:-$PWD/gatehouse-data}
gatehouse=${GATEHOUSE_BIN:-$TARGET/release/gatehouse}
ENVOY_PATH=$("$ROOT/integration/tools/envoy.sh")
python=$("$ROOT/integration/tools/python.sh")
export ENVOY_PATH

# The data folder holds keys and customers: nobody else reads it.
umask 077
mkdir -p "$data/demo"
work=$(mktemp -d)
pids=()

stop() {
  trap '' INT TERM
  trap - EXIT
  [ ${#pids[@]} -eq 0 ] || kill -TERM "${pids[@]}" 2>/dev/null || true
  [ ${#pids[@]} -eq 0 ] || wait "${pids[@]}" 2>/dev/null || true
  rm -rf "$work"
  printf '\nstopped; what remains is %s\n' "$data" >&2
  exit "$1"
}
trap 'stop 0' INT TERM
trap 'stop 1' EXIT

# first_line FILE WORD PID NAME: waits until the process has printed a line that starts with WORD.
first_line() {
  local tries=0
  until grep -q "^$2 " "$1" 2>/dev/null; do
    kill -0 "$3" 2>/dev/null || { cat "$work/$4.err" >&2; die "$4 did not start"; }
    tries=$((tries + 1))
    [ $tries -lt 600 ] || die "$4 was not ready after a minute"
    sleep 0.1
  done
  grep -m 1 "^$2 " "$1"
}

"$python" "$ROOT/integration/demo/server.py" --data "$data/demo" \
  >"$work/demo.out" 2>"$work/demo.err" </dev/null &
pids+=($!)
demo=$(first_line "$work/demo.out" listening $! demo | awk '{print $2}')

"$gatehouse" run --listen "${LISTEN:-127.0.0.1:10000}" --console "${CONSOLE:-127.0.0.1:10081}" \
  --upstream "/=$demo" --upstream "/mcp=$demo/mcp" --kind /mcp=mcp --data "$data" \
  >"$work/gatehouse.out" 2>"$work/gatehouse.err" </dev/null &
pids+=($!)
ready=$(first_line "$work/gatehouse.out" ready $! gatehouse)
gateway=$(sed -n 's/.* gateway=\([^ ]*\).*/\1/p' <<<"$ready")
console=$(sed -n 's/.* console=\([^ ]*\).*/\1/p' <<<"$ready")
token=$("$gatehouse" token --data "$data" --sub demo-agent --ttl 8h)
login=$("$python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["login_url"])' "$data/run.json")

cat <<TEXT

  gateway   $gateway        the only way to the database for an agent
  console   $console        approvals; open this one-time link:
            $login
  demo      $demo        a customer database: JSON API, and MCP at /mcp
  data      $data

Five things to try, in another terminal:

  TOKEN=$token

  # 1. allowed
  curl -s $gateway/customers -H "authorization: Bearer \$TOKEN"

  # 2. masked: the social security number, card and e-mail do not come through
  curl -s $gateway/customers/1 -H "authorization: Bearer \$TOKEN"

  # 3. blocked
  curl -s $gateway/query -H "authorization: Bearer \$TOKEN" --json '{"sql":"DROP DATABASE customers"}'

  # 4. held: approve it in the console while curl waits, or repeat the line after approval
  curl -s -X DELETE $gateway/customers/5 -H "authorization: Bearer \$TOKEN" -H "x-gatehouse-wait: 60"

  # 5. without a token
  curl -si $gateway/customers

Ctrl-C stops all of it.
TEXT

wait -n "${pids[@]}" || true
cat "$work"/*.err >&2
die "a process ended by itself"
