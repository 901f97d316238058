"""A listener in front of an HTTP/1.1 server that gives each request a token, for clients with none.

Only the heads of requests change: what follows them, and all that comes back, passes byte for byte
as it comes, so that streams, connections that are kept and bodies in chunks stay what they are.
"""

import asyncio
import contextlib
import re
import threading

#: Bytes of a head.
_LONGEST = 1 << 16


class Front:
    """Listens until stopped, in a thread of its own; `token` is empty to change nothing."""

    def __init__(self, target: str, token: str) -> None:
        host, port = target.rsplit(":", 1)
        self._target, self._token = (host, int(port)), token
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        starting = asyncio.start_server(self._serve, "127.0.0.1", 0, limit=_LONGEST)
        self._server = asyncio.run_coroutine_threadsafe(starting, self._loop).result(10)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()

    async def _close(self) -> None:
        self._server.close()
        running = asyncio.all_tasks() - {asyncio.current_task()}
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream: asyncio.StreamWriter | None = None
        try:
            back, upstream = await asyncio.open_connection(*self._target, limit=_LONGEST)
            ways = [self._requests(reader, upstream), _copied(back, writer)]
            tasks = [asyncio.create_task(way) for way in ways]
            try:
                # Whoever closes ends both: a client that hangs up has to be seen behind.
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        except asyncio.CancelledError:
            pass  # Stopped; the server of asyncio would print it.
        finally:
            for side in (writer, upstream):
                if side is not None:
                    side.close()

    async def _requests(self, reader: asyncio.StreamReader, upstream: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                upstream.write(_with_token(head, self._token))
                await upstream.drain()
                if re.search(rb"\r\ntransfer-encoding:[^\r]*chunked", head, re.I):
                    await _chunks(reader, upstream)
                elif length := re.search(rb"\r\ncontent-length: *(\d+)", head, re.I):
                    await _exactly(reader, upstream, int(length[1]))


def _with_token(head: bytes, token: str) -> bytes:
    if not token:
        return head
    head = re.sub(rb"\r\nauthorization:[^\r]*", b"", head, flags=re.I)
    return head[:-2] + b"authorization: Bearer " + token.encode() + b"\r\n\r\n"


async def _chunks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """With the last chunk and the trailers behind it."""
    last = False
    while True:
        line = await reader.readuntil(b"\r\n")
        writer.write(line)
        if last and line == b"\r\n":
            break
        if not last:
            size = int(line.split(b";")[0], 16)
            last = size == 0
            if not last:
                await _exactly(reader, writer, size + 2)
    await writer.drain()


async def _exactly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, left: int) -> None:
    while left > 0:
        piece = await reader.read(min(left, _LONGEST))
        if not piece:
            raise asyncio.IncompleteReadError(b"", left)
        left -= len(piece)
        writer.write(piece)
        await writer.drain()


async def _copied(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while piece := await reader.read(_LONGEST):
            writer.write(piece)
            await writer.drain()
