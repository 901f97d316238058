"""A real HTTP server on a port of its own, in a thread of this process, and a log of what comes."""

import dataclasses
import json
import socket
import threading
from typing import Any

import uvicorn


@dataclasses.dataclass(frozen=True)
class Request:
    """One request as it arrived."""

    method: str
    path: str
    #: Lower-case names; of several with one name the last.
    headers: dict[str, str]
    body: str

    def json(self) -> Any:
        return json.loads(self.body)


class Log:
    """Passes requests on unchanged and keeps each, with its whole body."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.requests: list[Request] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        messages = [await receive()]
        while messages[-1].get("more_body"):
            messages.append(await receive())
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        body = b"".join(message.get("body", b"") for message in messages).decode()
        path = scope["raw_path"].decode()
        self.requests.append(Request(scope["method"], path, headers, body))
        again = iter(messages)

        async def replayed() -> Any:
            message = next(again, None)
            return message if message is not None else await receive()

        await self.app(scope, replayed, send)


class Server:
    """Serves `app` until stopped."""

    def __init__(self, app: Any) -> None:
        listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        options = {"log_level": "warning", "access_log": False, "timeout_graceful_shutdown": 1}
        self._server = uvicorn.Server(uvicorn.Config(app, **options))
        run = {"target": self._server.run, "kwargs": {"sockets": [listener]}, "daemon": True}
        self._thread = threading.Thread(**run)
        self._thread.start()

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=10)
