"""The pictures of docs/guide/approvals.md. `--write-pictures` puts them there; without it they only have to come out."""

import pathlib
from collections.abc import Callable, Iterator

import pytest
from console_site import PICTURES, Site, card, open_hold
from gateway import ROOT
from playwright.sync_api import BrowserContext, Page, expect

GUIDE = ROOT / "docs" / "guide" / "approvals.md"

RULES = """\
bundle: {name: shop, version: '1'}
rules:
  - name: two-of-finance
    description: Reads the accounts of a customer.
    severity: critical
    on: request
    match: {http: {method: GET, path: /customers/7}}
    effect: hold
    hold: {approvers: [finance], quorum: 2, break_glass: [on-call]}
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    people = ["--approver", "ann=finance", "--approver", "eve=finance,on-call"]
    site = Site(tmp_path_factory.mktemp("pictures"), RULES, *people)
    yield site
    site.stop()


def test_the_guide_has_its_pictures(
    site: Site, person: Callable[..., BrowserContext], request: pytest.FixtureRequest
) -> None:
    folder = PICTURES / "guide"
    if request.config.getoption("--write-pictures"):
        folder = GUIDE.parent / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    ann, eve = (person(viewport={"width": 1080, "height": 760}).new_page() for _ in range(2))
    site.logged_in(ann, "ann")
    site.logged_in(eve, "eve")
    calls = [site.read("order-desk", 7), site.delete("cleanup-job", 3)]
    expect(card(ann, "order-desk")).to_be_visible()
    expect(card(ann, "cleanup-job")).to_be_visible()
    taken = [shot(ann, folder / "queue.png")]
    open_hold(eve, "order-desk")
    eve.get_by_role("button", name="Approve once").click()
    expect(eve.get_by_role("region", name="Why it is held")).to_contain_text("1 of 2 people")
    open_hold(ann, "order-desk")
    taken.append(shot(ann, folder / "hold.png"))
    eve.get_by_role("link", name="Break glass").click()
    expect(eve.get_by_role("heading", name="Break glass")).to_be_visible()
    taken.append(shot(eve, folder / "break-glass.png"))
    for subject in ("order-desk", "cleanup-job"):
        hold = site.gateway.hold(subject)["id"]
        site.gateway.cli("approvals", "deny", hold, "--as", "ann", "--reason", "it was only a picture")
    assert [call.result().status for call in calls] == [403, 403]
    # The page goes to itself anew once somebody decided: a browser that is closed on that way may never end.
    expect(ann.locator("#hold")).to_have_attribute("data-status", "denied")
    ann.wait_for_load_state()
    shown = GUIDE.read_text()
    for file in taken:
        assert f"](pictures/{file.name})" in shown
        assert (GUIDE.parent / "pictures" / file.name).stat().st_size < 200_000


def shot(page: Page, file: pathlib.Path) -> pathlib.Path:
    page.screenshot(path=file, animations="disabled")
    return file
