"""A plugin for the pytest that runs mcp's own interaction tests: their HTTP goes over real sockets.

Those tests drive their servers through an in-process bridge, `StreamingASGITransport`. The class
here takes its place: each request goes to a proxy, and from there to an HTTP server in the loop of
the test, which runs the app under test. What this process is told comes by its environment:

* `OVER_SOCKETS_PROXY`: host:port of the proxy
* `OVER_SOCKETS_LISTENER`: file descriptor of the listening socket behind the proxy
* `OVER_SOCKETS_TOKEN`: what the gateway knows the caller by; empty for a proxy that asks for none
* `OVER_SOCKETS_OUTCOMES`: the file for the outcome of each test, a line of JSON each
"""

import asyncio
import itertools
import json
import os
import signal
import socket
import ssl
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
import tests.interaction.transports._bridge as bridge
from app_server import APP, AppServer

PROXY = httpx2.URL(f"http://{os.environ['OVER_SOCKETS_PROXY']}")
LISTENER = socket.socket(fileno=int(os.environ["OVER_SOCKETS_LISTENER"]))
TOKEN = os.environ["OVER_SOCKETS_TOKEN"]
#: Seconds for one test. Those that wait for something give up after 5 by themselves.
LIMIT = 20
#: Nothing here is TLS, and reading the system's certificates takes longer than most tests.
UNUSED = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


SERVER = AppServer(LISTENER)
_keys = map(str, itertools.count())


class Outcome:
    """Of the test that runs now."""

    def __init__(self) -> None:
        self.requests = 0
        #: It sent an `Authorization` of its own.
        self.own_token = False
        #: Statuses of the answers, in order.
        self.statuses: list[int] = []
        self.failed: str | None = None
        self.skipped = False


now = Outcome()


class SocketTransport(httpx2.AsyncBaseTransport):
    """In place of `StreamingASGITransport`."""

    def __init__(self, app: Any, *, cancel_on_close: bool = True) -> None:
        self._app, self._cancel, self._key = app, cancel_on_close, next(_keys).encode()
        self._opened = asyncio.Event()
        self._opened.set()

    async def __aenter__(self) -> "SocketTransport":
        await SERVER.start(self._key, self._app)
        self._wire = httpx2.AsyncHTTPTransport(verify=UNUSED)
        await self._wire.__aenter__()
        return self

    async def __aexit__(self, *reason: Any) -> None:
        await self._wire.__aexit__(*reason)
        await SERVER.stop(self._key, self._cancel)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.method != "GET":
            # In process a stream is open before the next call is sent. Over a wire the call can be
            # faster, and what the server asks back while there is no stream is lost: so it is by
            # the library's own account, whatever is between.
            await self._opened.wait()
            return await self._send(request)
        opened = self._opened = asyncio.Event()
        try:
            return await self._send(request)
        finally:
            opened.set()

    async def _send(self, request: httpx2.Request) -> httpx2.Response:
        headers = [(name, value) for name, value in request.headers.raw]
        now.requests += 1
        now.own_token |= any(name.lower() == b"authorization" for name, _ in headers)
        if TOKEN:
            headers = [header for header in headers if header[0].lower() != b"authorization"]
            headers.append((b"authorization", f"Bearer {TOKEN}".encode()))
        sent = httpx2.Request(
            request.method,
            request.url.copy_with(scheme="http", host=PROXY.host, port=PROXY.port),
            headers=[*headers, (APP, self._key)],
            stream=request.stream,
            # Without the client's default of 5 s, of which the bridge knows nothing either.
            extensions={**request.extensions, "timeout": {}},
        )
        response = await self._wire.handle_async_request(sent)
        now.statuses.append(response.status_code)
        response.request = request
        return response


# Before the tests are imported, which take the name from here.
bridge.StreamingASGITransport = SocketTransport  # type: ignore[misc, assignment]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    global now
    now = Outcome()

    def late(*_: Any) -> None:
        raise TimeoutError(f"no end after {LIMIT} s")

    signal.signal(signal.SIGALRM, late)
    signal.alarm(LIMIT)
    try:
        return (yield)
    finally:
        signal.alarm(0)
        told = {"test": item.nodeid.removeprefix("tests/interaction/"), **vars(now)}
        with open(os.environ["OVER_SOCKETS_OUTCOMES"], "a") as file:
            file.write(json.dumps(told) + "\n")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    now.skipped |= report.skipped
    if report.failed:
        now.failed = str(report.longrepr)
