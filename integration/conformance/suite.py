"""Runs of the MCP conformance suite, and what they say, scenario by scenario and check by check."""

import dataclasses
import json
import pathlib
import re
import subprocess
from typing import Any

#: Seconds. A run takes three on a free machine.
LIMIT = 120


@dataclasses.dataclass(frozen=True)
class Leg:
    """A version of the suite at a version of the specification."""

    suite: str
    spec: str
    #: How many scenarios and successful checks there are at least.
    scenarios: int
    checks: int

    def __str__(self) -> str:
        return f"{self.suite}-{self.spec}"


LEGS = [
    Leg("0.1", "2025-06-18", scenarios=26, checks=26),
    Leg("0.1", "2025-11-25", scenarios=32, checks=44),
    Leg("0.2", "2025-06-18", scenarios=27, checks=56),
    Leg("0.2", "2025-11-25", scenarios=33, checks=84),
    Leg("0.2", "2026-07-28", scenarios=40, checks=152),
]

Scenarios = dict[str, list[dict[str, Any]]]


def run(
    leg: Leg, tools: pathlib.Path, node: pathlib.Path, url: str, out: pathlib.Path
) -> Scenarios:
    """Everything the suite has for this version of the specification, against a server."""
    program = tools / "node_modules" / f"conformance-{leg.suite}" / "dist" / "index.js"
    command = [node / "node", program, "server", "--url", f"{url}/mcp", "--suite", "all"]
    command += ["--spec-version", leg.spec, "-o", out]
    done = subprocess.run(
        list(map(str, command)), cwd=out.parent, capture_output=True, text=True, timeout=LIMIT
    )
    # 1: some checks failed. Whether they should have is seen by the scenarios.
    assert done.returncode in (0, 1), f"the suite ended with {done.returncode}:\n{done.stderr}"
    return {_name(folder): _checks(folder) for folder in sorted(out.iterdir())}


def _name(folder: pathlib.Path) -> str:
    """Without the time of day at its end."""
    return re.sub(r"-\d{4}-\d\d-\d\dT[\d-]+Z$", "", folder.name)


def _checks(folder: pathlib.Path) -> list[dict[str, Any]]:
    checks = json.loads((folder / "checks.json").read_text())
    return [_comparable(check) for check in checks]


#: Members whose values the server chooses anew in each run, and which mean nothing to others.
_OPAQUE = {
    *(
        "eventId",
        "lastEventId",
        "lastEventIdUsed",
        "last-event-id",
        "mcp-session-id",
        "requestState",
    ),
    *("sessionId", "sessionIdSent", "subscriptionId", "io.modelcontextprotocol/subscriptionId"),
}
#: Of a connection or a moment, not of an answer.
_LEFT_OUT = {"connection", "date", "timestamp"}


def _comparable(value: Any, name: str = "") -> Any:
    if name in _OPAQUE:
        return "opaque" if value else value
    if isinstance(value, dict):
        # An event of a stream: `id` is a number in a message of JSON-RPC and in a check.
        opaque = {"id"} if name == "event" else set()
        return {
            key: "opaque" if key in opaque else _comparable(member, key)
            for key, member in value.items()
            if key not in _LEFT_OUT
        }
    if isinstance(value, list):
        return [_comparable(one) for one in value]
    if isinstance(value, str):
        value = re.sub(r"127\.0\.0\.1:\d+", "SERVER", value)
        return re.sub(r"\(id: [^)]*\)", "(id: opaque)", value)
    return value


def node_folder() -> pathlib.Path:
    """Where integration/tools/node.sh found or put a node that the suite runs on."""
    script = pathlib.Path(__file__).parents[1] / "tools" / "node.sh"
    done = subprocess.run([script], stdout=subprocess.PIPE, text=True, timeout=300, check=True)
    return pathlib.Path(done.stdout.strip())
