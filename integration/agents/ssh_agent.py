"""As much of an ssh-agent as holds one Ed25519 key: litewitness signs by one."""

import pathlib
import socketserver
import struct
import threading
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_LIST, _KEYS, _SIGN, _SIGNED, _FAILURE = 11, 12, 13, 14, 5


def _text(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


class SshAgent:
    def __init__(self, socket: pathlib.Path) -> None:
        self.key = Ed25519PrivateKey.generate()
        #: As SSH writes it.
        self.blob = _text(b"ssh-ed25519") + _text(self.key.public_key().public_bytes_raw())
        agent = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                while length := self.rfile.read(4):
                    answer = agent._answer(self.rfile.read(*struct.unpack(">I", length)))
                    self.wfile.write(_text(answer))
                    self.wfile.flush()

        class Server(socketserver.ThreadingUnixStreamServer):
            daemon_threads = True

        self._server = Server(str(socket), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _answer(self, request: bytes) -> bytes:
        if request[0] == _LIST:
            return bytes([_KEYS]) + struct.pack(">I", 1) + _text(self.blob) + _text(b"witness")
        if request[0] == _SIGN:
            start = 1 + 4 + len(self.blob)
            (length,) = struct.unpack(">I", request[start : start + 4])
            signature = self.key.sign(request[start + 4 : start + 4 + length])
            return bytes([_SIGNED]) + _text(_text(b"ssh-ed25519") + _text(signature))
        return bytes([_FAILURE])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
