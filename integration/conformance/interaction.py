"""A run of mcp's own interaction tests in a pytest of its own, their HTTP through a proxy."""

import json
import os
import pathlib
import socket
import subprocess
import sys
from typing import Any

HERE = pathlib.Path(__file__).parent
#: Seconds. A run takes half a minute on a free machine.
LIMIT = 240
#: What cannot run over sockets.
LEFT_OUT = [
    # These look at the bridge, at the standard streams, and at which tests were collected.
    *["--ignore=tests/interaction/transports/test_bridge.py"],
    *["--ignore=tests/interaction/transports/test_stdio.py"],
    *["--ignore=tests/interaction/test_coverage.py"],
    # A virtual clock knows nothing of what another process does; in-memory has no HTTP.
    *["-k", "not trio and not in-memory"],
]


class Run:
    """Started at once; `outcomes` waits for its end."""

    def __init__(
        self,
        tools: pathlib.Path,
        folder: pathlib.Path,
        name: str,
        proxy: str,
        token: str,
        listener: socket.socket,
    ) -> None:
        self._outcomes = folder / f"{name}.jsonl"
        self._output = folder / f"{name}.out"
        environment = {
            **os.environ,
            "PYTHONPATH": f"{HERE}:{tools / 'mcp'}:{tools / 'packages'}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "OVER_SOCKETS_PROXY": proxy,
            "OVER_SOCKETS_TOKEN": token,
            "OVER_SOCKETS_LISTENER": str(listener.fileno()),
            "OVER_SOCKETS_OUTCOMES": str(self._outcomes),
        }
        # Without mcp's configuration and top conftest, which ask for packages of its developers.
        command = [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "--rootdir", "."]
        command += ["--confcutdir=tests/interaction", "-p", "no:cacheprovider", "-W", "ignore"]
        command += ["-p", "over_sockets", *LEFT_OUT, "tests/interaction"]
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                cwd=tools / "mcp",
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=[listener.fileno()],
            )

    def outcomes(self) -> dict[str, dict[str, Any]]:
        """By the test's name."""
        try:
            code = self._process.wait(timeout=LIMIT)
        finally:
            self.stop()
        # 1: some tests failed.
        assert code in (0, 1), f"pytest ended with {code}:\n{self._output.read_text()[-4000:]}"
        lines = [json.loads(line) for line in self._outcomes.read_text().splitlines()]
        return {line["test"]: line for line in lines}

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
