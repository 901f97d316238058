#!/usr/bin/env bash
# postgres.sh: starts a PostgreSQL of its own for tests, in a new folder, reached by a unix socket alone.
# Prints that folder once it answers: postgres://gatehouse@%2Ffolder/postgres. It lives until standard input
# ends, also when whoever started it is killed, and takes the folder with it. Until then it takes orders there, a
# line each, and says each again once it is done: `crash` (the server goes at once, and its data stay) and `start`.
set -euo pipefail

# The server refuses to run as root.
if [ "$(id -u)" = 0 ]; then
  user=$(id -un postgres 2>/dev/null || echo nobody)
  exec setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups bash "$0"
fi
bin=$(pg_config --bindir 2>/dev/null || true)
if [ ! -x "$bin/initdb" ]; then
  bin=$(compgen -G '/usr/lib/postgresql/*/bin' | sort -V | tail -n 1 || true)
fi
if [ ! -x "$bin/initdb" ]; then
  echo 'no PostgreSQL server here: `make test` installs it, or says how' >&2
  exit 1
fi

folder=$(mktemp -d "${TMPDIR:-/tmp}/gatehouse-postgres.XXXXXX")
cd "$folder"
server=
end() {
  # Immediately: nothing in it is needed any more.
  if [ -n "$server" ]; then kill -QUIT "$server" 2>/dev/null && wait "$server" || true; fi
  rm -rf "$folder"
}
trap end EXIT
trap exit INT TERM HUP

export TZ=UTC LC_ALL=C
"$bin/initdb" -D data -U gatehouse -A trust -E UTF8 --locale=C --no-sync --no-instructions >log 2>&1 || {
  cat log >&2
  exit 1
}
# Its data need not outlive the machine.
start() {
  "$bin/postgres" -D data -c listen_addresses= -c unix_socket_directories="$folder" -c fsync=off \
    -c full_page_writes=off -c synchronous_commit=off -c max_connections=300 -c shared_buffers=32MB \
    -c autovacuum=off -c max_wal_size=4GB >>log 2>&1 </dev/null &
  server=$!
  until "$bin/pg_isready" -q -h "$folder" -U gatehouse; do
    kill -0 "$server" 2>/dev/null || {
      cat log >&2
      exit 1
    }
    sleep 0.05
  done
}
start
echo "$folder"
while read -r order; do
  case $order in
    crash)
      kill -QUIT "$server"
      wait "$server" || true
      server=
      ;;
    start) start ;;
    *)
      echo "no such order: $order" >&2
      exit 1
      ;;
  esac
  echo "$order"
done
