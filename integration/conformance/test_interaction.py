"""What mcp's own tests of client and server say over sockets, they say through the gateway too.

The mcp library tests every interaction of its client with its server over an in-process bridge.
Here each HTTP exchange of these tests goes over sockets (`over_sockets.py`): in one run through a
plain Envoy, in the other through `gatehouse run` with the bundle `allow-all`. The tests that pass
must be the same. Both runs are made anew each time, so that no list of passing tests goes stale.

Not compared are tests of the server's own authorization: there is none behind a gateway, which
takes the caller's token for itself, lets no 401 of an upstream through, and no redirect that leads
past it, tells itself who gives out tokens, and closes the paths of authorization servers. `TOLD_BY_THE_GATEWAY` names the others that see who answers. `make test-conformance` runs
this.
"""

import contextlib
import pathlib
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import ALLOW_ALL
from gateway import Gateway
from interaction import Run
from plain_envoy import PlainEnvoy

#: Tests that hold through a plain Envoy and not through the gateway, and why. All their variants.
TOLD_BY_THE_GATEWAY = {
    "test_an_unknown_last_event_id_yields_an_empty_replay_stream": (
        "an id that was not given to the caller is refused here"
    ),
    "test_endpoint_event_names_the_message_endpoint_with_a_fresh_session_id": (
        "the id of a session leaves sealed"
    ),
    "test_post_for_an_unknown_session_is_rejected": "the gateway's own words for that 404",
    "test_post_with_a_malformed_session_id_is_rejected": (
        "an id that was not given to the caller is refused here"
    ),
    "test_requests_with_an_unknown_session_id_return_404": "the gateway's own words for that 404",
    "test_unsupported_http_methods_return_405": "a PUT of `{}` is no message of MCP",
    "test_non_json_content_type_is_rejected": "a body that cannot be read is refused here",
    "test_malformed_and_batched_bodies_return_400": "the gateway's own words for a batch",
    "test_origin_validation_rejects_disallowed_origins_when_enabled": (
        "the upstream is sent its own host, whatever the caller's was"
    ),
    "test_modern_notification_post_is_acknowledged_202_and_a_posted_response_is_rejected": (
        "a header that contradicts the body is refused here"
    ),
}
#: Tests that read ids of events as the server's store counts them. To all others an id is opaque, so
#: that these say nothing of the gateway, and are not compared.
READ_EVENT_IDS = {
    "test_a_captured_resumption_token_replays_missed_messages_on_a_new_connection",
    "test_a_post_sse_stream_begins_with_a_priming_event_and_stamps_every_event",
    "test_a_pre_2025_11_25_reconnect_replays_without_minting_a_priming_event",
    "test_get_with_last_event_id_replays_only_that_streams_missed_events",
}
#: Tests with HTTP that pass in a run, at least.
FLOOR = 500

Outcomes = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def runs(
    tools: pathlib.Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Outcomes, Outcomes]]:
    """Through a plain Envoy and through the gateway, at the same time."""
    folder = tmp_path_factory.mktemp("interaction")
    with contextlib.ExitStack() as stack:

        def listener() -> tuple[socket.socket, int]:
            made = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=128))
            return made, made.getsockname()[1]

        (behind_plain, plain_port), (behind_gateway, port) = listener(), listener()
        plain = PlainEnvoy(folder, plain_port)
        stack.callback(plain.stop)
        at = f"http://127.0.0.1:{port}"
        routes = ["--upstream", f"/={at}", "--kind", "/=mcp"]
        gateway = Gateway(folder, *routes, *ALLOW_ALL)
        stack.callback(gateway.stop)
        address, token = gateway.url.removeprefix("http://"), gateway.token("interaction")
        both = [
            Run(tools, folder, "plain", plain.address, "", behind_plain),
            Run(tools, folder, "gateway", address, token, behind_gateway),
        ]
        for run in both:
            stack.callback(run.stop)
        yield both[0].outcomes(), both[1].outcomes()


def test_the_same_tests_pass_through_the_gateway(runs: tuple[Outcomes, Outcomes]) -> None:
    plain, gateway = runs
    assert sorted(plain) == sorted(gateway)
    compared = [
        test
        for test in plain
        if not _of_authorization(test, plain[test]) and _bare(test) not in READ_EVENT_IDS
    ]
    assert len(compared) >= FLOOR
    lost = {
        test: gateway[test]["failed"]
        for test in compared
        if _passes(plain[test]) and not _passes(gateway[test])
    }
    unexpected = {test: why for test, why in lost.items() if _bare(test) not in TOLD_BY_THE_GATEWAY}
    assert not unexpected, "\n\n".join(f"{test}\n{why}" for test, why in unexpected.items())
    stale = TOLD_BY_THE_GATEWAY.keys() - {_bare(test) for test in lost}
    assert not stale, f"these pass through the gateway now; take them off the list: {stale}"
    gained = [test for test in compared if _passes(gateway[test]) and not _passes(plain[test])]
    assert not gained, f"these fail through a plain Envoy alone: {gained}"


def test_the_tests_ran(runs: tuple[Outcomes, Outcomes]) -> None:
    for run in runs:
        sent = [test for test, outcome in run.items() if outcome["requests"]]
        assert sum(_passes(run[test]) for test in sent) >= FLOOR
    plain, _ = runs
    failed = {test: outcome["failed"] for test, outcome in plain.items() if outcome["failed"]}
    assert not failed, "\n\n".join(f"{test}\n{why}" for test, why in failed.items())


def _passes(outcome: dict[str, Any]) -> bool:
    return not outcome["failed"] and not outcome["skipped"]


def _of_authorization(test: str, plain: dict[str, Any]) -> bool:
    """Whatever of that folder goes over the wire: the gateway answers for the server there."""
    return test.startswith("auth/") and bool(plain["requests"])


def _bare(test: str) -> str:
    return test.partition("[")[0].partition("::")[2]
