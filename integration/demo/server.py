"""The demo upstream: one process, one port, an MCP server at /mcp and a JSON API beside it.

    server.py --data FOLDER [--listen 127.0.0.1:0] [--requests FILE]

Prints `listening http://HOST:PORT` once connections are taken. With --requests every request that
arrives is appended to FILE as one JSON line, so that a test can show that none did.
"""

import argparse
import json
import pathlib
import socket

import http_api
import mcp_tools
import uvicorn
from database import Database


class RequestLog:
    """Passes requests on unchanged and appends each, with its whole body, to a file."""

    def __init__(self, app, path: pathlib.Path) -> None:
        self.app = app
        self.path = path

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        messages = []
        while True:
            messages.append(await receive())
            if not messages[-1].get("more_body"):
                break
        entry = {
            "method": scope["method"],
            "path": scope["raw_path"].decode(),
            "headers": {k.decode(): v.decode("latin-1") for k, v in scope["headers"]},
            "body": b"".join(m.get("body", b"") for m in messages).decode("utf-8", "replace"),
        }
        with self.path.open("a") as file:
            file.write(json.dumps(entry) + "\n")
        replay = iter(messages)

        async def received():
            message = next(replay, None)
            return message if message is not None else await receive()

        await self.app(scope, received, send)


def main() -> None:
    parser = argparse.ArgumentParser(description="the demo upstream of Gatehouse")
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--listen", default="127.0.0.1:0")
    parser.add_argument("--requests", type=pathlib.Path)
    options = parser.parse_args()

    database = Database(options.data)
    app = mcp_tools.build(database).streamable_http_app()
    app.router.routes.extend(http_api.routes(database))
    if options.requests:
        app = RequestLog(app, options.requests)

    host, port = options.listen.rsplit(":", 1)
    listener = socket.create_server((host, int(port)), backlog=128)
    print(f"listening http://{host}:{listener.getsockname()[1]}", flush=True)
    config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=1)
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
