"""What the guide shows about records: a verifier that knows nothing of this project but the format."""

import pathlib
import re
import subprocess
import sys

import httpx2
import pytest
from gateway import ROOT
from waiting import until
from worker import Worker


@pytest.fixture
def verifier(tmp_path: pathlib.Path) -> pathlib.Path:
    text = (ROOT / "docs" / "guide" / "records.md").read_text()
    found = re.search(r"^```python\n(.*?)^```$", text, re.M | re.S)
    assert found
    file = tmp_path / "verifier.py"
    file.write_text(found[1])
    return file


def run(verifier: pathlib.Path, records: pathlib.Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, verifier, records], capture_output=True, text=True, timeout=60
    )


def test_a_verifier_of_another_make_comes_to_the_same(
    worker: Worker, verifier: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    for call in range(5):
        httpx2.post(
            f"{worker.gateway.url}/api/records/{call}",
            headers={"authorization": f"Bearer {worker.token}"},
            json={"text": 'a quote " and an ä', "call": call},
        )

    def written() -> list[str] | None:
        lines = (worker.gateway.data / "records" / "access.jsonl").read_text().splitlines(True)
        # Those of a worker that died under another test have no link; the last line may be half written.
        whole = [line for line in lines if line.endswith("\n")]
        return whole if sum("/api/records/" in line for line in whole) >= 5 else None

    lines = until("the records", written)
    copy = tmp_path / "copy.jsonl"
    copy.write_text("".join(lines))
    said = run(verifier, copy)
    assert said.returncode == 0, said.stderr
    ours = worker.gateway.json("sessions", "verify", str(copy))
    assert ours["problems"] == []
    chains = {name: (int(count), head) for name, count, head in map(str.split, said.stdout.splitlines())}
    assert chains == {one["chain"]: (one["to"], one["head"]) for one in ours["chains"]}

    altered = [line.replace("/api/records/2", "/api/records/9") for line in lines]
    copy.write_text("".join(altered))
    said = run(verifier, copy)
    assert said.returncode != 0 and "altered" in said.stderr
    with pytest.raises(AssertionError, match="record_altered"):
        worker.gateway.json("sessions", "verify", str(copy))
