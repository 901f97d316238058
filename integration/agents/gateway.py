"""The real `gatehouse run` in a process of its own, and what its command line says of it."""

import json
import os
import pathlib
import signal
import subprocess
from collections.abc import Callable
from typing import Any

from waiting import SOON, until

ROOT = pathlib.Path(__file__).parents[2]
#: Where everything stays that tests leave behind, for `integration/tools/leftovers.sh` to look through.
KEPT = pathlib.Path(os.environ["GATEHOUSE_KEEP"]) if "GATEHOUSE_KEEP" in os.environ else None
#: Envoy compiles the module once for each worker, also on a busy machine.
START = 120.0


def _file(name: str, default: str, hint: str) -> str:
    path = pathlib.Path(os.environ.get(name) or ROOT / default)
    assert path.is_file(), f"`{path}` is missing; {hint}, or set {name}"
    return str(path)


class Gateway:
    def __init__(self, folder: pathlib.Path, *arguments: str) -> None:
        self.data = folder / "data"
        self.path = _file("GATEHOUSE_BIN", "target/release/gatehouse", "run `make build`")
        environment = {
            **os.environ,
            "ENVOY_PATH": _file("ENVOY_PATH", "target/tools/bin/envoy", "run `make tools`"),
            "GATEHOUSE_WASM": _file("GATEHOUSE_WASM", "target/gatehouse.wasm", "run `make wasm`"),
        }
        ports = ["--listen", "127.0.0.1:0", "--console", "127.0.0.1:0"]
        command = [self.path, "run", *ports, "--data", str(self.data), *arguments]
        self._output = folder / "gateway.out"
        self._errors = folder / "gateway.err"
        with self._output.open("wb") as out, self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=errors
            )
        try:
            ready = until("the gateway to be ready", self._ready, START)
        except BaseException:
            self.stop()
            raise
        fields = dict(word.split("=", 1) for word in ready.split()[1:])
        self.url = fields["gateway"]
        self.console = fields["console"]

    def _ready(self) -> str | None:
        if self._process.poll() is not None:
            raise AssertionError(f"the gateway did not start:\n{self._errors.read_text()}")
        lines = self._output.read_text().splitlines(keepends=True)
        whole = (line for line in lines if line.startswith("ready ") and line.endswith("\n"))
        return next(whole, None)

    def stop(self) -> None:
        """Asks the process to end, and its children with it; kills it if it does not."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def cli(self, *arguments: str) -> str:
        """`gatehouse ARGUMENTS --data DIR`; its standard output."""
        return self.program(*arguments, "--data", str(self.data))

    def program(self, *arguments: str) -> str:
        """`gatehouse ARGUMENTS`; its standard output."""
        command = [self.path, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, f"gatehouse {arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    def json(self, *arguments: str) -> Any:
        return json.loads(self.cli(*arguments, "--format", "json"))

    def token(self, subject: str, *options: str) -> str:
        token = self.cli("token", "--sub", subject, *options).strip()
        if KEPT:
            with (KEPT / "secrets").open("a") as secrets:
                secrets.write(f"{token}\n")
        return token

    def explain(self, reference: str) -> dict[str, Any]:
        """What `gatehouse explain` says of one exchange, once Envoy has written it."""

        def explained() -> dict[str, Any] | None:
            written = any(one["exchange"] == reference for one in self.records())
            return self.json("explain", reference) if written else None

        return until(f"the record of {reference}", explained)

    def records(self, subject: str | None = None) -> list[dict[str, Any]]:
        """What the filter recorded, in the order the exchanges ended; of one principal or all."""
        file = self.data / "records" / "access.jsonl"
        text = file.read_text() if file.exists() else ""
        # The last line may be half written.
        lines = [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
        records = [record for line in lines for record in line["records"]]
        return [one for one in records if subject is None or subject_of(one) == subject]

    def record(self, subject: str, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Waits for the record of this principal that is wanted."""

        def found() -> dict[str, Any] | None:
            return next(filter(wanted, self.records(subject)), None)

        return until(f"a record of {subject}", found)

    def record_at(self, path: str) -> dict[str, Any]:
        """Waits for a record of this path, whoever asked."""

        def found() -> dict[str, Any] | None:
            return next((one for one in self.records() if one["request"]["path"] == path), None)

        return until(f"a record of {path}", found)

    def tool_records(self, subject: str, count: int) -> list[dict[str, Any]]:
        """The records of this principal's tool calls, once there are so many; never more."""

        def of_tools() -> list[dict[str, Any]]:
            mine = [(one, one["request"]["mcp"] or {}) for one in self.records(subject)]
            return [one for one, mcp in mine if mcp.get("method") == "tools/call"]

        def enough() -> list[dict[str, Any]] | None:
            found = of_tools()
            return found if len(found) >= count else None

        found = until(f"{count} records of tool calls of {subject}", enough)
        assert len(found) == count, f"{len(found)} tool calls were recorded, not {count}"
        return sorted(found, key=lambda one: one["started_ms"])

    def hold(self, subject: str, status: str = "pending", seconds: float = SOON) -> dict[str, Any]:
        """Waits until there is a hold of this principal in this state."""

        def found() -> dict[str, Any] | None:
            holds = self.json("approvals", "list", "--status", status)["holds"]
            return next((one for one in holds if one["principal"]["subject"] == subject), None)

        return until(f"a {status} hold of {subject}", found, seconds)

    def approve(self, subject: str, reason: str = "checked with the customer") -> dict[str, Any]:
        return self._decide("approve", subject, reason)

    def deny(self, subject: str, reason: str) -> dict[str, Any]:
        return self._decide("deny", subject, reason)

    def _decide(self, decision: str, subject: str, reason: str) -> dict[str, Any]:
        hold = self.hold(subject)["id"]
        return self.json("approvals", decision, hold, "--reason", reason)


def subject_of(record: dict[str, Any]) -> str | None:
    return (record["principal"] or {}).get("subject")


def rules_of(record: dict[str, Any]) -> list[str]:
    return [rule["rule"] for rule in record["verdict"]["rules"]]


def findings_of(record: dict[str, Any], side: str) -> dict[str, tuple[int, bool]]:
    """Of `request` or `response`: kind, how many, whether redacted."""
    found = record[side]["findings"]
    return {finding["kind"]: (finding["count"], finding["redacted"]) for finding in found}
