#!/usr/bin/env bash
# test.sh [SUITE...] [-- FILTER]: runs suites, all of them by default, and sums up.
# A suite that cannot even start counts as one failed test. Suites:
#   build        release binary, module, the two modules for tests (a failure ends the run)
#   core         unit, property and service tests, no Envoy
#   lint         format and lints
#   envoy        the harness of integration/ on real Envoy
#   detection    labelled bodies and commands on real Envoy, against the bars of masking and judging
#   agents       the Agents SDKs and the console in Chromium
#   conformance  the MCP conformance suite and mcp's own tests, with and without the gateway between
. "$(dirname "$0")/lib.sh"
tool=$ROOT/integration/tools
logs=$TARGET/test-logs
mkdir -p "$logs"
cd "$ROOT"

suites=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do suites+=("$1") && shift; done
[ $# -eq 0 ] || shift
filter=("$@")
[ ${#suites[@]} -gt 0 ] || suites=(build core lint envoy detection agents conformance)

passed=0 failed=0 table=()

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
  shift
  say "suite $name"
  "$@" </dev/null > >(tee "$logs/$name.log") 2>&1 || status=$?
  wait $! 2>/dev/null || true
  read -r p f < <(count "$logs/$name.log")
  # A compile error or a crashed runner prints no count of its own.
  if [ "$status" != 0 ] && [ "$f" = 0 ]; then f=1; fi
  passed=$((passed + p)) failed=$((failed + f))
  table+=("$(printf '%-11s %5d s  %5d passed %5d failed' "$name" $((SECONDS - start)) "$p" "$f")")
  return $status
}

run_build() {
  local module
  for module in '' hooks poisoner; do "$tool/wasm.sh" build $module || return; done
  "$tool/cargo.sh" build --release -p gatehouse
}
run_core() { "$tool/cargo.sh" test --no-fail-fast --workspace --exclude integration; }
run_lint() { make --no-print-directory lint; }
run_envoy() {
  local envoy
  envoy=$("$tool/envoy.sh")
  ENVOY_PATH=$envoy "$tool/cargo.sh" test -p integration --no-fail-fast -- ${filter[@]+"${filter[@]}"}
}
run_detection() {
  local envoy python
  envoy=$("$tool/envoy.sh") python=$("$tool/python.sh")
  ENVOY_PATH=$envoy "$python" -m pytest -q -p no:cacheprovider integration/detection ${filter[@]+-k "${filter[@]}"}
}
run_agents() {
  local envoy python witness
  envoy=$("$tool/envoy.sh") python=$("$tool/python.sh") witness=$("$tool/litewitness.sh")
  ENVOY_PATH=$envoy LITEWITNESS=$witness "$python" -m pytest -q -p no:cacheprovider integration/agents ${filter[@]+-k "${filter[@]}"}
}
run_conformance() {
  local envoy python sources
  envoy=$("$tool/envoy.sh") python=$("$tool/python.sh") sources=$("$tool/conformance.sh")
  ENVOY_PATH=$envoy CONFORMANCE=$sources "$python" -m pytest -q -p no:cacheprovider integration/conformance \
    ${filter[@]+-k "${filter[@]}"}
}

for name in "${suites[@]}"; do
  if ! suite "$name" "run_$name" && [ "$name" = build ]; then
    say "the build failed; nothing else was run"
    break
  fi
done

printf '\n'
printf '%s\n' "${table[@]}"
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
