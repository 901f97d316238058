#!/usr/bin/env bash
# run.sh [ROUNDS] [REQUESTS], run.sh holds|replicas|records [COUNT]: builds what is measured and measures it.
. "$(dirname "$0")/../tools/lib.sh"
tool=$ROOT/integration/tools
"$tool/wasm.sh" build
"$tool/cargo.sh" build --release -p gatehouse
ENVOY_PATH=$("$tool/envoy.sh")
export ENVOY_PATH
# A debug build is enough: only Envoy's CPU is counted, not the load's.
"$tool/cargo.sh" run -q -p integration --bin bench -- "$@"
