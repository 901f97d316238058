"""The kill switch in the console: from a session to a kill, to the list of them, and back."""

import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from console_site import Site, barriers, picture
from playwright.sync_api import BrowserContext, Page, expect
from waiting import until

RULES = "bundle: {name: support, version: '1'}\nrules: []\n"
#: Would run, or hide what stands beside it, if anything took it for more than text.
HOSTILE = "</td></table><img src=x onerror=\"window.ran = 1\"><script>window.ran = 2</script>\u202e {{ 7 * 7 }}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("kills"), RULES)
    yield site
    site.stop()


def called(site: Site, subject: str) -> dict[str, Any]:
    """One call of this principal; its record, once it can be looked up."""
    headers = {"authorization": f"Bearer {site.gateway.token(subject)}"}
    request = urllib.request.Request(f"{site.gateway.url}/customers/5", headers=headers)
    with urllib.request.urlopen(request, timeout=90) as answer:
        answer.read()
        assert answer.status == 200
    return site.gateway.record(subject, lambda one: one["response"]["status"] == 200)


def shown(site: Site, page: Page, path: str) -> None:
    """Opens a page of records, once the store has what it shows."""
    until(path, lambda: page.request.get(site.gateway.console + path).ok)
    page.goto(site.gateway.console + path)


def kills(site: Site, subject: str) -> list[dict[str, Any]]:
    return [one for one in site.gateway.json("kills", "list")["kills"] if one.get("subject") == subject]


def test_a_session_is_killed_listed_and_lifted(site: Site, page: Page) -> None:
    record = called(site, "kim")
    site.logged_in(page)
    shown(site, page, f"/sessions/{record['session']['id']}")
    page.get_by_role("link", name="Kill…").click()
    form = page.get_by_role("region", name="Kill")
    expect(form).to_contain_text("kim")
    expect(form).to_contain_text(record["caller"])
    picture(page, "kill")
    assert barriers(page) == []
    page.emulate_media(color_scheme="dark")
    assert barriers(page) == []
    page.emulate_media(color_scheme="light")
    # Without a reason the browser sends nothing.
    form.get_by_role("button", name="Kill").click()
    assert page.url.startswith(f"{site.gateway.console}/kills/new")
    form.get_by_label("Why").fill("it reads what it should not")
    form.get_by_label("For how long").fill("2")
    form.get_by_label("Unit").select_option("days")
    form.get_by_role("button", name="Kill").click()

    page.wait_for_url(f"{site.gateway.console}/kills")
    row = page.get_by_role("region", name="Kills in force").get_by_role("row", name=re.compile("kim"))
    expect(row).to_contain_text("it reads what it should not")
    expect(row).to_contain_text(record["caller"])
    expect(row).to_contain_text(re.compile("in 1 d 23 h|in 2 d 00 h"))
    picture(page, "kills")
    assert barriers(page) == []
    [kill] = kills(site, "kim")
    assert (kill["state"], kill["caller"]) == ("in_force", record["caller"])
    assert kill["until"] - kill["killed_at"] == 2 * 24 * 3600

    row.get_by_label("Why it is lifted").fill("it was told not to")
    row.get_by_role("button", name="Lift the kill of kim").click()
    expect(page.get_by_role("heading", name="No kill is in force")).to_be_visible()
    over = page.get_by_role("region", name="Kills that are over").get_by_role("row", name=re.compile("kim"))
    expect(over).to_contain_text("lifted")
    over.get_by_text("What happened").click()
    expect(over).to_contain_text("it was told not to")
    assert [one["state"] for one in kills(site, "kim")] == ["lifted"]
    assert barriers(page) == []


def test_what_is_refused_comes_back_as_it_was_typed(site: Site, person: Callable[..., BrowserContext]) -> None:
    record = called(site, "ned")
    page = person().new_page()
    site.logged_in(page)
    path = f"/kills/new?exchange={record['exchange']}&tenant="
    shown(site, page, path)
    form = page.get_by_role("region", name="Kill")
    form.get_by_label("Why").fill("it never ends")
    form.get_by_label("For how long").fill("8")
    form.get_by_label("Unit").select_option("days")
    form.get_by_role("button", name="Kill").click()
    expect(page.get_by_role("alert")).to_contain_text("1 minute to 7 days")
    expect(form.get_by_label("Why")).to_have_value("it never ends")
    expect(form.get_by_label("Unit")).to_have_value("days")
    assert barriers(page) == []
    # Loading it again loads the form, and sends nothing.
    expect(page).to_have_url(site.gateway.console + path)
    assert kills(site, "ned") == []


def test_what_is_written_of_a_kill_is_text(site: Site, page: Page) -> None:
    record = called(site, "lou")
    site.logged_in(page)
    shown(site, page, f"/exchanges/{record['exchange']}")
    page.get_by_role("link", name="Kill…").click()
    page.get_by_label("Why").fill(HOSTILE)
    page.get_by_role("button", name="Kill").click()
    page.wait_for_url(f"{site.gateway.console}/kills")
    row = page.locator("tr", has_text="lou")
    expect(row).to_contain_text(HOSTILE.replace("\u202e", "\\u{202e}"))
    assert page.evaluate("window.ran") is None
    assert page.locator("main img, main script").count() == 0
    picture(page, "kills-hostile")


def test_an_open_list_hears_of_what_others_do(site: Site, page: Page, person: Callable[..., BrowserContext]) -> None:
    record = called(site, "max")
    site.logged_in(page)
    page.goto(f"{site.gateway.console}/kills")
    row = page.locator("tr", has_text="by hand")
    expect(row).to_have_count(0)
    site.gateway.cli("kills", "add", "--caller", record["caller"], "--for", "5m", "--reason", "by hand")
    expect(row).to_contain_text("nobody knows who")
    # Of whom it is may be said by name as well, and is the same key.
    issuer = record["principal"]["issuer"]
    whom = ["--issuer", issuer, "--subject", "max"]
    longer = site.gateway.cli("kills", "add", *whom, "--for", "1d", "--reason", "for longer")
    [kill] = kills(site, "max")
    assert kill["id"] in longer and kill["caller"] == record["caller"]
    expect(row).to_contain_text("max")
    site.gateway.cli("kills", "lift", kill["id"])
    expect(row).to_contain_text("lifted")
    # Who is not logged in sees none of it.
    stranger = person().new_page()
    answer = stranger.goto(f"{site.gateway.console}/kills")
    assert answer and answer.status == 401
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{site.gateway.console}/v1/kills", timeout=30)
    assert refused.value.code == 401
