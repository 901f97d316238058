"""`gatehouse serve` in a process of its own, and a gateway's filter that asks it for holds."""

import json
import os
import pathlib
import secrets
import signal
import ssl
import subprocess
import urllib.request
from typing import Any

from gateway import ROOT
from waiting import until


def openssl(folder: pathlib.Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def certificates(folder: pathlib.Path, names: dict[str, str]) -> None:
    """An authority, `ca.pem`, and of each name NAME.pem and NAME.key for what it stands for."""
    new = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    openssl(folder, *new, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test authority")
    of_ca = ["-CA", "ca.pem", "-CAkey", "ca.key", "-addext", "basicConstraints=CA:FALSE"]
    for name, alternative in names.items():
        files = ["-keyout", f"{name}.key", "-out", f"{name}.pem", "-subj", f"/CN={name}"]
        openssl(folder, *new, *of_ca, *files, "-addext", f"subjectAltName={alternative}")


class ApprovalService:
    """Configured by the sections given, over SQLite. The filter's side is asked with a certificate of its own."""

    def __init__(self, folder: pathlib.Path, sections: str) -> None:
        program = os.environ.get("GATEHOUSE_BIN") or str(ROOT / "target" / "release" / "gatehouse")
        self._folder, self.program = folder, program
        certificates(folder, {"server": "IP:127.0.0.1", "filter": "URI:spiffe://gatehouse/filter"})
        for name in ("grant", "receipt"):
            openssl(folder, "genpkey", "-algorithm", "ed25519", "-out", f"{name}.pem")
        (folder / "digest.key").write_text("BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=")
        text = f"""
[filter]
listen = "127.0.0.1:0"
ca = "{folder}/ca.pem"
cert = "{folder}/server.pem"
key = {{file = "{folder}/server.key"}}
[console]
listen = "127.0.0.1:0"
[store]
sqlite = "{folder}/holds.db"
[keys]
grant = {{file = "{folder}/grant.pem"}}
receipt = {{file = "{folder}/receipt.pem"}}
digest = {{file = "{folder}/digest.key"}}
{sections}
"""
        (folder / "serve.toml").write_text(text)
        self._output, self._errors = folder / "serve.out", folder / "serve.err"
        with self._output.open("wb") as out, self._errors.open("wb") as errors:
            command = [program, "serve", "--config", str(folder / "serve.toml")]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=errors)
        words = until("the approval service to be ready", self._ready).split()
        self._filter, self.console = words[1], words[words.index("console") + 1]

    def _ready(self) -> str | None:
        assert self._process.poll() is None, f"it did not start:\n{self._errors.read_text()}"
        text = self._output.read_text()
        return text if text.endswith("\n") else None

    def log(self) -> str:
        return self._errors.read_text()

    def ask(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """As a gateway's filter does."""
        trust = ssl.create_default_context(cafile=str(self._folder / "ca.pem"))
        trust.load_cert_chain(self._folder / "filter.pem", self._folder / "filter.key")
        headers = {"content-type": "application/json"}
        request = urllib.request.Request(self._filter + path, json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, context=trust, timeout=30) as answer:
            text = answer.read()
            return json.loads(text) if text else {}

    def hold(self, subject: str, owners: list[str], groups: list[str]) -> str:
        """A call of this agent, held for one of these groups; the hold's id."""
        principal = {"issuer": "https://agents.example", "subject": subject, "owners": owners}
        call = {"principal": principal, "route": "r", "cluster": "c", "kind": "http", "proven": True}
        call |= {"proposed": False, "method": "DELETE", "authority": "shop.example", "path": "/customers/1"}
        terms = {"requirements": [{"approvers": groups, "quorum": 1}], "expiry_seconds": 600}
        terms |= {"wait_seconds": 60, "reason_required": False}
        request = {"exchange": secrets.token_hex(8), "rules": ["ask"], "description": "It deletes."}
        request |= {"call": call | {"headers": [], "body": ""}, "severity": "high", "terms": terms}
        return self.ask("/v1/holds", request | {"revision": "sha256:00"})["hold"]

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(timeout=30)
