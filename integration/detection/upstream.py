"""The neutral upstream: it gives back what it is sent, or the body of a case, and notes what came.

`POST /echo` answers the request's body under its content type, `GET /case/ID` the body of that
case, anything else `{"ok":true}`.
"""

import http.server
import threading
from collections.abc import Iterator

from large import EDGES

#: Bodies up to so many bytes, and so many bytes on either side of an edge of larger ones, go out
#: one chunk a write. Between the edges a write holds chunks up to a size: each still has its own
#: frame, but a body of 128 KiB in chunks of one byte takes a tenth of the time.
_CLOSE = 2048
_BURST = 1000


class Upstream(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, handler: type["Handler"] | None = None) -> None:
        super().__init__(("127.0.0.1", 0), handler or Handler)
        self.bodies: dict[str, tuple[str, bytes]] = {}
        #: Values of `x-case-id` that arrived.
        self.seen: set[str] = set()
        #: Bytes in each chunk of an answer; 0 answers with a content-length.
        self.chunk = 0
        self._thread = threading.Thread(target=self.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def stop(self) -> None:
        self.shutdown()
        self.server_close()
        self._thread.join(timeout=10)


def writes(body: bytes, size: int) -> Iterator[bytes]:
    """The body in HTTP chunks of `size` bytes, as it is written to the socket."""
    burst = bytearray()
    for at in range(0, len(body), size):
        piece = body[at : at + size]
        burst += b"%x\r\n%b\r\n" % (len(piece), piece)
        near = len(body) <= _CLOSE or any(abs(at - edge) <= _CLOSE for edge in EDGES)
        if near or len(burst) >= _BURST:
            yield bytes(burst)
            burst.clear()
    yield bytes(burst) + b"0\r\n\r\n"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Upstream

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing: what arrived is in `seen`."""

    def _answer(self) -> None:
        sent = self._body()
        if case := self.headers.get("x-case-id"):
            self.server.seen.add(case)
        kind, body = self.said(sent)
        self.send_response(200)
        self.send_header("content-type", kind)
        if self.server.chunk and self.command != "HEAD":
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            for piece in writes(body, self.server.chunk):
                self.wfile.write(piece)
            return
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def said(self, sent: bytes) -> tuple[str, bytes]:
        """Content type and body of the answer."""
        if self.path.startswith("/case/"):
            return self.server.bodies[self.path.rsplit("/", 1)[1]]
        if self.path == "/echo":
            return self.headers.get("content-type", "application/octet-stream"), sent
        return "application/json", b'{"ok":true}'

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("transfer-encoding", ""):
            return self.rfile.read(int(self.headers.get("content-length", 0)))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _answer
