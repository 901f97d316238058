"""MCP clients with OAuth: how they learn who gives out tokens, and how they come by more scopes.

The client is the MCP SDK's own, with the secret of a machine. Where it learns nothing it would send that
secret to the gateway.
"""

import base64
import json
import pathlib
from collections.abc import Iterator

import pytest
from agents.mcp import MCPServerStreamableHttp
from authorization_server import AUDIENCE, AuthorizationServer
from gateway import Gateway
from mcp.client.auth.extensions.client_credentials import ClientCredentialsOAuthProvider
from mcp.shared.auth import OAuthClientInformationFull, OAuthToken
from tool_server import ToolServer

pytestmark = pytest.mark.anyio

RULES = """
bundle: {name: scopes, version: 0.1.0, serial: 1}
rules:
  - name: deleting-needs-a-scope
    on: request
    match: {mcp: {tool: delete_customer}}
    effect: deny
    requires_scope: [customers.write]
    message: Deleting needs the scope customers.write.
"""


class InMemory:
    """Tokens of one client."""

    tokens: OAuthToken | None = None
    client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client: OAuthClientInformationFull) -> None:
        self.client = client


@pytest.fixture(scope="module")
def server() -> Iterator[AuthorizationServer]:
    server = AuthorizationServer("mailbot")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def trusting(
    tmp_path_factory: pytest.TempPathFactory, server: AuthorizationServer, modern_tools: ToolServer
) -> Iterator[Gateway]:
    """A gateway that takes the server's tokens."""
    folder = tmp_path_factory.mktemp("trusting")
    (folder / "rules.yaml").write_text(RULES)
    issuer = {
        "issuer": server.issuer,
        "audiences": [AUDIENCE],
        "keys": {"url": f"{server.issuer}/jwks"},
    }
    identity = {"issuers": [issuer], "scopes_supported": ["customers.read"]}
    (folder / "identity.yaml").write_text(json.dumps(identity))
    gateway = Gateway(
        folder,
        *["--upstream", f"/mcp={modern_tools.url}", "--kind", "/mcp=mcp"],
        *["--identity", str(folder / "identity.yaml"), "--bundle", str(folder / "rules.yaml")],
    )
    yield gateway
    gateway.stop()


def client(gateway: Gateway, server: AuthorizationServer) -> MCPServerStreamableHttp:
    url = f"{gateway.url}/mcp"
    auth = ClientCredentialsOAuthProvider(
        server_url=url,
        storage=InMemory(),
        client_id=server.client,
        client_secret=server.secret,
    )
    # A flow takes several requests, all within the time of the one that it is for.
    return MCPServerStreamableHttp({"url": url, "auth": auth}, client_session_timeout_seconds=60)


def holding(folder: pathlib.Path, text: str) -> list[str]:
    """Files below that hold the text."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    return [str(file) for file in files if text.encode() in file.read_bytes()]


async def test_a_client_finds_the_issuer_and_steps_up(
    trusting: Gateway, server: AuthorizationServer, modern_tools: ToolServer
) -> None:
    modern_tools.log.requests.clear()
    async with client(trusting, server) as tools:
        names = [tool.name for tool in await tools.list_tools()]
        assert "delete_customer" in names
        read = await tools.call_tool("query_db", {"sql": "SELECT name FROM customers WHERE id = 2"})
        assert not read.is_error
        deleted = await tools.call_tool("delete_customer", {"id": 10})
        assert not deleted.is_error
    resource = f"{trusting.url}/mcp"
    assert [(one["scope"], one["resource"]) for one in server.asked] == [
        ("customers.read", resource),
        ("customers.read customers.write", resource),
    ]
    assert [tool for tool, _ in modern_tools.calls()] == ["query_db", "delete_customer"]
    # All that an authorization server is asked went to the real one.
    paths = [one["request"]["path"] for one in trusting.records()]
    assert "/.well-known/oauth-protected-resource/mcp" in paths
    assert all(path == "/mcp" or "protected-resource" in path for path in paths), paths
    reasons = [one["verdict"]["reason"] for one in trusting.records("mailbot")]
    assert reasons.count("insufficient_scope") == 1
    assert holding(trusting.data, server.secret) == []


async def test_a_client_that_learns_nothing_does_not_lose_its_secret(
    gateway: Gateway, server: AuthorizationServer, modern_tools: ToolServer
) -> None:
    """This gateway's only issuer is the command line, so the client tries what it always did."""
    modern_tools.log.requests.clear()
    asked = len(server.log.requests)
    with pytest.raises(Exception) as raised:  # noqa: B017, PT011: the SDK's own, in groups
        async with client(gateway, server) as tools:
            await tools.list_tools()
    assert server.secret not in repr(raised.value)
    tried = gateway.record_at("/token")
    assert (tried["request"]["method"], tried["end"]) == ("POST", "refused")
    assert tried["verdict"]["reason"] == "authorization_server"
    assert tried["request"]["body"]["text"] == ""
    assert modern_tools.log.requests == []
    assert len(server.log.requests) == asked
    assert holding(gateway.data, server.secret) == []
    assert holding(gateway.data, basic(server)) == []


def basic(server: AuthorizationServer) -> str:
    """The secret as the client sends it."""
    return base64.b64encode(f"{server.client}:{server.secret}".encode()).decode()
