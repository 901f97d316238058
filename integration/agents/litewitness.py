"""A real witness of transparency logs, of other make (filippo.io/torchwood), and keys as such logs write them."""

import base64
import contextlib
import hashlib
import os
import pathlib
import socket
import sqlite3
import subprocess
import urllib.error
import urllib.request

from gateway import ROOT
from ssh_agent import SshAgent
from waiting import until


def vkey(name: str, kind: int, public: bytes) -> str:
    """c2sp.org/signed-note; `kind` is 1 for logs and 4 for witnesses."""
    key = bytes([kind]) + public
    digest = hashlib.sha256(name.encode() + b"\n" + key).digest()
    return f"{name}+{digest[:4].hex()}+{base64.b64encode(key).decode()}"


class LiteWitness:
    """It keeps what it has seen through `stop` and `start`."""

    NAME = "witness.example/real"

    def __init__(self, folder: pathlib.Path, agent: SshAgent) -> None:
        program = os.environ.get("LITEWITNESS") or str(ROOT / "target" / "tools" / "bin" / "litewitness")
        assert pathlib.Path(program).is_file(), f"`{program}` is missing; run `make tools`"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{free.getsockname()[1]}"
        self._folder, self.url = folder, f"http://{address}/"
        fingerprint = base64.b64encode(hashlib.sha256(agent.blob).digest()).decode().rstrip("=")
        self._database = folder / "witness.sqlite"
        self._command = [program, "-name", self.NAME, "-db", str(self._database), "-listen", address]
        self._command += ["-key", f"SHA256:{fingerprint}", "-ssh-agent", str(folder / "agent")]
        self.vkey = vkey(self.NAME, 4, agent.key.public_key().public_bytes_raw())
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        log = self._folder / "witness.log"
        with log.open("ab") as errors:
            self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stderr=errors)
        process = self._process

        def ready() -> bool:
            assert process.poll() is None, f"litewitness did not start:\n{log.read_text()}"
            with contextlib.suppress(urllib.error.URLError):
                return urllib.request.urlopen(self.url, timeout=5).status == 200
            return False

        until("litewitness to listen", ready)
        assert self.vkey in log.read_text()

    def stop(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
        self._process = None

    def know(self, log: str) -> None:
        """As its operator does by `witnessctl add-log` and `add-key`."""
        origin = log.split("+")[0]
        empty = base64.b64encode(hashlib.sha256().digest()).decode()
        with contextlib.closing(sqlite3.connect(self._database)) as database, database:
            database.execute("INSERT INTO log VALUES (?, 0, ?)", (origin, empty))
            database.execute("INSERT INTO key VALUES (?, ?)", (origin, log))
