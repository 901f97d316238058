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
    """For code that cannot await, in a new loop: an async source must not be bound to another."""
    token = source if isinstance(source, str) else source()
    if isinstance(token, str):
        return token
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(asyncio.run, current(lambda: token)).result()


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


class BearerAuth(httpx2.Auth):
    """Puts the token into each request, and refuses one to another address than the gateway's.

    After a 401 it asks once more: the token may just have expired.
    """

    def __init__(self, source: TokenSource, url: str) -> None:
        self._source = source
        self._origin = _origin(httpx2.URL(url))

    def _bearing(self, request: httpx2.Request, token: str) -> httpx2.Request:
        if _origin(request.url) != self._origin:
            raise ValueError(f"the token is for the gateway and not for `{request.url.host}`")
        request.headers["authorization"] = f"Bearer {token}"
        return request

    async def async_auth_flow(
        self, request: httpx2.Request
    ) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        token = await current(self._source)
        response = yield self._bearing(request, token)
        if response.status_code == 401 and (renewed := await current(self._source)) != token:
            yield self._bearing(request, renewed)

    def sync_auth_flow(
        self, request: httpx2.Request
    ) -> Generator[httpx2.Request, httpx2.Response, None]:
        token = current_in_thread(self._source)
        response = yield self._bearing(request, token)
        if response.status_code == 401 and (renewed := current_in_thread(self._source)) != token:
            yield self._bearing(request, renewed)
