"""A gateway with a console of its own, and people at browsers before it."""

import json
import pathlib
import shutil
import struct
import urllib.error
import urllib.request
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

import http_api
from database import Database
from gateway import ROOT, Gateway
from javascript_sdk import installed
from playwright.sync_api import Browser, Locator, Page, Playwright, expect
from serving import Log, Server
from starlette.applications import Starlette
from waiting import SOON

#: For people to look at.
PICTURES = ROOT / "target" / "console"
WIDE = {"width": 1280, "height": 900}
NARROW = {"width": 390, "height": 844}
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]

expect.set_options(timeout=SOON * 1000)


class Answer(NamedTuple):
    status: int
    body: dict[str, Any]


class Site:
    """A gateway of its own, so that the queue is empty, before the customers' JSON API."""

    def __init__(self, folder: pathlib.Path, rules: str, *options: str) -> None:
        self.log = Log(Starlette(routes=http_api.routes(Database(folder / "customers"))))
        self._server = Server(self.log)
        self._agents = ThreadPoolExecutor()
        bundles = [ROOT / "policy-bundles" / "baseline", folder / "support.yaml"]
        bundles[1].write_text(rules)
        upstream = f"/={self._server.url}"
        loaded = [option for bundle in bundles for option in ("--bundle", str(bundle))]
        self.gateway = Gateway(folder, "--upstream", upstream, *loaded, *options)

    def stop(self) -> None:
        self.gateway.stop()
        self._agents.shutdown()
        self._server.stop()

    def delete(self, subject: str, number: int, wait: int = 60) -> Future[Answer]:
        return self._call("DELETE", subject, number, wait)

    def read(self, subject: str, number: int) -> Future[Answer]:
        return self._call("GET", subject, number)

    def _call(self, method: str, subject: str, number: int, wait: int = 60) -> Future[Answer]:
        """An agent calls, and waits so many seconds for an approver."""
        headers = {"authorization": f"Bearer {self.gateway.token(subject)}"}
        headers["x-gatehouse-wait"] = str(wait)
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

    def logged_in(self, page: Page, name: str | None = None) -> str:
        """Opens a new one-time link, of this approver where there are several, and gives it back."""
        who = ["--as", name] if name else []
        link = self.gateway.cli("approvals", "login", *who).strip()
        follow(page, link)
        expect(page.get_by_role("heading", name="Waiting for a decision")).to_be_visible()
        return link


def chromium(playwright: Playwright) -> Browser:
    program = shutil.which("chromium") or shutil.which("google-chrome")
    assert program, "no Chromium here; `make tools` says how to get one"
    return playwright.chromium.launch(executable_path=program, args=FLAGS)


def follow(page: Page, link: str) -> None:
    """To the page behind a one-time link, and by its form into the console."""
    answer = page.goto(link)
    assert answer and answer.status == 200, link
    page.get_by_role("button", name="Log in as ").click()


def card(page: Page, subject: str) -> Locator:
    return page.locator(".card", has_text=subject)


def open_hold(page: Page, subject: str) -> Locator:
    """From the queue to the page of this principal's call."""
    card(page, subject).get_by_role("link").click()
    return page.locator("#hold")


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


def barriers(page: Page) -> list[str]:
    """What axe finds that keeps people out, seriously or worse."""
    axe = installed()[1] / "node_modules" / "axe-core" / "axe.min.js"
    page.evaluate(axe.read_text() + "; undefined")
    found = page.evaluate("async () => (await axe.run(document)).violations")
    serious = [one for one in found if one["impact"] in ("serious", "critical")]
    return [f"{one['id']}: {node['html']} {node['failureSummary']}" for one in serious for node in one["nodes"]]
