"""The everything-server out of the source of mcp, in a process of its own on a port of its own."""

import os
import pathlib
import re
import subprocess
import sys

from waiting import until


class EverythingServer:
    def __init__(self, source: pathlib.Path, folder: pathlib.Path, name: str) -> None:
        self._log = folder / f"{name}.log"
        place = source / "examples" / "servers" / "everything-server"
        environment = {**os.environ, "PYTHONPATH": str(place), "PYTHONDONTWRITEBYTECODE": "1"}
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "mcp_everything_server", "--port", "0"],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            self.address = until("the everything-server to listen", self._listens)
        except BaseException:
            self.stop()
            raise

    def _listens(self) -> str | None:
        text = self._log.read_text()
        assert self._process.poll() is None, f"the everything-server did not start:\n{text}"
        found = re.search(r"running on http://(127\.0\.0\.1:\d+)", text)
        return found[1] if found else None

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
