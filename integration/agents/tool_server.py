"""The real MCP server behind the gateway: the demo's tools over SQLite, in the era asked for, and
the demo's JSON API beside it.

`modern` speaks 2026-07-28 (stateless) and what came before; `old` knows only versions up to
2025-11-25, so clients fall back to sessions, a GET stream and answers as resumable event streams.
"""

import pathlib
from typing import Any

import http_api
import mcp_tools
import strict_tools
from database import Database
from mcp.server.streamable_http import EventStore
from mcp_types import JSONRPCMessage
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS
from serving import Log, Request, Server
from starlette.responses import JSONResponse


class ToolServer:
    def __init__(self, folder: pathlib.Path, era: str) -> None:
        self.era = era
        self.database = Database(folder)
        tools = mcp_tools.build(self.database)
        strict_tools.add(tools, self.database)
        if era == "old":
            app = tools.streamable_http_app(event_store=Events())
        else:
            app = tools.streamable_http_app()
        app.router.routes.extend(http_api.routes(self.database))
        self.log = Log(OldVersionsOnly(app) if era == "old" else app)
        self._server = Server(self.log)
        self.url = f"{self._server.url}/mcp"
        self.api = self._server.url

    def stop(self) -> None:
        self._server.stop()

    def new_customer(self) -> int:
        """One to delete: the tests share a database."""
        columns = "name, email, city, ssn, card, balance_cents"
        row = f"SELECT {columns} FROM customers ORDER BY id LIMIT 1"
        return self.database.run(f"INSERT INTO customers ({columns}) {row} RETURNING id")[0]["id"]

    def messages(self, method: str) -> list[Request]:
        """The JSON-RPC messages with this method that arrived."""
        posts = [one for one in self.log.requests if one.method == "POST"]
        return [post for post in posts if post.json().get("method") == method]

    def calls(self) -> list[tuple[str, dict[str, Any]]]:
        """The tool calls that arrived, in order: tool and arguments."""
        params = [message.json()["params"] for message in self.messages("tools/call")]
        return [(call["name"], call["arguments"]) for call in params]


class OldVersionsOnly:
    """Answers a newer protocol version as servers do that were written before it."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        headers = dict(scope.get("headers", []))
        version = headers.get(b"mcp-protocol-version", b"").decode()
        if not version or version in HANDSHAKE_PROTOCOL_VERSIONS:
            await self.app(scope, receive, send)
            return
        error = {"code": -32600, "message": "Bad Request: Unsupported protocol version"}
        body = {"jsonrpc": "2.0", "id": "server-error", "error": error}
        await JSONResponse(body, status_code=400)(scope, receive, send)


class Events(EventStore):
    """Gives events ids, so that every stream begins with an event without data."""

    def __init__(self) -> None:
        self.events: list[tuple[str, JSONRPCMessage | None]] = []

    async def store_event(self, stream_id: str, message: JSONRPCMessage | None) -> str:
        self.events.append((stream_id, message))
        return str(len(self.events))

    async def replay_events_after(self, last_event_id: str, send_callback: Any) -> str | None:
        raise NotImplementedError("no client of these tests loses a stream")
