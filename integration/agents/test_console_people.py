"""Several people at browsers of their own: a quorum, a denial, break glass, and whose an agent is."""

import json
import signal
import subprocess
from collections.abc import Callable, Iterator

import pytest
from console_site import Answer, Site, card, open_hold, picture
from playwright.sync_api import BrowserContext, Page, expect

RULES = """\
bundle: {name: people, version: '1'}
rules:
  - name: two-of-finance
    description: Reads the accounts of a customer.
    severity: critical
    on: request
    match: {http: {method: GET, path: /customers/7}}
    effect: hold
    hold: {approvers: [finance], quorum: 2, break_glass: [on-call]}
  - name: two-with-reasons
    on: request
    match: {http: {method: GET, path: /customers/8}}
    effect: hold
    hold: {approvers: [finance], quorum: 2, reason_required: true}
"""

PEOPLE = ["--approver", "ann=finance", "--approver", "bob=finance", "--approver", "eve=on-call"]

Browsers = Callable[..., BrowserContext]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("people"), RULES, *PEOPLE)
    yield site
    site.stop()


def at_browser(site: Site, person: Browsers, name: str) -> Page:
    page = person().new_page()
    site.logged_in(page, name)
    expect(page.locator(".account-name")).to_have_text(name)
    return page


def test_two_people_in_two_browsers_are_a_quorum(site: Site, person: Browsers) -> None:
    ann, bob = (at_browser(site, person, name) for name in ("ann", "bob"))
    call = site.read("iris", 7)
    mine, theirs = open_hold(ann, "iris"), open_hold(bob, "iris")
    why = ann.get_by_role("region", name="Why it is held")
    expect(why).to_contain_text("0 of 2 people of finance")
    ann.get_by_role("button", name="Approve once").click()
    expect(why).to_contain_text("1 of 2 people of finance")
    expect(why).to_contain_text("missing: 1 more of finance")
    picture(ann, "hold-quorum")
    # Once is once: it is told that it counts, and not asked for again.
    expect(mine).to_contain_text("You approved this. 1 of 2 people of finance")
    expect(ann.get_by_role("button", name="Approve once")).to_have_count(0)
    expect(bob.get_by_role("region", name="Your decision")).to_contain_text("the last approval it takes")
    expect(theirs).to_have_attribute("data-status", "pending")
    assert not call.done()
    bob.get_by_role("button", name="Approve once").click()
    assert call.result().status not in (401, 403, 504)
    for page, hold in ((ann, mine), (bob, theirs)):
        expect(hold).to_have_attribute("data-status", "redeemed")
        expect(page.get_by_role("region", name="What happened")).to_contain_text("ann")


def test_a_form_that_was_refused_is_not_sent_again_by_itself(site: Site, person: Browsers) -> None:
    ann, bob = (at_browser(site, person, name) for name in ("ann", "bob"))
    sent: list[str] = []
    ann.on("request", lambda one: sent.append(one.url) if one.method == "POST" else None)
    call = site.read("pia", 8)
    open_hold(ann, "pia")
    open_hold(bob, "pia")
    page = ann.url
    # Blanks pass the browser's own check.
    ann.get_by_label("Reason").fill("   ")
    ann.get_by_role("button", name="Deny", exact=True).click()
    expect(ann.get_by_role("alert")).to_contain_text("this rule asks for a reason")
    # What happens meanwhile is seen, and sends nothing.
    bob.get_by_label("Reason").fill("seen")
    bob.get_by_role("button", name="Approve once").click()
    expect(ann.get_by_role("region", name="Why it is held")).to_contain_text("1 of 2 people of finance")
    expect(ann.locator("#live")).to_have_text("Live")
    ann.reload()
    expect(ann.get_by_role("region", name="Why it is held")).to_contain_text("1 of 2 people of finance")
    assert (ann.url, sent) == (page, [f"{page}/decision"])
    ann.get_by_label("Reason").fill("not today")
    ann.get_by_role("button", name="Deny", exact=True).click()
    assert call.result().status == 403
    for one in (ann, bob):
        expect(one.locator("#hold")).to_have_attribute("data-status", "denied")
    assert len(sent) == 2


def test_who_writes_is_told_what_changed_and_loses_nothing(site: Site, person: Browsers) -> None:
    ann, bob = (at_browser(site, person, name) for name in ("ann", "bob"))
    call = site.read("quin", 8)
    open_hold(ann, "quin")
    open_hold(bob, "quin")
    why = ann.get_by_role("region", name="Why it is held")
    expect(ann.locator("#live")).to_have_text("Live")
    ann.get_by_label("Reason").fill("I ask the customer")
    bob.get_by_label("Reason").fill("seen")
    bob.get_by_role("button", name="Approve once").click()
    expect(ann.get_by_role("alert")).to_contain_text("changed while you were writing. 1 of 2 people of finance")
    expect(ann.locator("#live")).to_have_text("Changed")
    expect(why).to_contain_text("0 of 2")
    ann.get_by_role("button", name="Show it as it is now").click()
    expect(why).to_contain_text("1 of 2")
    expect(ann.locator("#live")).to_have_text("Live")
    expect(ann.get_by_label("Reason")).to_have_value("I ask the customer")
    ann.get_by_role("button", name="Approve once").click()
    assert call.result().status not in (401, 403, 504)
    for one in (ann, bob):
        expect(one.locator("#hold")).to_have_attribute("data-status", "redeemed")


