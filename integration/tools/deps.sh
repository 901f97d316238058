#!/usr/bin/env bash
# deps.sh build|run|core|test: finds or installs what that needs from the system.
# Everything missing is named at once.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/rust.sh"

purpose=${1:-build}
choose_rust
missing=($(rust_packages))
have cc || missing+=(gcc libc6-dev)
have make || missing+=(make)
have curl || missing+=(curl)
if [ "$purpose" = run ] || [ "$purpose" = test ]; then
  have python3 || missing+=(python3)
  python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)
fi
if [ "$purpose" = test ] && ! have chromium && ! have google-chrome; then
  missing+=(chromium)
fi
# Only its programs are used, see postgres.sh, and not the cluster that the package makes.
if { [ "$purpose" = core ] || [ "$purpose" = test ]; } && ! compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null &&
  ! [ -x "$(pg_config --bindir 2>/dev/null)/initdb" ]; then
  missing+=(postgresql)
fi
[ ${#missing[@]} -gt 0 ] || exit 0
install_packages "${missing[@]}"
choose_rust
if [ -z "$CARGO" ]; then
  die "no cargo of version $RUST_MIN or newer; install one with \`rustup toolchain install stable\`"
fi
if [ -z "$WASM" ]; then
  die "this Rust cannot build for $WASM_TRIPLE; try \`rustup target add $WASM_TRIPLE\`"
fi
