# Sourced: chooses the Rust that builds the programs (NATIVE) and the one that builds the
# module (WASM), and says which packages are missing for either.
#
# NATIVE  any cargo of the version Cargo.toml asks for; rustup's first, a distribution's then
# WASM    `sysroot`  the chosen rustc knows wasm32-wasip1
#         `rustup`   rustup can add that target
#         `std`      Debian's rustc-web builds the standard library from its source package

RUST_MIN=$(sed -n 's/^rust-version *= *"\(.*\)"/\1/p' "$ROOT/Cargo.toml")
WASM_TRIPLE=wasm32-wasip1

cargo_version() { "$1" --version 2>/dev/null | awk '{print $2}'; }

# Prints a cargo that is new enough, or nothing.
find_cargo() {
  local cargo
  for cargo in "$(command -v cargo || true)" /usr/bin/cargo; do
    [ -x "$cargo" ] || continue
    if version_ge "$(cargo_version "$cargo")" "$RUST_MIN"; then
      printf '%s' "$cargo"
      return
    fi
  done
}

wasm_in_sysroot() {
  local dir
  dir=$("${RUSTC:-rustc}" --print target-libdir --target "$WASM_TRIPLE" 2>/dev/null) &&
    compgen -G "$dir/libstd-*.rlib" >/dev/null
}

# Debian's compiler, source of std, linker and C library, all four.
wasm_from_std() {
  [ -x /usr/bin/rustc ] && version_ge "$(cargo_version /usr/bin/cargo)" "$RUST_MIN" &&
    [ -d "$(/usr/bin/rustc --print sysroot)/lib/rustlib/src/rust/library/std" ] &&
    compgen -G '/usr/bin/wasm-ld-*' >/dev/null && [ -f /usr/lib/wasm32-wasi/libc.a ]
}

# rustup's proxies obey RUSTUP_TOOLCHAIN; an old default toolchain is left as it is.
rustup_stable() {
  have rustup || return 1
  say "the installed Rust is older than $RUST_MIN: asking rustup for stable"
  timeout 600 rustup toolchain install stable --profile minimal -c rustfmt -c clippy \
    </dev/null >"$TOOLS/rustup.log" 2>&1 || return 1
  export RUSTUP_TOOLCHAIN=stable
}

choose_rust() {
  CARGO=$(find_cargo)
  if [ -z "$CARGO" ] && rustup_stable; then CARGO=$(find_cargo); fi
  # Debian's cargo needs Debian's rustc, whatever comes first in PATH.
  if [ "$CARGO" = /usr/bin/cargo ]; then export RUSTC=/usr/bin/rustc; fi
  WASM=
  if [ -n "$CARGO" ] && wasm_in_sysroot; then
    WASM=sysroot
  elif wasm_from_std; then
    WASM=std
  elif [ -n "$CARGO" ] && [ "$CARGO" != /usr/bin/cargo ] && have rustup; then
    say "asking rustup for the $WASM_TRIPLE target"
    if timeout 120 rustup target add "$WASM_TRIPLE" </dev/null >"$TOOLS/rustup.log" 2>&1; then
      WASM=sysroot
    fi
  fi
}

# Packages that give a Rust toolchain where none serves.
rust_packages() {
  local lld
  if [ -n "$CARGO" ] && [ -n "$WASM" ]; then return; fi
  if ! have apt-cache; then
    printf 'rustup '
    return
  fi
  if apt-cache show rustc-web >/dev/null 2>&1; then
    # Any lld not older than the compiler's LLVM links its objects: the newest is safe.
    lld=$(apt-cache search --names-only '^lld-[0-9]+$' | awk '{print $1}' | sort -V | tail -n 1)
    printf 'rustc-web cargo-web rust-web-src %s wasi-libc ' "${lld:-lld}"
  else
    printf 'rustup '
  fi
}
