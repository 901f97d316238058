"""The caller's token, asked for with each request: it may live for minutes, and a run for hours."""

import asyncio
import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from concurrent.futures import ThreadPoolExecutor

import httpx2

#: A token, or who gives one. What gives it should keep it until shortly before it expires.
TokenSource = str | Callable[[], str | Awaitable[str]]


async def current(source: TokenSource) -> str:
    token = source if isinstance(source, str) else source()
    return await token if inspect.isawaitable(token) else token


def current_in_thread(source: TokenSource) -> str:
    """For code that cannot await, whether or not a loop runs around it."""
    if isinstance(source, str):
        return source
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(asyncio.run, current(source)).result()


class BearerAuth(httpx2.Auth):
    """Puts the token into each request. After a 401 it asks once more: it may just have expired."""

    def __init__(self, source: TokenSource) -> None:
        self._source = source

    async def async_auth_flow(
        self, request: httpx2.Request
    ) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        token = await current(self._source)
        request.headers["authorization"] = f"Bearer {token}"
        response = yield request
        if response.status_code == httpx2.codes.UNAUTHORIZED:
            renewed = await current(self._source)
            if renewed != token:
                request.headers["authorization"] = f"Bearer {renewed}"
                yield request

    def sync_auth_flow(
        self, request: httpx2.Request
    ) -> Generator[httpx2.Request, httpx2.Response, None]:
        request.headers["authorization"] = f"Bearer {current_in_thread(self._source)}"
        yield request
