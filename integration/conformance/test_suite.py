"""The MCP conformance suite says the same of a server and of the gateway in front of it.

The server is the everything-server of the mcp library, the suite the one of the specification's
makers, in two versions that cover 2025-06-18, 2025-11-25 and 2026-07-28 between them. It runs once
against the server and once through `gatehouse run` with the bundle `allow-all`, and what is
compared is every check of every scenario: its status, its words, and what the server answered. The
suite has no token; in both runs a relay (`front.py`) stands in front of what it calls, and gives it
the gateway's in one of them.

Of a check only these may differ: ids that mean something to the server alone (a session, an event,
a state), addresses, dates, and what `ANSWERED_OTHERWISE` names. All that both runs need is fetched
by `integration/tools/conformance.sh`; `make test-conformance` runs this.
"""

import concurrent.futures
import json
import pathlib
from collections.abc import Iterator

import pytest
from conftest import ALLOW_ALL
from everything import EverythingServer
from front import Front
from gateway import Gateway
from suite import LEGS, Leg, Scenarios, node_folder, run

#: Checks that pass either way, but on another answer.
ANSWERED_OTHERWISE = {
    # The gateway sends the upstream's own host. What is left of the attack is its origin, which the
    # server answers 403 instead of 421.
    "localhost-host-rebinding-rejected",
    # A header that contradicts the body is answered by the gateway: the same status and code, its
    # own words.
    "sep-2243-server-reject-error-code",
    "sep-2243-server-reject-invalid-headers",
    "sep-2243-server-reject-invalid-param-chars",
    "sep-2243-server-reject-param-mismatch",
    "sep-2575-http-server-header-mismatch-400",
}

Runs = dict[Leg, Scenarios]


@pytest.fixture(scope="module")
def runs(
    tools: pathlib.Path, source: pathlib.Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Runs, Runs]]:
    """Directly and through the gateway, at the same time, each against a server of its own."""
    folder = tmp_path_factory.mktemp("suite")
    node = node_folder()

    def directly() -> Runs:
        server = EverythingServer(source, folder, "direct")
        try:
            return fronted(server.address, "", "direct")
        finally:
            server.stop()

    def through() -> Runs:
        server = EverythingServer(source, folder, "through")
        try:
            upstream = f"/mcp=http://{server.address}/mcp"
            gateway = Gateway(folder, "--upstream", upstream, "--kind", "/mcp=mcp", *ALLOW_ALL)
            try:
                token = gateway.token("conformance")
                return fronted(gateway.url.removeprefix("http://"), token, "through")
            finally:
                gateway.stop()
        finally:
            server.stop()

    def fronted(address: str, token: str, name: str) -> Runs:
        front = Front(address, token)
        try:
            return {leg: run(leg, tools, node, front.url, folder / f"{name}-{leg}") for leg in LEGS}
        finally:
            front.stop()

    with concurrent.futures.ThreadPoolExecutor() as pool:
        both = [pool.submit(directly), pool.submit(through)]
        yield both[0].result(), both[1].result()


@pytest.mark.parametrize("leg", LEGS, ids=str)
def test_the_suite_says_the_same_through_the_gateway(leg: Leg, runs: tuple[Runs, Runs]) -> None:
    direct, through = (one[leg] for one in runs)
    assert sorted(direct) == sorted(through)
    for scenario in direct:
        assert _told(through[scenario]) == _told(direct[scenario]), scenario


def _told(checks: list[dict[str, object]]) -> list[dict[str, object]]:
    def less(check: dict[str, object]) -> dict[str, object]:
        otherwise = check["id"] in ANSWERED_OTHERWISE
        return {name: value for name, value in check.items() if name != "details" or not otherwise}

    return sorted(map(less, checks), key=json.dumps)


@pytest.mark.parametrize("leg", LEGS, ids=str)
def test_the_suite_ran(leg: Leg, runs: tuple[Runs, Runs]) -> None:
    for one in runs:
        checks = [check for scenario in one[leg].values() for check in scenario]
        assert len(one[leg]) >= leg.scenarios
        assert sum(check["status"] == "SUCCESS" for check in checks) >= leg.checks
        assert not [check for check in checks if check["status"] == "FAILURE"]


def test_what_is_answered_otherwise_still_is(runs: tuple[Runs, Runs]) -> None:
    def details(one: Runs) -> dict[str, list[object]]:
        found: dict[str, list[object]] = {}
        for leg in LEGS:
            for checks in one[leg].values():
                for check in checks:
                    found.setdefault(str(check["id"]), []).append(check.get("details"))
        return found

    direct, through = map(details, runs)
    same = [check for check in ANSWERED_OTHERWISE if direct[check] == through[check]]
    assert not same, "these no longer differ; take them off the list"
