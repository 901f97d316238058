"""One gateway for all tests, in front of a model and of two tool servers, all on random ports.

Each test is an agent of its own: a principal named after the test, by which its records, its holds
and its model's script are told apart from those of others.
"""

import pathlib
import re
import secrets
import sys
from collections.abc import Callable, Iterator

import pytest

sys.path.append(str(pathlib.Path(__file__).parents[1] / "demo"))

from agents import set_tracing_disabled  # noqa: E402
from console_site import WIDE, chromium  # noqa: E402
from eras import Era  # noqa: E402
from gateway import KEPT, ROOT, Gateway  # noqa: E402
from javascript_sdk import JavaScript  # noqa: E402
from model_server import ModelServer  # noqa: E402
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright  # noqa: E402
from python_sdk import Python  # noqa: E402
from tool_server import ToolServer  # noqa: E402
from worker import Worker  # noqa: E402

# The exporter of traces would call api.openai.com past the gateway.
set_tracing_disabled(True)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    if KEPT:
        config.option.basetemp = config.option.basetemp or KEPT / "agents"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-pictures", action="store_true", help="write docs/guide/pictures")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def model_server() -> Iterator[ModelServer]:
    server = ModelServer(key="sk-" + secrets.token_hex(24))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def modern_tools(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ToolServer]:
    server = ToolServer(tmp_path_factory.mktemp("modern"), "modern")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def old_tools(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ToolServer]:
    server = ToolServer(tmp_path_factory.mktemp("old"), "old")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def gateway(
    tmp_path_factory: pytest.TempPathFactory,
    model_server: ModelServer,
    modern_tools: ToolServer,
    old_tools: ToolServer,
) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("gateway")
    key = folder / "model.key"
    key.touch(mode=0o600)
    key.write_text(model_server.key)
    bundles = [ROOT / "policy-bundles" / name for name in ("baseline", "personal-data", "secrets")]
    bundles.append(ROOT / "integration" / "agents" / "rules.yaml")
    gateway = Gateway(
        folder,
        *["--upstream", f"/v1={model_server.url}", "--kind", "/v1=openai"],
        *["--credential", f"/v1={key}"],
        *["--upstream", f"/mcp={modern_tools.url}"],
        *["--upstream", f"/old/mcp={old_tools.url}", "--kind", "/old/mcp=mcp"],
        *["--upstream", f"/api={modern_tools.api}", "--kind", "/api=http"],
        *[argument for bundle in bundles for argument in ("--bundle", str(bundle))],
    )
    yield gateway
    gateway.stop()


@pytest.fixture
def worker(request: pytest.FixtureRequest, gateway: Gateway, model_server: ModelServer) -> Worker:
    subject = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")
    return Worker(gateway, model_server, subject)


@pytest.fixture
def upstream(modern_tools: ToolServer) -> Iterator[ToolServer]:
    """The modern tool server, its log emptied."""
    modern_tools.log.requests.clear()
    yield modern_tools


@pytest.fixture
def old_upstream(old_tools: ToolServer) -> Iterator[ToolServer]:
    old_tools.log.requests.clear()
    yield old_tools


@pytest.fixture(params=["modern", "old"])
def era(request: pytest.FixtureRequest) -> Era:
    """Each era's tool server, its log emptied."""
    path = "/mcp" if request.param == "modern" else "/old/mcp"
    server = request.getfixturevalue(f"{request.param}_tools")
    server.log.requests.clear()
    return Era(path, server)


@pytest.fixture(scope="session")
def javascript(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JavaScript]:
    driver = JavaScript(tmp_path_factory.mktemp("javascript"))
    yield driver
    driver.stop()


@pytest.fixture(params=["python", "javascript"])
def sdk(request: pytest.FixtureRequest) -> Python | JavaScript:
    return request.getfixturevalue("javascript") if request.param == "javascript" else Python()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = chromium(playwright)
        yield browser
        browser.close()


@pytest.fixture
def person(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Makes people at browsers of their own, without a login yet."""
    people = []

    def another(**options: object) -> BrowserContext:
        people.append(browser.new_context(**{"viewport": WIDE, "color_scheme": "light", **options}))
        return people[-1]

    yield another
    for one in people:
        one.close()


@pytest.fixture
def page(person: Callable[..., BrowserContext]) -> Iterator[Page]:
    """A page that must not complain, as it would of what its content security policy forbids."""
    page = person().new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    yield page
    assert complaints == []
