"""Carries out orders with the Agents SDK for JavaScript, in one process for all."""

import asyncio
import dataclasses
import itertools
import json
import pathlib
import queue
import subprocess
import threading
from typing import Any

from gateway import ROOT
from order import Answer, Order, Outcome, Problem
from worker import Worker

#: Seconds. More than any run may take; a driver that ended is noticed at once.
LIMIT = 120.0


def installed() -> tuple[pathlib.Path, pathlib.Path]:
    """Node, and the folder with the SDK and the driver."""
    return _printed("node.sh") / "node", _printed("javascript.sh")


def _printed(script: str) -> pathlib.Path:
    command = [str(ROOT / "integration" / "tools" / script)]
    return pathlib.Path(subprocess.check_output(command, text=True).strip())


class JavaScript:
    def __init__(self, folder: pathlib.Path) -> None:
        node, programs = installed()
        self._errors = folder / "driver.err"
        with self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                [str(node), str(programs / "driver.mjs")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        self._numbers = itertools.count()
        self._waiting: dict[int, queue.SimpleQueue[dict[str, Any] | None]] = {}
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            outcome = json.loads(line)
            self._waiting.pop(outcome["number"]).put(outcome)
        for waiting in list(self._waiting.values()):
            waiting.put(None)

    def stop(self) -> None:
        """The end of its input is the end of the driver."""
        assert self._process.stdin
        self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    async def run(self, worker: Worker, order: Order, *turns: Any) -> Outcome:
        heard = worker.play(*turns)
        place = {"gateway": worker.gateway.url, "token": worker.token, "model": worker.subject}
        got = await asyncio.to_thread(self._order, {**place, **dataclasses.asdict(order)})
        problem = got["error"] and Problem(**got["error"])
        answers = [Answer(**answer) for answer in got["answers"]]
        called = got["called"]
        pieces, events, asked = got["pieces"], got["events"], got["asked"]
        return Outcome(got["said"], problem, pieces, events, answers, called, asked, heard)

    def _order(self, order: dict[str, Any]) -> dict[str, Any]:
        number = next(self._numbers)
        waiting = self._waiting[number] = queue.SimpleQueue()
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"number": number, **order}) + "\n")
        self._process.stdin.flush()
        outcome = waiting.get(timeout=LIMIT)
        assert outcome, f"the driver ended:\n{self._errors.read_text()}"
        return outcome
