"""Everything people and programs are shown of a run, put into files."""

import concurrent.futures
import http.client
import json
import pathlib
import re
import socket
import urllib.parse
from collections.abc import Iterable

from gateway import Gateway

_LINK = re.compile(r'href="(/[^"#]*)')
#: Envoy's own words on itself.
_ADMIN = ("/stats/prometheus", "/stats", "/config_dump", "/clusters", "/listeners", "/server_info")
#: Pages that are asked for at a time.
_AT_ONCE = 4


class Taken:
    """Pages and outputs, in one file each."""

    def __init__(self, folder: pathlib.Path, gateway: Gateway) -> None:
        folder.mkdir()
        self._folder = folder
        self._gateway = gateway
        self._address = urllib.parse.urlsplit(gateway.console).netloc
        #: What opens the console; on no disk.
        self.cookie = self._log_in()

    def _keep(self, name: str, content: bytes) -> None:
        plain = re.sub(r"[^A-Za-z0-9.-]+", "_", name)[:80]
        number = sum(1 for _ in self._folder.iterdir())
        (self._folder / f"{number:05}-{plain}").write_bytes(content)

    def _log_in(self) -> str:
        link = self._gateway.cli("approvals", "login").strip()
        code = urllib.parse.urlsplit(link).query
        form = {"content-type": "application/x-www-form-urlencoded", "origin": self._gateway.console}
        answer, _ = self._ask("POST", "/login", form, code.encode())
        assert answer.status == 303, answer.status
        return (answer.getheader("set-cookie") or "").split(";")[0]

    def _ask(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None = None
    ) -> tuple[http.client.HTTPResponse, bytes]:
        connection = http.client.HTTPConnection(self._address, timeout=60)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    def pages(self) -> int:
        """Every page that a link of the console leads to, and their number."""
        seen, todo = {"/"}, ["/"]
        with concurrent.futures.ThreadPoolExecutor(_AT_ONCE) as workers:
            while todo:
                found: set[str] = set()
                for path, answer in zip(todo, workers.map(self._page, todo), strict=True):
                    self._keep("page" + path, answer)
                    links = _LINK.findall(answer.decode(errors="replace"))
                    found.update(link.replace("&amp;", "&") for link in links)
                todo = sorted(path for path in found - seen if _is_page(path))
                seen.update(todo)
        return len(seen)

    def _page(self, path: str) -> bytes:
        answer, body = self._ask("GET", path, {"cookie": self.cookie})
        assert answer.status == 200, f"{path}: {answer.status}"
        return body

    def json(self) -> None:
        """What programs are told that show a key."""
        key = (self._gateway.data / "keys" / "approver.key").read_text().strip()
        headers = {"authorization": f"Bearer {key}"}

        def told(path: str) -> bytes:
            answer, body = self._ask("GET", path, headers)
            assert answer.status == 200, f"{path}: {answer.status}"
            self._keep(path, body)
            return body

        for name in ("gateways", "checkpoints", "channels", "deliveries", "standing-grants"):
            told(f"/v1/{name}")
        for hold in json.loads(told("/v1/holds?status=open"))["holds"][:20]:
            told(f"/v1/holds/{hold['id']}")
        for session in json.loads(told("/v1/sessions"))["sessions"]:
            told(f"/v1/sessions/{session['id']}")
            told(f"/v1/sessions/{session['id']}/exchanges")
            told(f"/v1/sessions/{session['id']}/export?format=html")
            told(f"/v1/sessions/{session['id']}/export?format=jsonl")

    def command_line(self, references: Iterable[str]) -> None:
        """What the command line prints, for people and for programs."""
        sessions = self._gateway.json("sessions", "list")["sessions"]
        commands = [
            ["approvals", "list", "--all"], ["sessions", "list"], ["sessions", "numbers"],
            ["sessions", "verify"], ["approvals", "channels"], ["approvals", "standing"],
        ]  # fmt: skip
        for session in sessions:
            commands += [["sessions", what, session["id"]] for what in ("show", "replay")]
        commands += [["explain", reference] for reference in references]
        for command in commands:
            for format in ("human", "json"):
                out = self._gateway.cli(*command, "--format", format)
                self._keep("-".join([*command, format]), out.encode())

    def envoy(self) -> None:
        """Metrics and settings, of Envoy's own interface."""
        socket_path = json.loads((self._gateway.data / "run.json").read_text())["admin"]
        for path in _ADMIN:
            self._keep("envoy" + path, _over(socket_path, path))


def _is_page(path: str) -> bool:
    """None of a program's, and no leaf of a session that begins with another exchange of the same."""
    elsewhere = path.startswith(("/static", "/login", "/logout", "/events", "/openapi"))
    return not elsewhere and "from=" not in path


def _over(path: str, asked: str) -> bytes:
    connection = http.client.HTTPConnection("envoy", timeout=60)
    connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.sock.connect(path)
    connection.request("GET", asked)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    assert answer.status == 200, f"{asked}: {answer.status}"
    return body
