"""Answers that would lead the caller past the gateway, met by the clients that would follow them."""

from collections.abc import Iterator

import pytest
from model_server import ModelServer, Say
from model_wire import response
from openai import APIStatusError, AsyncOpenAI, InternalServerError, NotFoundError
from serving import Log, Server
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from worker import Worker

pytestmark = pytest.mark.anyio


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, Log]]:
    """Another origin, which no agent may hear of."""
    log = Log(Starlette())
    server = Server(log)
    yield server.url, log
    server.stop()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_prompt_does_not_follow_a_redirect(
    worker: Worker, model_server: ModelServer, elsewhere: tuple[str, Log], status: int
) -> None:
    url, log = elsewhere
    asked = len(model_server.log.requests)
    to = {"location": f"{url}/v1/responses"}
    with pytest.raises(InternalServerError) as raised:
        await worker.run("A secret plan.", lambda _: Response(status_code=status, headers=to))
    assert raised.value.code == "gatehouse_response_redirect"
    assert url not in str(raised.value) and "location" not in raised.value.response.headers
    assert log.requests == []
    # The client was told not to try again.
    assert len(model_server.log.requests) == asked + 1


async def test_an_upstream_that_refuses_the_key_sends_nobody_for_another(
    worker: Worker, elsewhere: tuple[str, Log]
) -> None:
    url, log = elsewhere
    leads = {
        "www-authenticate": f'Bearer resource_metadata="{url}/.well-known/oauth-protected-resource"'
    }
    refused = {"error": {"message": f"log in at {url}", "code": "invalid_api_key"}}
    with pytest.raises(APIStatusError) as raised:
        await worker.run("Hello.", lambda _: JSONResponse(refused, 401, headers=leads))
    assert (raised.value.status_code, raised.value.code) == (502, "gatehouse_credential_refused")
    assert url not in raised.value.response.text + str(raised.value.response.headers)
    assert log.requests == []


async def test_a_refresh_and_cookies_do_not_reach_the_client(
    worker: Worker, elsewhere: tuple[str, Log]
) -> None:
    """Neither of a good answer, nor of one that is passed on as an error."""
    url, log = elsewhere
    leads = {"refresh": f"0; url={url}", "set-cookie": "session=stolen; Path=/", "x-other": "stays"}
    refused = {"error": {"message": "no such model", "code": "model_not_found"}}
    said = response(worker.subject, Say("Hello."))
    worker.play(
        lambda _: JSONResponse(said, headers=leads),
        lambda _: JSONResponse(refused, 404, headers=leads),
    )
    async with AsyncOpenAI(base_url=f"{worker.gateway.url}/v1", api_key=worker.token) as openai:
        ask = openai.responses.with_raw_response.create
        good = await ask(model=worker.subject, input="Hello.")
        assert good.parse().output_text == "Hello."
        with pytest.raises(NotFoundError) as raised:
            await ask(model=worker.subject, input="Hello.")
        kept = openai._client.cookies.jar
    for headers in (good.headers, raised.value.response.headers):
        assert headers["x-other"] == "stays"
        assert not {"refresh", "set-cookie"} & set(headers)
    assert (list(kept), log.requests) == ([], [])
