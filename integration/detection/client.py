"""Sends cases through the gateway, several at a time, each worker over a connection it keeps."""

import concurrent.futures
import dataclasses
import http.client
import threading
import urllib.parse
from collections.abc import Callable, Iterable
from typing import TypeVar

Case = TypeVar("Case")
Answer = TypeVar("Answer")

#: Requests at a time. More than the two workers of Envoy have, so that none of them waits for us.
_AT_ONCE = 8
_SECONDS = 30.0


@dataclasses.dataclass(frozen=True)
class Response:
    status: int
    #: Lower-case names.
    headers: dict[str, str]
    body: bytes


class Client:
    def __init__(self, url: str, token: str) -> None:
        self._address = urllib.parse.urlsplit(url).netloc
        # A held call answers at once: that it is held is all there is to know.
        self._always = {"authorization": f"Bearer {token}", "x-gatehouse-wait": "0"}
        self._worker = threading.local()

    def each(self, send: Callable[[Case], Answer], cases: Iterable[Case]) -> list[Answer]:
        with concurrent.futures.ThreadPoolExecutor(_AT_ONCE) as workers:
            return list(workers.map(send, cases))

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes | None) -> Response:
        connection, fresh = self._connection()
        try:
            return self._exchange(connection, method, path, headers, body)
        except (ConnectionError, http.client.BadStatusLine):
            connection.close()
            # Envoy may have closed a connection that was kept; one just opened, it must not.
            if fresh:
                raise
            return self._exchange(connection, method, path, headers, body)
        except BaseException:
            connection.close()
            raise

    def _connection(self) -> tuple[http.client.HTTPConnection, bool]:
        kept = getattr(self._worker, "connection", None)
        if kept is None:
            kept = http.client.HTTPConnection(self._address, timeout=_SECONDS)
            self._worker.connection = kept
        return kept, kept.sock is None

    def _exchange(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes | None,
    ) -> Response:
        # The path goes out as it is: how it is spelled may be the evasion.
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in {**headers, **self._always}.items():
            connection.putheader(name, value)
        if body is not None or method in ("POST", "PUT", "PATCH"):
            connection.putheader("content-length", str(len(body or b"")))
        connection.endheaders(body)
        answer = connection.getresponse()
        names = {name.lower(): value for name, value in answer.getheaders()}
        return Response(answer.status, names, answer.read())