def test_one_of_them_denies_for_both(site: Site, person: Browsers) -> None:
    ann, bob = (at_browser(site, person, name) for name in ("ann", "bob"))
    call = site.read("jon", 7)
    open_hold(ann, "jon")
    open_hold(bob, "jon")
    ann.get_by_role("button", name="Approve once").click()
    bob.get_by_label("Reason").fill("the customer closed the account")
    bob.get_by_role("button", name="Deny", exact=True).click()
    answer = call.result()
    assert answer.status == 403
    assert "the customer closed the account" in json.dumps(answer.body).lower()
    expect(ann.locator("#hold")).to_have_attribute("data-status", "denied")


def test_glass_is_broken_by_one_of_the_group(site: Site, person: Browsers) -> None:
    ann, eve = (at_browser(site, person, name) for name in ("ann", "eve"))
    call = site.read("kim", 7)
    open_hold(ann, "kim")
    expect(ann.get_by_role("link", name="Break glass")).to_have_count(0)
    hold = open_hold(eve, "kim")
    expect(hold.get_by_role("button", name="Approve once")).to_have_count(0)
    eve.get_by_role("link", name="Break glass").click()
    expect(eve.get_by_role("heading", name="Break glass")).to_be_visible()
    expect(eve.locator(".danger")).to_contain_text("2 more of finance")
    picture(eve, "break-glass")
    # Blanks pass the browser's own check. The answer loads again by itself or by a person without a second try.
    sent: list[str] = []
    eve.on("request", lambda one: sent.append(one.url) if one.method == "POST" else None)
    eve.get_by_label("Why nobody else could be asked").fill("  ")
    eve.get_by_label("I let this call pass on my own responsibility").check()
    eve.get_by_role("button", name="Break glass").click()
    expect(eve.get_by_role("alert")).to_contain_text("say why nobody")
    eve.reload()
    expect(eve.locator(".danger")).to_contain_text("2 more of finance")
    assert len(sent) == 1
    # Neither without a reason nor without the tick: the browser itself asks for both.
    eve.get_by_role("button", name="Break glass").click()
    eve.get_by_label("Why nobody else could be asked").fill("the payment run fails at noon")
    eve.get_by_role("button", name="Break glass").click()
    assert not call.done()
    eve.get_by_label("I let this call pass on my own responsibility").check()
    eve.get_by_role("button", name="Break glass").click()
    assert call.result().status not in (401, 403, 504)
    expect(eve.get_by_role("heading", name="Approved by break glass by eve")).to_be_visible()
    ann.get_by_role("link", name="History").click()
    row = ann.get_by_role("row", name="kim")
    expect(row).to_contain_text("break glass")
    expect(row).to_contain_text("the payment run fails at noon")
    [found] = [one for one in site.gateway.json("approvals", "list", "--status", "redeemed")["holds"]
               if one["principal"]["subject"] == "kim"]
    assert found["decision"]["break_glass"] is True


def test_the_queue_shows_what_one_may_approve(site: Site, person: Browsers) -> None:
    ann, eve = (at_browser(site, person, name) for name in ("ann", "eve"))
    call = site.read("lea", 7)
    for page, mine in ((ann, True), (eve, False)):
        expect(card(page, "lea")).to_be_visible()
        page.locator(".sieve > summary").click()
        page.get_by_label("Whose").select_option("mine")
        page.get_by_role("button", name="Filter").click()
        expect(card(page, "lea")).to_have_count(1 if mine else 0)
        expect(page.locator(".sifted")).to_contain_text("on hold fit the filter")
    picture(ann, "queue-filtered")
    # What comes in is sifted, too, without loading the page.
    other = site.delete("max", 2)
    expect(ann.locator(".sifted")).to_contain_text("of 2 on hold")
    site.gateway.cli("approvals", "deny", site.gateway.hold("lea")["id"], "--as", "ann")
    site.gateway.cli("approvals", "deny", site.gateway.hold("max")["id"], "--as", "eve")
    assert (call.result().status, other.result().status) == (403, 403)


def test_a_terminal_tells_what_comes_until_it_is_ended(site: Site) -> None:
    options = ["--mine", "--as", "eve", "--format", "json", "--data", str(site.gateway.data)]
    command = [site.gateway.path, "approvals", "watch", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as watch:
        assert watch.stdout and watch.stderr
        others = site.read("oli", 7)
        site.gateway.hold("oli")
        mine = site.delete("nia", 3)
        told = json.loads(watch.stdout.readline())
        assert told["principal"]["subject"] == "nia"
        assert told["url"].endswith(f"/holds/{told['id']}")
        for subject, name in (("nia", "eve"), ("oli", "ann")):
            site.gateway.cli("approvals", "deny", site.gateway.hold(subject)["id"], "--as", name)
        assert (others.result().status, mine.result().status) == (403, 403)
        watch.send_signal(signal.SIGINT)
        assert watch.wait(timeout=30) == 0
        # What somebody else has to approve was not told, and nothing twice.
        assert (watch.stdout.read(), watch.stderr.read()) == ("", "")
    table = site.gateway.cli("approvals", "list", "--mine", "--as", "eve", "--status", "denied")
    assert "nia" in table and "oli" not in table
