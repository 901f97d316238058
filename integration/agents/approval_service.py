"""The real `gatehouse serve` in a process of its own, a filter that asks it, and an approver."""

import base64
import datetime
import http.client
import json
import os
import pathlib
import secrets
import ssl
import subprocess
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID
from waiting import until

ROOT = pathlib.Path(__file__).parents[2]


class Authority:
    """Signs certificates, for servers at `localhost` and for filters."""

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        self._certificate = self._signed(name, name, self._key.public_key(), constraints)
        self.pem = self._write("ca.pem", self._certificate.public_bytes(_PEM))

    def issue(self, name: str, alternative: x509.GeneralName) -> tuple[str, str]:
        """The files of a certificate and of its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer = self._certificate.subject
        names = x509.SubjectAlternativeName([alternative])
        certificate = self._signed(subject, issuer, key.public_key(), names)
        return (
            self._write(f"{name}.pem", certificate.public_bytes(_PEM)),
            self._write(f"{name}.key", private(key)),
        )

    def _signed(self, subject: x509.Name, issuer: x509.Name, key: Any, extension: Any) -> Any:
        now = datetime.datetime.now(datetime.timezone.utc)
        day = datetime.timedelta(days=1)
        builder = x509.CertificateBuilder(issuer, subject, key, x509.random_serial_number())
        builder = builder.not_valid_before(now - day).not_valid_after(now + day)
        return builder.add_extension(extension, critical=False).sign(self._key, hashes.SHA256())

    def _write(self, name: str, content: bytes) -> str:
        path = self._folder / name
        path.write_bytes(content)
        return str(path)


_PEM = serialization.Encoding.PEM


def private(key: Any) -> bytes:
    plain = serialization.NoEncryption()
    return key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, plain)


class ApprovalService:
    """`more` is put behind a configuration that has all but channels."""

    def __init__(self, folder: pathlib.Path, authority: Authority, more: str) -> None:
        self._key = secrets.token_hex(24)
        config = folder / "serve.toml"
        config.write_text(self._configuration(folder, authority) + more)
        certificate, key = authority.issue(
            "filter", x509.UniformResourceIdentifier("spiffe://gatehouse/filter")
        )
        self._tls = ssl.create_default_context(cafile=authority.pem)
        self._tls.load_cert_chain(certificate, key)
        program = pathlib.Path(os.environ.get("GATEHOUSE_BIN") or ROOT / "target/release/gatehouse")
        assert program.is_file(), f"`{program}` is missing; run `make build`"
        self._errors = folder / "serve.err"
        with self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                [program, "serve", "--config", config],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        assert self._process.stdout
        words = self._process.stdout.readline().split()
        assert words, f"the service did not start:\n{self.log()}"
        self._filter = words[1].removeprefix("https://").rpartition(":")[2]
        self.console = words[3]

    def _configuration(self, folder: pathlib.Path, authority: Authority) -> str:
        certificate, key = authority.issue("service", x509.DNSName("localhost"))
        keys = {}
        for name in ("grant", "receipt"):
            keys[name] = folder / f"{name}.pem"
            keys[name].write_bytes(private(ed25519.Ed25519PrivateKey.generate()))
        keys["digest"] = folder / "digest.key"
        keys["digest"].write_bytes(base64.b64encode(secrets.token_bytes(32)))
        approver = folder / "dana.key"
        approver.write_text(self._key)
        lines = [f"{name} = {{file = '{path}'}}" for name, path in keys.items()]
        return f"""
[filter]
listen = "127.0.0.1:0"
ca = '{authority.pem}'
cert = '{certificate}'
key = {{file = '{key}'}}
[console]
listen = "127.0.0.1:0"
[store]
sqlite = '{folder / "holds.db"}'
[[approvers]]
name = "dana"
key = {{file = '{approver}'}}
[keys]
{chr(10).join(lines)}
"""

    def log(self) -> str:
        return self._errors.read_text()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=30)

    def hold(self, subject: str, tool: str) -> str:
        """Asks for a hold, as a filter does; its id."""
        arguments = {"name": tool, "arguments": {"id": 7}}
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": arguments}
        call = {
            "principal": {"issuer": "https://idp.example", "subject": subject, "agent": tool},
            "route": "route",
            "cluster": "cluster",
            "kind": "mcp",
            "method": "POST",
            "authority": "crm.example",
            "path": "/mcp",
            "headers": [["content-type", "application/json"]],
            "body": json.dumps(body),
        }
        request = {
            "exchange": secrets.token_hex(8),
            "call": call,
            "rules": ["hold-destructive-tools"],
            "description": "A tool that deletes",
            "severity": "high",
            "terms": {
                "requirements": [{"quorum": 1}],
                "expiry_seconds": 600,
                "wait_seconds": 60,
                "reason_required": False,
            },
            "revision": "sha256:00",
        }
        connection = http.client.HTTPSConnection("localhost", int(self._filter), context=self._tls)
        return _answer(connection, "POST", "/v1/holds", request, {})["hold"]

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """As the approver, with their key."""
        connection = http.client.HTTPConnection(self.console.removeprefix("http://"))
        headers = {"authorization": f"Bearer {self._key}"}
        return _answer(connection, method, path, body, headers)

    def deliveries(self, state: str, count: int) -> list[dict[str, Any]]:
        """Waits until there are so many in this state."""

        def found() -> list[dict[str, Any]] | None:
            listed = self.ask("GET", f"/v1/deliveries?state={state}")["deliveries"]
            return listed if len(listed) >= count else None

        return until(f"{count} {state} deliveries", found)


def _answer(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: Any,
    headers: dict[str, str],
) -> Any:
    sent = None if body is None else json.dumps(body)
    connection.request(method, path, sent, {**headers, "content-type": "application/json"})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    assert 200 <= answer.status < 300, f"{method} {path}: {answer.status} {content!r}"
    return json.loads(content) if content else None
