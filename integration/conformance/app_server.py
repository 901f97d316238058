"""An HTTP server for the apps of one test after the other, in the loop of the test that runs."""

import asyncio
import socket
from typing import Any

import anyio
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

#: By this header of a request the apps of a test are told apart.
APP = b"x-app"


class AppServer:
    """Runs while there are apps, on a listener that is always there: so a proxy can be, too.

    Uvicorn's protocol without its server, which looks only ten times a second whether it should end.
    """

    def __init__(self, listener: socket.socket) -> None:
        listener.setblocking(False)
        self._listener = listener
        self.apps: dict[bytes, Any] = {}
        #: Requests of each app that are being answered.
        self.running: dict[bytes, set[anyio.CancelScope]] = {}
        self._accepting: asyncio.Task[None] | None = None

    async def start(self, key: bytes, app: Any) -> None:
        self.apps[key], self.running[key] = app, set()
        if self._accepting is None:
            self._state = ServerState()
            self._accepting = asyncio.create_task(self._accept(self._state))

    async def _accept(self, state: ServerState) -> None:
        loop = asyncio.get_running_loop()
        config = uvicorn.Config(self._dispatch, interface="asgi3", ws="none", log_level="critical")
        while True:
            connection, _ = await loop.sock_accept(self._listener)
            # One that is accepted is known: none stays open in silence when this test has ended.
            await loop.connect_accepted_socket(lambda: H11Protocol(config, state, {}), connection)

    async def stop(self, key: bytes, cancel: bool) -> None:
        running = self.running[key]
        if cancel:
            for scope in running:
                scope.cancel()
        while running:
            await asyncio.sleep(0.001)
        del self.apps[key], self.running[key]
        if not self.apps and self._accepting is not None:
            accepting, self._accepting = self._accepting, None
            accepting.cancel()
            await asyncio.wait([accepting])
            for connection in self._state.connections:
                connection.transport.abort()
            if self._state.tasks:
                await asyncio.wait(self._state.tasks)

    async def _dispatch(self, scope: Any, receive: Any, send: Any) -> None:
        [key] = [value for name, value in scope["headers"] if name == APP]
        headers = [header for header in scope["headers"] if header[0] != APP]

        async def closing(message: Any) -> None:
            # A connection kept in the proxy's pool could be closed at the end of this test just as
            # the proxy takes it for a request of the next.
            if message["type"] == "http.response.start":
                kept = list(message.get("headers", []))
                message = {**message, "headers": [*kept, (b"connection", b"close")]}
            await send(message)

        with anyio.CancelScope() as cancel:
            self.running[key].add(cancel)
            try:
                await self.apps[key]({**scope, "headers": headers}, receive, closing)
            finally:
                self.running[key].discard(cancel)
