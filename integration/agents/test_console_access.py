"""The console without a mouse, without scripts, and as assistive programs meet it."""

from collections.abc import Callable, Iterator

import pytest
from console_site import NARROW, WIDE, Answer, Site, barriers, card, open_hold
from playwright.sync_api import BrowserContext, Page, expect
from waiting import until

RULES = """\
bundle: {name: access, version: '1'}
rules:
  - name: ask-before-reading
    description: Reads the record of a customer who asked for privacy.
    on: request
    match: {http: {method: GET, path: /customers/9}}
    effect: hold
    hold: {scope: {uses: 3, lasts: 1h, free: {}}, break_glass: [on-call]}
"""

Browsers = Callable[..., BrowserContext]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("access"), RULES, "--approver", "ann=on-call")
    yield site
    site.stop()


def test_a_hold_is_approved_by_keyboard_alone(site: Site, page: Page) -> None:
    site.logged_in(page)
    call = site.delete("iris", 1)
    expect(card(page, "iris")).to_be_visible()
    page.keyboard.press("j")
    expect(card(page, "iris").get_by_role("link")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#hold")).to_be_visible()
    reach(page, "#reason")
    page.keyboard.type("asked for in writing")
    reach(page, "button.approve")
    page.keyboard.press("Enter")
    assert call.result() == Answer(200, {"deleted": 1})
    expect(page.locator("#hold")).to_have_attribute("data-status", "redeemed")


def test_the_first_key_skips_to_the_content(site: Site, page: Page) -> None:
    site.logged_in(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_all_of_it_works_without_scripts(site: Site, person: Browsers) -> None:
    page = person(java_script_enabled=False).new_page()
    site.logged_in(page)
    expect(page.get_by_role("status")).to_have_count(0)
    first, second = site.delete("jon", 2), site.read("lea", 9)
    for subject in ("jon", "lea"):
        site.gateway.hold(subject)
    page.reload()
    expect(page.locator(".card")).to_have_count(2)
    page.locator(".sieve > summary").click()
    page.get_by_label("Principal").fill("jon")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator(".card")).to_have_count(1)
    open_hold(page, "jon")
    page.get_by_label("Reason").fill("not this one")
    page.get_by_role("button", name="Deny", exact=True).click()
    assert first.result().status == 403
    expect(page.locator("#hold")).to_have_attribute("data-status", "denied")
    page.get_by_role("link", name="Queue", exact=True).click()
    open_hold(page, "lea")
    page.get_by_label("Approve calls like this one, too").check()
    page.get_by_role("button", name="Approve", exact=True).click()
    assert second.result().status not in (401, 403, 504)
    page.get_by_role("link", name="Standing grants").first.click()
    page.get_by_role("row", name="lea").get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("row", name="lea")).to_contain_text("revoked")
    page.get_by_role("link", name="History").click()
    expect(page.get_by_role("row", name="jon")).to_contain_text("not this one")
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in to approve")).to_be_visible()


@pytest.mark.parametrize("look", ["light", "dark", "narrow"])
def test_no_page_keeps_anybody_out(site: Site, person: Browsers, look: str) -> None:
    size = NARROW if look == "narrow" else WIDE
    colours = "dark" if look == "dark" else "light"
    page = person(viewport=size, color_scheme=colours).new_page()
    page.goto(site.gateway.console)
    expect(page.get_by_role("heading", name="Log in to approve")).to_be_visible()
    found = {"/login": barriers(page)}
    page.goto(site.gateway.cli("approvals", "login").strip())
    expect(page.get_by_role("heading", name="Log in as")).to_be_visible()
    found["link"] = barriers(page)
    page.get_by_role("button", name="Log in as ").click()
    expect(page.get_by_role("heading", name="Waiting for a decision")).to_be_visible()
    found["empty queue"] = barriers(page)
    settled = site.delete(f"settled-{look}", 3)
    site.gateway.deny(f"settled-{look}", "it was only a test")
    assert settled.result().status == 403
    call = site.read(f"mia-{look}", 9)
    expect(card(page, f"mia-{look}")).to_be_visible()
    hold = site.gateway.hold(f"mia-{look}")["id"]
    over = site.gateway.json("approvals", "list", "--status", "denied")["holds"][0]["id"]
    paths = ["/", "/?text=nothing&severity=high", "/history", "/history?principal=settled", "/standing"]
    paths += ["/gateways", f"/holds/{hold}", f"/holds/{hold}/break-glass", f"/holds/{over}", "/holds/none"]
    numbers = site.gateway.console + "/numbers"
    until("numbers with plots", lambda: 'class="plot"' in page.request.get(numbers).text())
    paths += ["/sessions", "/numbers", "/numbers?principal=nobody"]
    for path in paths:
        page.goto(site.gateway.console + path)
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        found[path] = barriers(page)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= size["width"], f"{path} is {wide} px wide"
    site.gateway.deny(f"mia-{look}", "it was only a test")
    assert call.result().status == 403
    assert {path: barriers for path, barriers in found.items() if barriers} == {}


def reach(page: Page, selector: str) -> None:
    """Goes on with the Tab key until it has the focus."""
    for _ in range(80):
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no key leads to {selector}")
