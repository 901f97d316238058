"""An OpenID provider that is somebody else's program: npm's oidc-provider, on loopback."""

import json
import pathlib
import subprocess
from typing import Any

from javascript_sdk import installed

CLIENT = "gatehouse"


class OpenIdProvider:
    """Answers 503 until it is told whom to serve."""

    def __init__(self, folder: pathlib.Path, secret: str) -> None:
        node, programs = installed()
        self._secret = secret
        with (folder / "provider.err").open("wb") as errors:
            self._process = subprocess.Popen(
                [str(node), str(programs / "provider.mjs")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        self.issuer = self._line()

    def serve(self, console: str, people: dict[str, dict[str, Any]]) -> None:
        """For the console at this address, and people by their login."""
        order = {"client_id": CLIENT, "client_secret": self._secret, "people": people}
        order["redirect_uri"] = f"{console}/login/callback"
        assert self._process.stdin
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        assert self._line() == "serving"

    def _line(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline().strip()

    def stop(self) -> None:
        """The end of its input is the end of it."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(timeout=30)
