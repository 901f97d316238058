#!/usr/bin/env bash
# test.sh [SUITE...] [-- FILTER]: runs suites, all of them by default, and sums up.
# A suite that cannot even start counts as one failed test. Suites:
#   build        release binary, module, the two modules for tests (a failure ends the run)
#   core         unit, property and service tests, no Envoy
#   lint         format and lints
#   envoy        the harness of integration/ on real Envoy
#   agents       the Agents SDKs and the console in Chromium
#   detection    labelled bodies and commands on real Envoy, against the bars of masking and judging
#   conformance  the MCP conformance suite and mcp's own tests, with and without the gateway between
. "$(dirname "$0")/lib.sh"
tool=$ROOT/integration/tools
logs=$TARGET/test-logs
mkdir -p "$logs"
# Not in the folder of the logs: another run may have the same one.
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
cd "$ROOT"

suites=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do suites+=("$1") && shift; done
[ $# -eq 0 ] || shift
filter=("$@")
[ ${#suites[@]} -gt 0 ] || suites=(build core lint envoy agents detection conformance)

# Reads what the runners print: cargo's `test result:` lines and pytest's last line.
count() {
  awk '
    /^test result:/ { p += $4; f += $6; next }
    / in [0-9.]+s( \([0-9:]+\))?$/ {
      for (i = 2; i <= NF; i++) {
        if ($i ~ /^passed/) p += $(i - 1)
        if ($i ~ /^(failed|errors?)/) f += $(i - 1)
      }
    }
    END { printf "%d %d\n", p, f }' "$1"
}

suite() {
  local name=$1 start=$SECONDS status=0 p f
  say "suite $name"
  "run_$name" </dev/null > >(tee "$logs/$name.log") 2>&1 || status=$?
  wait $! 2>/dev/null || true
  read -r p f < <(count "$logs/$name.log")
  # A compile error or a crashed runner prints no count of its own.
  if [ "$status" != 0 ] && [ "$f" = 0 ]; then f=1; fi
  echo "$((SECONDS - start)) $p $f" >"$results/$name"
  return $status
}

# The modules and the binary each end with one long thread of optimizing, so they are built beside each other.
run_build() {
  local module modules status=0
  (for module in '' hooks poisoner; do "$tool/wasm.sh" build $module || exit; done) &
  modules=$!
  "$tool/cargo.sh" build --release -p gatehouse || status=$?
  wait "$modules" && return "$status"
}
run_core() { "$tool/cargo.sh" test --no-fail-fast --workspace --exclude integration; }
run_lint() { make --no-print-directory lint; }
run_envoy() {
  local envoy
  envoy=$("$tool/envoy.sh") || return
  # Most of them wait, for flushes, polls and holds: twice as many as cores at a time.
  ENVOY_PATH=$envoy RUST_TEST_THREADS=${RUST_TEST_THREADS:-$((2 * $(getconf _NPROCESSORS_ONLN)))} \
    "$tool/cargo.sh" test -p integration --no-fail-fast -- ${filter[@]+"${filter[@]}"}
}
run_detection() {
  local envoy python
  envoy=$("$tool/envoy.sh") || return
  python=$("$tool/python.sh") || return
  ENVOY_PATH=$envoy "$python" -m pytest -q -p no:cacheprovider integration/detection ${filter[@]+-k "${filter[@]}"}
}
run_agents() {
  local envoy python witness
  envoy=$("$tool/envoy.sh") || return
  python=$("$tool/python.sh") || return
  witness=$("$tool/litewitness.sh") || return
  ENVOY_PATH=$envoy LITEWITNESS=$witness "$python" -m pytest -q -p no:cacheprovider integration/agents ${filter[@]+-k "${filter[@]}"}
}
run_conformance() {
  local envoy python sources
  envoy=$("$tool/envoy.sh") || return
  python=$("$tool/python.sh") || return
  sources=$("$tool/conformance.sh") || return
  ENVOY_PATH=$envoy CONFORMANCE=$sources "$python" -m pytest -q -p no:cacheprovider integration/conformance \
    ${filter[@]+-k "${filter[@]}"}
}

# Those in Python use one core each: they are run beside each other, and say what they have to say one after the other.
alone=() beside=()
for name in "${suites[@]}"; do
  case $name in
    detection | agents | conformance) beside+=("$name") ;;
    *) alone+=("$name") ;;
  esac
done

built=yes
for name in ${alone[@]+"${alone[@]}"}; do
  if ! suite "$name" && [ "$name" = build ]; then
    say "the build failed; nothing else was run"
    built=
    break
  fi
done
if [ -n "$built" ] && [ ${#beside[@]} -gt 0 ]; then
  # Installed once, before they ask for it at the same time. Where it fails each of them says so.
  for one in envoy python; do "$tool/$one.sh" >/dev/null || true; done
  others=("${beside[@]:1}")
  (for name in ${others[@]+"${others[@]}"}; do suite "$name" || true; done) >"$results/beside.log" 2>&1 &
  rest=$!
  suite "${beside[0]}" || true
  wait "$rest"
  cat "$results/beside.log"
fi

passed=0 failed=0
printf '\n'
for name in "${suites[@]}"; do
  took=0 p=0 f=1
  if [ -e "$results/$name" ]; then
    read -r took p f <"$results/$name"
  elif [ -z "$built" ] && [ "$name" != build ]; then
    continue
  fi
  passed=$((passed + p)) failed=$((failed + f))
  printf '%-11s %5d s  %5d passed %5d failed\n' "$name" "$took" "$p" "$f"
done
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
