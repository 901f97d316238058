"""Channels of `gatehouse serve`, to a real mail server and to a receiver with the scheme's own library."""

import email
import email.policy
import json
import pathlib
import secrets
import ssl
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from approval_service import ApprovalService, certificates
from serving import Log, Server
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from waiting import until

HOSTILE = pathlib.Path(__file__).parents[2] / "approval" / "src" / "testing" / "hostile.json"


class OnAnyPort(Controller):
    """Finds its own port before it tries itself."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


class Mailbox:
    """A mail server that asks for STARTTLS and a login."""

    def __init__(self, folder: pathlib.Path, password: str) -> None:
        self.letters: list[email.message.EmailMessage] = []
        self.recipients: list[list[str]] = []
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(folder / "mail.pem", folder / "mail.key")
        self.password = password.encode()
        self._controller = OnAnyPort(
            self,
            hostname="127.0.0.1",
            port=0,
            tls_context=tls,
            require_starttls=True,
            auth_required=True,
            authenticator=self._authenticated,
        )
        self._controller.start()
        self.port = self._controller.port

    def _authenticated(
        self, server: SMTP, session: Session, envelope: Envelope, kind: str, data: Any
    ) -> AuthResult:
        # `handled`: a refusal is left for the server to say.
        return AuthResult(success=data.password == self.password, handled=False)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert session.ssl is not None and isinstance(envelope.content, bytes)
        letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.recipients.append(envelope.rcpt_tos)
        self.letters.append(letter)
        return "250 kept"

    def stop(self) -> None:
        self._controller.stop()


class Receiver:
    """Takes webhooks; says 500 as often as it is told to."""

    def __init__(self) -> None:
        self.failures = 0
        self.log = Log(Starlette(routes=[Route("/{path:path}", self._take, methods=["POST"])]))
        self._server = Server(self.log)
        self.url = self._server.url + "/hush"

    async def _take(self, request: Request) -> Response:
        self.failures -= 1
        return Response(status_code=500 if self.failures >= 0 else 204)

    def got(self, count: int) -> list[Any]:
        def enough() -> list[Any] | None:
            return self.log.requests if len(self.log.requests) >= count else None

        return until(f"{count} webhooks", enough)[:count]

    def stop(self) -> None:
        self._server.stop()


class World:
    def __init__(self, folder: pathlib.Path) -> None:
        servers = folder / "servers"
        servers.mkdir()
        certificates(servers, {"mail": "DNS:localhost"})
        self.password, self.key = secrets.token_hex(8), "whsec_" + "QUJD" * 10
        self.mailbox, self.receiver = Mailbox(servers, self.password), Receiver()
        self._approver = secrets.token_hex(24)
        written = {"password": self.password, "hook": self.key, "url": self.receiver.url}
        for name, text in (written | {"dana": self._approver}).items():
            (servers / name).write_text(text)
        self.service = ApprovalService(folder, f"""
[[approvers]]
name = "dana"
key = {{file = '{servers / "dana"}'}}
[[channels]]
name = "mail"
per_minute = 600
ca = '{servers / "ca.pem"}'
[channels.mail]
server = "smtp://localhost:{self.mailbox.port}?tls=required"
user = "gatehouse"
password = {{file = '{servers / "password"}'}}
from = "Gatehouse <gatehouse@corp.example>"
to = ["ada@corp.example", "Bob <bob@corp.example>"]
[[channels]]
name = "hook"
per_minute = 600
[channels.webhook]
url = {{file = '{servers / "url"}'}}
keys = [{{file = '{servers / "hook"}'}}]
""")

    def hold(self, subject: str, tool: str) -> str:
        """A call of this tool; the hold's id."""
        arguments = {"name": tool, "arguments": {"id": 7}}
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": arguments}
        principal = {"issuer": "https://idp.example", "subject": subject, "agent": tool}
        call = {"principal": principal, "route": "r", "cluster": "c", "kind": "mcp", "method": "POST"}
        call |= {"authority": "crm.example", "path": "/mcp", "headers": [], "body": json.dumps(body)}
        terms = {"requirements": [{"quorum": 1}], "expiry_seconds": 600, "wait_seconds": 60}
        request = {"exchange": secrets.token_hex(8), "rules": ["ask"], "description": "It deletes."}
        request |= {"call": call, "severity": "high", "terms": terms | {"reason_required": False}}
        return self.service.ask("/v1/holds", request | {"revision": "sha256:00"})["hold"]

    def ask(self, path: str, body: Any = None) -> Any:
        """As the approver; a body is posted."""
        headers = {"authorization": f"Bearer {self._approver}", "content-type": "application/json"}
        sent = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.service.console + path, sent, headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def sent(self, count: int) -> None:
        """Waits until so many are noted as sent."""

        def enough() -> bool:
            return len(self.ask("/v1/deliveries?state=sent")["deliveries"]) >= count

        until(f"{count} sent", enough)

    def letters(self, count: int) -> list[email.message.EmailMessage]:
        def enough() -> list[email.message.EmailMessage] | None:
            return self.mailbox.letters if len(self.mailbox.letters) >= count else None

        return until(f"{count} letters", enough)[:count]

    def stop(self) -> None:
        for one in (self.service, self.receiver, self.mailbox):
            one.stop()


