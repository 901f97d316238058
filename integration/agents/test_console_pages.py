"""The approval console as a person with a browser meets it: log in, see a hold come, decide it."""

import json
from collections.abc import Callable, Iterator

import pytest
from console_site import Answer, Site, barriers, follow, picture
from gateway import rules_of
from playwright.sync_api import BrowserContext, Page, expect

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


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("console"), SUPPORT)
    yield site
    site.stop()


def test_a_hold_appears_by_itself_and_passes_once_when_approved(site: Site, page: Page) -> None:
    loads: list[str] = []
    page.on("framenavigated", lambda frame: loads.append(frame.url))
    follow(page, json.loads((site.gateway.data / "run.json").read_text())["login_url"])
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
    site.logged_in(page)
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


def test_an_approval_that_nobody_used_is_taken_back(site: Site, page: Page) -> None:
    site.logged_in(page)
    told = site.delete("ned", 4, wait=0).result()
    assert told.status == 403
    page.locator(".card", has_text="ned").get_by_role("link").click()
    page.get_by_role("button", name="Approve once").click()
    expect(page.get_by_role("heading", name="Approved by")).to_be_visible()
    picture(page, "hold-approved")
    assert barriers(page) == []
    page.get_by_label("Reason").fill("it was the wrong customer")
    page.get_by_role("button", name="Take back").click()
    expect(page.locator("#hold")).to_have_attribute("data-status", "denied")
    expect(page.get_by_role("heading", name="Approval taken back by")).to_be_visible()
    repeat = site.delete("ned", 4).result()
    assert repeat.status == 403
    assert "it was the wrong customer" in json.dumps(repeat.body).lower()
    assert site.deleted(4) == 0


def test_an_approval_stands_until_it_is_revoked(site: Site, page: Page) -> None:
    site.logged_in(page)
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
    link = site.logged_in(page)
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
    site.logged_in(page)
    assert page.request.post(decision, form=form, headers=own).status == 403
    assert site.gateway.hold("kim")["id"] == hold
    assert not call.done() and site.deleted(3) == 0
    site.gateway.deny("kim", "it was only a test")
    assert call.result().status == 403
    assert site.deleted(3) == 0
