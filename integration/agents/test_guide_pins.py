"""The program of docs/guide/mcp.md that saves what a server answers to `tools/list`, as it stands there."""

import json
import pathlib

import pytest
from guide_program import shown
from tool_server import ToolServer
from worker import Worker

pytestmark = pytest.mark.anyio


async def test_what_a_server_says_of_its_tools_is_saved_word_for_word(
    worker: Worker, upstream: ToolServer, old_upstream: ToolServer, tmp_path: pathlib.Path
) -> None:
    program = shown("mcp.md", "python", worker, tmp_path)
    program.environment["SERVER_TOKEN"] = "the.servers.own"
    pins = []
    # The old one answers with a stream of events.
    for server in (upstream, old_upstream):
        answer = tmp_path / "answer.json"
        answer.write_text(await program.prints(server.url))
        [asked] = server.messages("tools/list")
        assert asked.headers["authorization"] == "Bearer the.servers.own"
        pinned = worker.gateway.program("bundle", "pins", str(answer), "--format", "json")
        pins.append(json.loads(pinned)["pins"][0]["tools"])
    assert pins[0] == pins[1]
    assert set(pins[0]) >= {"query_db", "read_customer", "delete_customer"}
