"""The same Envoy with a router and nothing else, in front of one port of this machine."""

import json
import os
import pathlib
import subprocess
import urllib.request
from typing import Any

from waiting import until

_FILTERS = "type.googleapis.com/envoy.extensions.filters"


class PlainEnvoy:
    def __init__(self, folder: pathlib.Path, port: int) -> None:
        configuration, addresses = folder / "plain.json", folder / "admin.address"
        configuration.write_text(json.dumps(_bootstrap(port)))
        self._log = folder / "plain.log"
        options = ["--use-dynamic-base-id", "--concurrency", "2", "-l", "warning"]
        options += ["--admin-address-path", str(addresses), "-c", str(configuration)]
        with self._log.open("wb") as log:
            command = [os.environ["ENVOY_PATH"], *options]
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            admin = until("plain Envoy to start", lambda: self._said(addresses))
            self.address = until("plain Envoy to listen", lambda: _listener(admin))
        except BaseException:
            self.stop()
            raise

    def _said(self, file: pathlib.Path) -> str | None:
        assert self._process.poll() is None, f"plain Envoy did not start:\n{self._log.read_text()}"
        return file.read_text() if file.exists() else None

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _listener(admin: str) -> str | None:
    """Where it listens, once it does."""
    try:
        with urllib.request.urlopen(f"http://{admin}/listeners?format=json", timeout=5) as answer:
            [status] = json.load(answer).get("listener_statuses") or [None]
    except OSError:
        return None
    if status is None:
        return None
    address = status["local_address"]["socket_address"]
    return f"{address['address']}:{address['port_value']}"


def _bootstrap(port: int) -> dict[str, Any]:
    def at(number: int) -> dict[str, Any]:
        return {"socket_address": {"address": "127.0.0.1", "port_value": number}}

    manager = {
        "@type": f"{_FILTERS}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "plain",
        # As long as the gateway lets a stream be silent.
        "stream_idle_timeout": "300s",
        "route_config": {
            "virtual_hosts": [
                {
                    "name": "all",
                    "domains": ["*"],
                    "routes": [
                        {
                            "match": {"prefix": "/"},
                            "route": {"cluster": "origin", "timeout": "0s"},
                        }
                    ],
                }
            ]
        },
        "http_filters": [
            {
                "name": "router",
                "typed_config": {"@type": f"{_FILTERS}.http.router.v3.Router"},
            }
        ],
    }
    chain = {"filters": [{"name": "manager", "typed_config": manager}]}
    endpoint = {"endpoint": {"address": at(port)}}
    cluster = {
        "name": "origin",
        "connect_timeout": "1s",
        "load_assignment": {
            "cluster_name": "origin",
            "endpoints": [{"lb_endpoints": [endpoint]}],
        },
    }
    listener = {"name": "plain", "address": at(0), "filter_chains": [chain]}
    return {
        "admin": {"address": at(0)},
        "static_resources": {"listeners": [listener], "clusters": [cluster]},
    }
