"""gatehouse-agents sends what is left of the traces when a program ends, whatever gives the token."""

import json
import os
import pathlib
import socket
import subprocess
import sys
import time

import pytest
from model_server import ModelServer
from worker import Worker

BEGIN = """
import asyncio
import os
import pathlib

from agents.tracing import function_span, trace
from gatehouse_agents import Gateway


def read() -> str:
    return pathlib.Path(os.environ["AGENT_TOKEN_FILE"]).read_text()
"""
#: Both of the last need the event loop's threads.
TOKENS = {
    "asked": "token = read",
    "awaited": "async def token():\n    return read()",
    "read-in-a-thread": "async def token():\n    return await asyncio.to_thread(read)",
    "looked-up": """
async def token():
    await asyncio.get_running_loop().getaddrinfo("localhost", 80)
    return read()
""",
}
END = """
async def main() -> None:
    with trace("support"), function_span("read_customer", "{}", "the last words"):
        await asyncio.sleep(0)


Gateway(os.environ["GATEHOUSE_URL"], token).route_traces()
asyncio.run(main())
"""


def run(program: str, url: str, token: str, folder: pathlib.Path) -> str:
    """What it writes to its standard error."""
    script, file = folder / "program.py", folder / "token"
    script.write_text(program)
    file.touch(mode=0o600)
    file.write_text(token)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
    place = {"GATEHOUSE_URL": url, "AGENT_TOKEN_FILE": str(file)}
    command = [sys.executable, str(script)]
    done = subprocess.run(
        command, env={**kept, **place}, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.mark.parametrize("source", TOKENS)
def test_nothing_is_lost_at_the_end(
    worker: Worker, model_server: ModelServer, tmp_path: pathlib.Path, source: str
) -> None:
    model_server.traces.clear()
    program = BEGIN + TOKENS[source] + END
    said = run(program, worker.gateway.url, worker.token, tmp_path)
    assert said == ""
    items = [item for heard in model_server.traces for item in heard.body["data"]]
    assert [item["object"] for item in items] == ["trace", "trace.span"]
    assert "the last words" in json.dumps(items)


def test_a_gateway_that_does_not_answer_delays_the_end_for_seconds_only(
    tmp_path: pathlib.Path,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        begun = time.monotonic()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        said = run(BEGIN + TOKENS["asked"] + END, url, "some.token", tmp_path)
        assert time.monotonic() - begun < 30
    assert "Tracing" in said