@pytest.fixture
def world(tmp_path: pathlib.Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.stop()


def test_a_hold_and_its_decision_arrive(world: World) -> None:
    hold = world.hold("alice", "delete_customer")
    link = f"{world.service.console}/holds/{hold}"
    world.ask(f"/v1/holds/{hold}/decision", {"decision": "deny", "reason": "no"})
    held, denied = world.letters(2)
    assert held["subject"] == "[Gatehouse] A call waits for an approver (high): delete_customer"
    assert denied["subject"] == "[Gatehouse] A call was denied (high): delete_customer"
    assert held["references"] == denied["references"] != held["message-id"]
    assert world.mailbox.recipients[0] == ["ada@corp.example", "bob@corp.example"]
    text = held.get_body(("plain",)).get_content()
    assert text.rstrip().endswith(f"Open the hold: {link}")
    assert f'href="{link}"' in held.get_body(("html",)).get_content()
    for request, kind in zip(world.receiver.got(2), ("held", "denied"), strict=True):
        told = Webhook(world.key).verify(request.body, request.headers)
        assert told["type"] == kind and told["data"]["url"] == link
        with pytest.raises(WebhookVerificationError):
            Webhook(world.key).verify(request.body.replace("delete", "create"), request.headers)
        with pytest.raises(WebhookVerificationError):
            Webhook("whsec_" + "QUJE" * 10).verify(request.body, request.headers)


def test_what_fails_comes_again(world: World) -> None:
    world.receiver.failures = 1
    world.hold("alice", "delete_customer")
    first, second = world.receiver.got(2)
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    Webhook(world.key).verify(second.body, second.headers)
    world.letters(1)
    world.mailbox.password = b"another one"
    world.hold("bob", "delete_customer")

    def failing() -> bool:
        states = world.ask("/v1/channels")["channels"]
        mail = next(one for one in states if one["name"] == "mail")
        return mail["waiting"] == 1 and "535" in mail.get("error", "")

    until("the mail channel to fail", failing)
    # What it cannot log in for today it tries again, and tells no secret.
    assert world.password not in world.service.log()
    assert "hush" not in world.service.log()


def test_hostile_texts_are_one_letter_each_with_its_own_headers(world: World) -> None:
    texts = []
    for one in json.loads(HOSTILE.read_text()):
        text = json.loads('"' + one["json"] * min(one.get("times", 1), 100) + '"')
        if not any(0xD800 <= ord(character) < 0xE000 for character in text):
            texts.append(text.replace("\0", ""))
    for number, text in enumerate(texts):
        world.hold(f"{number} {text}", text or "nothing")
    letters = world.letters(len(texts))
    for letter in letters:
        assert sorted(letter.keys()) == sorted(letters[0].keys())
        assert [str(address) for address in letter["to"].addresses] == [
            "ada@corp.example",
            "Bob <bob@corp.example>",
        ]
        assert letter.get_content_type() == "multipart/alternative"
        assert [part.get_content_type() for part in letter.iter_parts()] == ["text/plain", "text/html"]
        assert len(letter["subject"]) <= 200 and letter["subject"].startswith("[Gatehouse] ")
        assert letter["subject"].isprintable()
        assert not letter.defects and not letter["subject"].defects
        assert letter.get_body(("plain",)).get_content().count("://") == 1
    # aiosmtpd ends a letter where the protocol does: nothing in one began another.
    world.sent(2 * len(texts))
    assert len(world.mailbox.letters) == len(texts)
