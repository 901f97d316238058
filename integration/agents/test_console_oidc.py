"""Approvers log in at a provider that is somebody else's program, in Chromium."""

import secrets
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest
from approval_service import ApprovalService
from console_site import barriers
from openid_provider import CLIENT, OpenIdProvider
from playwright.sync_api import BrowserContext, Page, expect
from waiting import until

PEOPLE = {
    "ann": {"email": "Ann@example.com", "email_verified": True, "groups": ["finance"]},
    "bob": {"email": "bob@example.com", "email_verified": True, "groups": ["finance", "ops"]},
    # A second account of Ann.
    "ann-admin": {"email": "ann@example.com", "email_verified": True, "groups": ["finance", "ops"]},
    "cid": {"email": "cid@example.com", "email_verified": False, "groups": ["finance"]},
    "zoe": {"email": "zoe@example.com", "email_verified": True, "groups": ["guests"]},
}

Browsers = Callable[..., BrowserContext]


class World(NamedTuple):
    service: ApprovalService
    provider: OpenIdProvider


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("oidc")
    secret = secrets.token_hex(24)
    (folder / "client.secret").write_text(secret)
    provider = OpenIdProvider(folder, secret)
    service = ApprovalService(
        folder,
        f"""
[oidc]
issuer = "{provider.issuer}"
client_id = "{CLIENT}"
client_secret = {{file = "{folder}/client.secret"}}
allowed_groups = ["finance", "ops"]
[[owners]]
issuer = "https://agents.example"
subject = "bobs-*"
humans = ["bob@example.com"]
""",
    )
    yield World(service, provider)
    service.stop()
    provider.stop()


def test_a_provider_that_is_down_is_told_and_asked_again(world: World, person: Browsers) -> None:
    page = person().new_page()
    page.goto(world.service.console + "/history?status=denied")
    page.get_by_role("link", name="Log in at 127.0.0.1").click()
    expect(page.get_by_role("alert")).to_contain_text("does not answer as one")
    assert barriers(page) == []
    world.provider.serve(world.service.console, PEOPLE)
    way = page.get_by_role("link", name="Log in at 127.0.0.1").get_attribute("href")

    def is_asked() -> bool:
        page.goto(f"{world.service.console}{way}")
        return page.locator("input[name=login]").count() == 1

    # That it did not answer is known for some seconds.
    until("the provider to be asked again", is_asked)
    at_provider(page, "ann")
    # She is where she wanted to go.
    expect(page.get_by_role("heading", name="History")).to_be_visible()
    assert page.url == world.service.console + "/history?status=denied"
    expect(page.locator(".account-name")).to_have_text("ann@example.com")
    page.get_by_role("button", name="Log out").click()
    page.goto(world.service.console)
    expect(page.get_by_role("heading", name="Log in to approve")).to_be_visible()


def test_an_owner_does_not_approve_by_any_account(world: World, person: Browsers) -> None:
    hold = world.service.hold("anns-agent", ["ann@example.com"], ["finance"])
    for login in ("ann", "ann-admin"):
        page = entered(world, person, login, f"/holds/{hold}")
        # In clear: it is what an approver compares.
        expect(page.get_by_role("region", name="Who asks")).to_contain_text("ann@example.com")
        expect(page.get_by_text("The agent that makes this call is yours")).to_be_visible()
        expect(page.get_by_role("button", name="Approve once")).to_have_count(0)
        expect(page.get_by_role("button", name="Deny", exact=True)).to_be_visible()
    page = entered(world, person, "bob", f"/holds/{hold}")
    page.get_by_role("button", name="Approve once").click()
    expect(page.get_by_role("heading", name="Approved by bob@example.com")).to_be_visible()


def test_the_table_says_whose_an_agent_is(world: World, person: Browsers) -> None:
    hold = world.service.hold("bobs-cleanup", [], ["finance"])
    page = entered(world, person, "bob", f"/holds/{hold}")
    expect(page.get_by_text("The agent that makes this call is yours")).to_be_visible()
    other = world.service.hold("nobodys-agent", [], ["finance"])
    page.goto(f"{world.service.console}/holds/{other}")
    expect(page.get_by_text("Separation is not proven")).to_be_visible()
    expect(page.get_by_role("button", name="Approve once")).to_be_visible()


def test_who_is_not_proven_approves_nothing_and_guests_stay_out(world: World, person: Browsers) -> None:
    hold = world.service.hold("agent-7", [], ["finance"])
    page = entered(world, person, "cid", f"/holds/{hold}")
    expect(page.get_by_text("does not prove which person you are")).to_be_visible()
    expect(page.get_by_role("button", name="Approve once")).to_have_count(0)
    guest = person().new_page()
    guest.goto(world.service.console)
    guest.get_by_role("link", name="Log in at 127.0.0.1").click()
    at_provider(guest, "zoe")
    expect(guest.get_by_role("alert")).to_contain_text("none of the groups that approve")
    guest.goto(world.service.console)
    expect(guest.get_by_role("heading", name="Log in to approve")).to_be_visible()


def test_an_answer_of_another_browser_logs_nobody_in(world: World, person: Browsers) -> None:
    attacker, victim = person().new_page(), person().new_page()
    asked: list[str] = []
    attacker.on("request", lambda request: asked.append(request.url))
    attacker.goto(world.service.console)
    attacker.get_by_role("link", name="Log in at 127.0.0.1").click()
    at_provider(attacker, "ann")
    expect(attacker.locator(".account-name")).to_have_text("ann@example.com")
    [caught] = [url for url in asked if "/login/callback?" in url]
    for begun in (False, True):
        if begun:
            victim.goto(world.service.console)
            victim.get_by_role("link", name="Log in at 127.0.0.1").click()
            expect(victim.locator("input[name=login]")).to_be_visible()
        victim.goto(caught)
        expect(victim.get_by_role("alert")).to_contain_text("not begun in this browser")
    victim.goto(world.service.console)
    expect(victim.get_by_role("heading", name="Log in to approve")).to_be_visible()


def entered(world: World, person: Browsers, login: str, path: str) -> Page:
    """Somebody who came by a link from elsewhere, and logged in."""
    page = person().new_page()
    page.goto(world.service.console + path)
    page.get_by_role("link", name="Log in at 127.0.0.1").click()
    at_provider(page, login)
    expect(page.locator("#hold")).to_be_visible()
    return page


def at_provider(page: Page, login: str) -> None:
    """Its own pages: who one is, and that it may be told."""
    page.locator("input[name=login]").fill(login)
    page.locator("input[name=password]").fill("any")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()
