#!/usr/bin/env bash
# wasm.sh [build|check|clippy] [hooks|poisoner]: builds the filter to target/gatehouse.wasm, or with
# the hooks that tests need to target/gatehouse-hooks.wasm, or checks it for the same target; or the
# same for the plugin of somebody else that tests load beside it, target/poisoner.wasm.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/rust.sh"

action=${1:-build}
# A folder of its own: the native build runs beside it and neither waits for the other's lock.
args=(--profile wasm --target "$WASM_TRIPLE" --target-dir "$TARGET/wasm")
package=filter
case ${2:-} in
  '') out=$TARGET/gatehouse.wasm ;;
  hooks)
    args+=(--features test-hooks)
    out=$TARGET/gatehouse-hooks.wasm
    ;;
  poisoner)
    package=poisoner
    out=$TARGET/poisoner.wasm
    ;;
  *) die "no such module: $2" ;;
esac
args+=(-p "$package")

choose_rust
case $WASM in
  sysroot) cargo=$CARGO ;;
  std)
    cargo=/usr/bin/cargo
    # RUSTC_BOOTSTRAP lets a stable compiler take -Z build-std; it changes no code.
    export RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1
    export RUSTFLAGS="-C link-self-contained=no -L native=/usr/lib/wasm32-wasi -C link-arg=-lc"
    args+=(-Zbuild-std=std,panic_abort)
    ;;
  *) die "no Rust here builds for $WASM_TRIPLE; \`make build\` says how to get one" ;;
esac
cd "$ROOT"
case $action in
  build)
    say "building the $package for $WASM_TRIPLE ($WASM)"
    "$cargo" build "${args[@]}"
    # The variants of the filter share a file name below target/wasm; the copy is what others use. The rename
    # keeps an Envoy that starts meanwhile from reading half a module.
    cp "$TARGET/wasm/$WASM_TRIPLE/wasm/$package.wasm" "$out.new"
    mv "$out.new" "$out"
    say "$(basename "$out"): $(stat -c %s "$out") bytes"
    ;;
  check) "$cargo" check "${args[@]}" ;;
  clippy) "$cargo" clippy "${args[@]}" -- -D warnings ;;
  *) die "no such action: $action" ;;
esac
