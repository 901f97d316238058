"""The log of checkpoints before a real witness, which is not ours and checks what it cosigns."""

import base64
import hashlib
import json
import pathlib
import secrets
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from approval_service import ApprovalService, openssl
from cryptography.hazmat.primitives import serialization
from gateway import Gateway
from litewitness import LiteWitness, vkey
from ssh_agent import SshAgent
from tool_server import ToolServer
from waiting import until


@pytest.fixture
def witness(tmp_path: pathlib.Path) -> Iterator[LiteWitness]:
    folder = tmp_path / "w"
    folder.mkdir()
    with SshAgent(folder / "agent") as agent:
        running = LiteWitness(folder, agent)
        yield running
        running.stop()


def log_of(key: pathlib.Path) -> str:
    """The log of the checkpoints that this private key signs, if nobody named it otherwise."""
    private = serialization.load_pem_private_key(key.read_bytes(), None)
    public = private.public_key().public_bytes_raw()
    return vkey(f"gatehouse/checkpoints/{hashlib.sha256(public).digest()[:8].hex()}", 1, public)


def verified(program: str, *arguments: str) -> tuple[list[str], dict[str, Any]]:
    """Names of the problems, and the report."""
    command = [program, "sessions", "verify", *arguments, "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.stdout, done.stderr
    report = json.loads(done.stdout)
    assert done.returncode == (2 if report["problems"] else 0)
    return [one["problem"] for one in report["problems"]], report


def test_a_gateway_has_its_checkpoints_cosigned(
    tmp_path: pathlib.Path, witness: LiteWitness, modern_tools: ToolServer
) -> None:
    """Also the last one, which is signed when it stops."""
    of_witness = ["--witness", f"{witness.vkey}={witness.url}", "--witness-every", "1s"]
    gateway = Gateway(tmp_path, "--upstream", modern_tools.url, *of_witness)
    try:
        witness.know(log_of(gateway.data / "keys" / "checkpoint.pem"))
        headers = {"authorization": f"Bearer {gateway.token('ada')}"}
        file = gateway.data / "records" / "tree-head"
        httpx2.post(f"{gateway.url}/nowhere", headers=headers, json={"a": 1})
        until("a checkpoint to be cosigned", file.exists)
    finally:
        gateway.stop()
    head = file.read_text()
    checkpoints = (gateway.data / "records" / "checkpoints.jws").read_bytes().split(b"\n")[:-1]
    # The last one says that the chain is at its end.
    assert head.split("\n")[1] == str(len(checkpoints)) and len(checkpoints) >= 2
    data = ["--data", str(gateway.data), "--witness", witness.vkey]
    problems, report = verified(gateway.path, *data)
    assert problems == [] and report["witnessed"]["size"] == report["checkpoints"] == len(checkpoints)
    assert [one["name"] for one in report["witnessed"]["by"]] == [witness.NAME]
    # Of a stranger of the same name.
    stranger = vkey(witness.NAME, 4, secrets.token_bytes(32))
    assert verified(gateway.path, *data[:-1], stranger)[0] == ["not_cosigned"]
    shown = gateway.cli("sessions", "verify", "--witness", witness.vkey)
    assert f"witnessed: the first {len(checkpoints)} checkpoint" in shown and witness.NAME in shown


class Service:
    """`gatehouse serve` over what lies in its folder, and whoever tells it of a chain."""

    def __init__(self, folder: pathlib.Path, witness: LiteWitness) -> None:
        self._folder = folder
        self._proof = base64.urlsafe_b64encode(hashlib.sha256(b"proof").digest()).decode()
        self._key = "auditor-key-of-the-tests-0123456789abcdef"
        (folder / "auditor.key").write_text(self._key)
        if not (folder / "checkpoint.pem").exists():
            openssl(folder, "genpkey", "-algorithm", "ed25519", "-out", "checkpoint.pem")
            openssl(folder, "pkey", "-in", "checkpoint.pem", "-pubout", "-out", "checkpoint.pub")
        self._service = ApprovalService(
            folder,
            f"""
checkpoint = {{file = "{folder}/checkpoint.pem"}}
[checkpoints]
every_seconds = 1
[checkpoints.log]
every_seconds = 1
witnesses = [{{url = "{witness.url}", key = "{witness.vkey}"}}]
[[approvers]]
name = "audit"
groups = ["audit"]
key = {{file = "{folder}/auditor.key"}}
""",
        )
        self.url = self._service.console

    def get(self, path: str) -> str:
        request = urllib.request.Request(self.url + path, headers={"authorization": f"Bearer {self._key}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read().decode()

    def tell(self, count: int) -> None:
        """That the chain has so many links, and waits until a checkpoint says so."""
        hashed = hashlib.blake2b(digest_size=32)
        for field in (b"gatehouse-chain-1", self._proof.encode()):
            hashed.update(len(field).to_bytes(8, "big") + field)
        chain = "c_" + base64.urlsafe_b64encode(hashed.digest()[:16]).decode().rstrip("=")
        head = {"count": count, "digest": f"blake2b-256:{secrets.token_hex(8)}"}
        report = {"gateway": "edge", "chain": chain, "proof": self._proof, "head": head, "ended": False}
        before = len(self.checkpoints())
        self._service.ask("/v1/chains", report)
        until("a checkpoint", lambda: len(self.checkpoints()) > before)

    def checkpoints(self) -> list[str]:
        all: list[str] = []
        while some := json.loads(self.get(f"/v1/checkpoints?after={len(all)}"))["checkpoints"]:
            all += [one["jws"] for one in some]
        return all

    def witness(self) -> dict[str, Any]:
        (one,) = json.loads(self.get("/v1/checkpoints"))["log"]["witnesses"]
        return one

    def head(self) -> str:
        try:
            return self.get("/v1/checkpoints/tree-head")
        except urllib.error.HTTPError as error:
            assert error.code == 404
            return "\n0\n"

    def cosigned(self, size: int) -> str:
        """Waits until so many are; the tree head."""
        until(f"{size} to be cosigned", lambda: self.head().split("\n")[1] == str(size))
        return self.head()

    def verify(self, head: pathlib.Path | str, witness: LiteWitness, *more: str) -> list[str]:
        """Of the checkpoints that it has now: what is wrong, but for the records that there never were."""
        file, records = self._folder / "all.jws", self._folder / "none.jsonl"
        file.write_text("".join(f"{one}\n" for one in self.checkpoints()))
        records.write_text("")
        kept = ["--checkpoints", str(file), "--checkpoint-key", str(self._folder / "checkpoint.pub")]
        seen = ["--tree-head", str(head), "--witness", witness.vkey]
        problems, _ = verified(self._service.program, str(records), *kept, *seen, *more)
        assert problems[0] == "chain_gone"
        return problems[1:]

    def log(self) -> str:
        return self._service.log()

    def stop(self) -> None:
        self._service.stop()


def test_whoever_rolls_back_the_database_is_never_cosigned_again(
    tmp_path: pathlib.Path, witness: LiteWitness
) -> None:
    folder = tmp_path / "serve"
    folder.mkdir()
    service = Service(folder, witness)
    service.tell(1)
    # Its operator does not know the log yet, and is to be given its key.
    log = log_of(folder / "checkpoint.pem")
    until("the witness' refusal", lambda: log in service.witness().get("why", ""))
    witness.know(log)
    kept = folder / "kept"
    kept.write_text(service.cosigned(1))
    assert service.verify(kept, witness) == []
    header = folder / "auditor.header"
    header.write_text(f"Bearer {(folder / 'auditor.key').read_text()}")
    served = [f"{service.url}/v1/checkpoints/tree-head"]
    assert service.verify(served[0], witness, "--tree-head-header", f"authorization={header}") == []

    # It is away for a while, and then catches up.
    witness.stop()
    service.tell(2)
    until("the witness to be missed", lambda: service.witness().get("why"))
    assert service.head() == kept.read_text() and not service.witness()["differs"]
    witness.start()
    service.cosigned(2)
    service.stop()

    for file in folder.glob("holds.db*"):
        shutil.copy(file, folder / f"before-{file.name}")
    service = Service(folder, witness)
    service.tell(3)
    newest = folder / "newest"
    newest.write_text(service.cosigned(3))
    before = service.checkpoints()
    assert service.verify(newest, witness) == []
    service.stop()

    # Somebody puts back the database of before, and goes on.
    for file in folder.glob("holds.db*"):
        file.unlink()
    for file in folder.glob("before-*"):
        shutil.copy(file, folder / file.name.removeprefix("before-"))
    service = Service(folder, witness)
    try:
        old = folder / "old"
        old.write_text(service.head())
        until("the alarm", lambda: service.witness()["differs"])
        assert "the database was rolled back" in service.witness()["why"]
        assert service.verify(newest, witness) == ["checkpoints_rolled_back"]
        for count in (4, 5):
            service.tell(count)
        assert len(service.checkpoints()) > len(before)
        until("the alarm", lambda: "another tree of 3" in service.witness()["why"])
        assert "ERROR" in service.log() and "was changed or rolled back" in service.log()
        assert service.verify(newest, witness) == ["other_tree"]
        # All that the service can still show is the tree head of before, which gets old.
        assert service.head() == old.read_text()
        assert service.verify(old, witness) == []
        age = ["--tree-head-age", "1s"]
        until("its age to be told", lambda: service.verify(old, witness, *age) == ["tree_head_old"])
    finally:
        service.stop()
