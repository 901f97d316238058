"""The approval console as a person with a browser meets it: log in, see a hold come, decide it."""

import json
import pathlib
import shutil
import struct
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

import http_api
import pytest
from database import Database
from gateway import ROOT, Gateway, rules_of
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from serving import Log, Server
from starlette.applications import Starlette
from waiting import SOON

#: For people to look at.
PICTURES = ROOT / "target" / "console"
WIDE = {"width": 1280, "height": 900}
NARROW = {"width": 390, "height": 844}
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]

#: A rule whose approvals may stand.
SUPPORT = """\
bundle: {name: support, version: '1'}
rules:
  - name: ask-before-reading
    description: Reads the record of a customer who asked for privacy.
    on: request
    match: {http: {method: GET, path: /customers/9}}
    effect: hold
    hold: {scope: {uses: 3, lasts: 1h}}
"""

expect.set_options(timeout=SOON * 1000)


class Answer(NamedTuple):
    status: int
    body: dict[str, Any]


class Site:
    """A gateway of its own, so that the queue is empty, before the customers' JSON API."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.log = Log(Starlette(routes=http_api.routes(Database(folder / "customers"))))
        self._server = Server(self.log)
        self._agents = ThreadPoolExecutor()
        bundles = [ROOT / "policy-bundles" / "baseline", folder / "support.yaml"]
        bundles[1].write_text(SUPPORT)
        upstream = f"/={self._server.url}"
        options = [option for bundle in bundles for option in ("--bundle", str(bundle))]
        self.gateway = Gateway(folder, "--upstream", upstream, *options)

    def stop(self) -> None:
        self.gateway.stop()
        self._agents.shutdown()
        self._server.stop()

    def delete(self, subject: str, number: int) -> Future[Answer]:
        return self._call("DELETE", subject, number)

    def read(self, subject: str, number: int) -> Future[Answer]:
        return self._call("GET", subject, number)

    def _call(self, method: str, subject: str, number: int) -> Future[Answer]:
        """An agent calls, and waits a minute for an approver."""
        headers = {"authorization": f"Bearer {self.gateway.token(subject)}"}
        headers["x-gatehouse-wait"] = "60"
        url = f"{self.gateway.url}/customers/{number}"
        request = urllib.request.Request(url, headers=headers, method=method)

        def sent() -> Answer:
            try:
                with urllib.request.urlopen(request, timeout=90) as answer:
                    return Answer(answer.status, json.load(answer))
            except urllib.error.HTTPError as refused:
                return Answer(refused.code, json.load(refused))

        return self._agents.submit(sent)

    def deleted(self, number: int) -> int:
        """How often the deletion arrived at the upstream."""
        wanted = ("DELETE", f"/customers/{number}")
        return [(one.method, one.path) for one in self.log.requests].count(wanted)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("console"))
    yield site
    site.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("google-chrome")
    assert program, "no Chromium here; `make tools` says how to get one"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def person(browser: Browser) -> Iterator[Callable[[], BrowserContext]]:
    """Makes people at browsers of their own, without a login yet."""
    people = []

    def another() -> BrowserContext:
        people.append(browser.new_context(viewport=WIDE, color_scheme="light"))
        return people[-1]

    yield another
    for one in people:
        one.close()


@pytest.fixture
def page(person: Callable[[], BrowserContext]) -> Iterator[Page]:
    """A page that must not complain, as it would of what its content security policy forbids."""
    page = person().new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    yield page
    assert complaints == []


def test_a_hold_appears_by_itself_and_passes_once_when_approved(site: Site, page: Page) -> None:
    loads: list[str] = []
    page.on("framenavigated", lambda frame: loads.append(frame.url))
    page.goto(json.loads((site.gateway.data / "run.json").read_text())["login_url"])
    expect(page.get_by_role("heading", name="Nothing waits for you")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("Live")
    queue_loads = len(loads)

    call = site.delete("iris", 1)
    card = page.locator(".card")
    expect(card).to_contain_text("iris")
    expect(card).to_contain_text("hold-http-delete")
    expect(page).to_have_title("(1) Queue · Gatehouse")
    assert len(loads) == queue_loads, "the queue was loaded again"
    picture(page, "queue")

    card.get_by_role("link").click()
    hold = page.locator("#hold")
    expect(hold).to_have_attribute("data-status", "pending")
    expect(hold.get_by_role("region", name="Who asks")).to_contain_text("iris")
    page.get_by_label("Reason").fill("the customer asked for it in writing")
    picture(page, "hold")
    assert not call.done() and site.deleted(1) == 0
    page.get_by_role("button", name="Approve once").click()

    assert call.result() == Answer(200, {"deleted": 1})
    assert site.deleted(1) == 1
    # The page follows by itself what becomes of the approval.
    expect(hold).to_have_attribute("data-status", "redeemed")
    approver = page.locator(".account-name").inner_text()
    expect(page.get_by_role("heading", name=f"Approved by {approver}")).to_be_visible()
    record = site.gateway.record("iris", lambda one: True)
    assert record["hold"]["hold"] == page.url.rpartition("/")[2]
    assert (record["hold"]["status"], record["hold"]["approver"]) == ("approved", approver)
    assert (record["end"], rules_of(record)) == ("complete", ["hold-http-delete"])


def test_the_agent_reads_why_it_was_denied(site: Site, page: Page) -> None:
    log_in(site, page)
    call = site.delete("jon", 2)
    page.locator(".card", has_text="jon").get_by_role("link").click()
    page.get_by_label("Reason").fill("this customer is under a legal hold")
    page.get_by_role("button", name="Deny", exact=True).click()
    answer = call.result()
    assert answer.status == 403
    assert "this customer is under a legal hold" in json.dumps(answer.body).lower()
    assert site.deleted(2) == 0
    expect(page.locator("#hold")).to_have_attribute("data-status", "denied")

    page.get_by_role("link", name="History").click()
    row = page.get_by_role("row", name="jon")
    expect(row).to_contain_text("denied")
    expect(row).to_contain_text("this customer is under a legal hold")
    picture(page, "history")
    page.get_by_role("link", name="Queue").click()
    expect(page.get_by_role("heading", name="Nothing waits for you")).to_be_visible()


def test_an_approval_stands_until_it_is_revoked(site: Site, page: Page) -> None:
    log_in(site, page)
    first = site.read("lea", 9)
    page.locator(".card", has_text="lea").get_by_role("link").click()
    page.get_by_label("Approve calls like this one, too").check()
    picture(page, "hold-scope")
    page.get_by_role("button", name="Approve", exact=True).click()
    assert first.result().status == site.read("lea", 9).result().status != 403

    page.get_by_role("link", name="Standing grants").first.click()
    row = page.get_by_role("row", name="lea")
    expect(row).to_contain_text("2 of 3")
    expect(row).to_contain_text("active")
    picture(page, "standing")
    row.get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("row", name="lea")).to_contain_text("revoked")
    last = site.read("lea", 9)
    assert site.gateway.hold("lea")["status"] == "pending"
    site.gateway.deny("lea", "it was only a test")
    assert last.result().status == 403


def test_a_login_link_opens_the_console_once(
    site: Site, page: Page, person: Callable[[], BrowserContext]
) -> None:
    link = log_in(site, page)
    late = person().new_page()
    answer = late.goto(link)
    assert answer and answer.status == 401
    expect(late.get_by_role("alert")).to_contain_text("This link was used before")
    late.goto(site.gateway.console)
    expect(late.get_by_role("heading", name="Log in to approve")).to_be_visible()
    # The one who came first stays.
    page.reload()
    expect(page.get_by_role("heading", name="Waiting for a decision")).to_be_visible()


def test_without_a_login_nothing_is_seen_or_decided(
    site: Site, page: Page, person: Callable[[], BrowserContext]
) -> None:
    call = site.delete("kim", 3)
    hold = site.gateway.hold("kim")["id"]
    console = site.gateway.console
    stranger = person()
    view = stranger.new_page()
    for path in ("/", "/?part=queue", "/history", "/events", f"/holds/{hold}", "/holds/unknown"):
        answer = view.goto(f"{console}{path}")
        assert answer and answer.status == 401, path
        expect(view.get_by_role("heading")).to_have_text("Log in to approve")
        assert not any(word in view.content() for word in ("kim", "/customers", "csrf"))

    decision = f"{console}/holds/{hold}/decision"
    form = {"decision": "approve", "reason": "mine", "csrf": ""}
    own = {"origin": console}
    agent = {**own, "authorization": f"Bearer {site.gateway.token('kim')}"}
    for headers in (own, agent):
        assert stranger.request.post(decision, form=form, headers=headers).status == 401
    # Nor does a login alone decide, without the token of its own pages.
    log_in(site, page)
    assert page.request.post(decision, form=form, headers=own).status == 403
    assert site.gateway.hold("kim")["id"] == hold
    assert not call.done() and site.deleted(3) == 0
    site.gateway.deny("kim", "it was only a test")
    assert call.result().status == 403
    assert site.deleted(3) == 0


def log_in(site: Site, page: Page) -> str:
    """Opens a new one-time link, and gives it back."""
    link = site.gateway.cli("approvals", "login").strip()
    page.goto(link)
    expect(page.get_by_role("heading", name="Waiting for a decision")).to_be_visible()
    return link


def picture(page: Page, name: str) -> None:
    """Pictures of the whole page on a desk and on a phone, where nothing may scroll sideways."""
    for suffix, size in (("", WIDE), ("-narrow", NARROW)):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        file = PICTURES / f"{name}{suffix}.png"
        taken = page.screenshot(path=file, full_page=True, animations="disabled")
        # The width of a PNG is in its first chunk, at byte 16.
        [width] = struct.unpack_from(">I", taken, 16)
        assert width == size["width"], f"{file.name} is {width} px wide"
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
