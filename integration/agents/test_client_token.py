"""gatehouse-agents gives the token to the gateway alone, and asks for another after a 401."""

import asyncio
from collections.abc import Callable, Iterator

import httpx2
import pytest
from gatehouse_agents import Gateway, TokenSource
from serving import Log, Server
from starlette.applications import Starlette
from test_client import client
from worker import Worker

pytestmark = pytest.mark.anyio


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, Log]]:
    """Host and port of another server, which no token may reach."""
    log = Log(Starlette())
    server = Server(log)
    yield server.url.removeprefix("http://"), log
    server.stop()


NO_PATHS = ["@{}/x", "", "x", "http://{}/x", "{url}", "{url}@{}/x", "{url}.test/x"]


@pytest.mark.parametrize("path", NO_PATHS)
async def test_what_is_no_path_gets_no_token(
    worker: Worker, elsewhere: tuple[str, Log], path: str
) -> None:
    gateway = client(worker)
    path = path.format(elsewhere[0], url=gateway.url)
    with pytest.raises(ValueError, match="is no path of the gateway: begin it with `/`"):
        await gateway.dry_run("GET", path)
    for place in (gateway.tools, gateway.openai, gateway.route_traces):
        with pytest.raises(ValueError, match="begin it with `/`"):
            place(path)
    assert elsewhere[1].requests == []


async def test_another_address_gets_no_token(worker: Worker, elsewhere: tuple[str, Log]) -> None:
    other, log = elsewhere
    gateway = client(worker)
    async with gateway.http() as http:
        with pytest.raises(ValueError, match="the token is for the gateway and not for"):
            await http.get(f"http://{other}/x")
        assert (await http.get(f"{gateway.url}/api/customers/3")).status_code == 200
    assert log.requests == []


def async_get(gateway: Gateway) -> tuple[int, list[str]]:
    """The status, and what was sent as authorization."""
    sent: list[str] = []

    async def keep(request: httpx2.Request) -> None:
        sent.append(request.headers["authorization"])

    async def get() -> int:
        async with gateway.http(event_hooks={"request": [keep]}) as http:
            return (await http.get("/api/customers/3")).status_code

    return asyncio.run(get()), sent


def sync_get(gateway: Gateway) -> tuple[int, list[str]]:
    sent: list[str] = []

    def keep(request: httpx2.Request) -> None:
        sent.append(request.headers["authorization"])

    options = {"auth": gateway.auth, "event_hooks": {"request": [keep]}}
    with httpx2.Client(base_url=gateway.url, **options) as http:
        return http.get("/api/customers/3").status_code, sent


Get = Callable[[Gateway], tuple[int, list[str]]]
both_flows = pytest.mark.parametrize("get", [async_get, sync_get], ids=["async", "sync"])
asked_or_awaited = pytest.mark.parametrize("awaited", [False, True], ids=["asked", "awaited"])


def source(awaited: bool, *given: str) -> TokenSource:
    """Gives one after the other; no more than these."""
    upcoming = iter(given)

    async def later() -> str:
        return next(upcoming)

    return later if awaited else lambda: next(upcoming)


@asked_or_awaited
@both_flows
def test_after_a_401_another_token_is_tried_once(worker: Worker, get: Get, awaited: bool) -> None:
    status, sent = get(client(worker, token=source(awaited, "no.such.token", worker.token)))
    assert sent == ["Bearer no.such.token", f"Bearer {worker.token}"]
    assert status == 200
    wrong = ["no.such.token", "no.other.token"]
    status, sent = get(client(worker, token=source(awaited, *wrong, worker.token)))
    assert (status, sent) == (401, [f"Bearer {token}" for token in wrong])


@asked_or_awaited
@both_flows
def test_the_same_token_is_not_tried_again(worker: Worker, get: Get, awaited: bool) -> None:
    same = source(awaited, "no.such.token", "no.such.token")
    assert get(client(worker, token=same)) == (401, ["Bearer no.such.token"])
