"""Sessions in the console: a run as one line of time, replayed, watched while it goes on, and taken away as a file."""

import copy
import json
import pathlib
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from console_site import Site, barriers, picture
from playwright.sync_api import BrowserContext, Locator, Page, expect
from waiting import SOON, until

RULES = """\
bundle: {name: support, version: '1'}
rules:
  - name: never-the-first
    on: request
    match: {http: {method: GET, path: /customers/1}}
    effect: deny
"""
#: Would run if anything took them for more than text.
HOSTILE = [
    "</script><script>window.ran = 1</script>",
    "<img src=x onerror=\"window.ran = 2\">",
    "</style><svg onload='window.ran = 3'>",
    "\"><iframe srcdoc='<script>parent.ran = 4</script>'></iframe>",
    "javascript:window.ran=5",
    "</pre></code></details></ol><a href='javascript:window.ran=6' autofocus onfocus=window.ran=7>x</a>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>\u202e\u0000",
]
MANY = 5_000
LEAF = 200


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("sessions"), RULES)
    yield site
    site.stop()


def ask(site: Site, subject: str, run: str, number: int, method: str = "GET") -> int:
    """One call of a run; the status of its answer."""
    headers = {"authorization": f"Bearer {site.gateway.token(subject)}", "x-gatehouse-run": run}
    headers["x-gatehouse-wait"] = "60"
    url = f"{site.gateway.url}/customers/{number}"
    request = urllib.request.Request(url, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=90) as answer:
            answer.read()
            return answer.status
    except urllib.error.HTTPError as refused:
        refused.read()
        return refused.code


def lines(site: Site) -> list[dict[str, Any]]:
    text = (site.gateway.data / "records" / "access.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def template(site: Site) -> dict[str, Any]:
    """A line of a call that was let pass."""
    ask(site, "template", "template", 5)

    def found() -> dict[str, Any] | None:
        ends = (one for one in lines(site) if one["records"] and one["records"][0]["response"]["status"])
        return next(ends, None)

    return until("a record with an answer", found)


def written(site: Site, wanted: list[dict[str, Any]]) -> None:
    """As if Envoy had written them."""
    text = "".join(json.dumps(one, separators=(",", ":")) + "\n" for one in wanted)
    with (site.gateway.data / "records" / "access.jsonl").open("ab") as log:
        log.write(text.encode("ascii"))


def many(line: dict[str, Any], session: str, count: int) -> list[dict[str, Any]]:
    """A session of so many, one each second."""
    all_of_it = []
    for n in range(count):
        one = copy.deepcopy(line)
        [record] = one["records"]
        record["exchange"] = f"{session}-{n:05}"
        record["session"] = {"id": session, "joined_by": "run"}
        record["started_ms"] += n * 1000
        one["links"] = []
        all_of_it.append(one)
    return all_of_it


def came(site: Site, page: Page, session: str, count: int, seconds: float = SOON) -> str:
    """Opens the page of a session, once all of it came; its address."""
    path = f"{site.gateway.console}/sessions/{session}"

    def all_of_it() -> bool:
        answer = page.request.get(path)
        return answer.ok and f"{count} exchanges" in answer.text()

    until(f"{count} exchanges of {session}", all_of_it, seconds)
    page.goto(path)
    return path


def session_of(site: Site, page: Page, subject: str) -> Locator:
    """Opens the session of this principal, once all of it came."""
    page.goto(f"{site.gateway.console}/sessions?principal={subject}")
    row = page.get_by_role("link", name=subject, exact=True).first

    def listed() -> bool:
        page.reload()
        return row.count() > 0

    until(f"a session of {subject}", listed)
    row.click()
    return page.locator("#timeline")


def test_a_run_is_a_line_of_time_that_opens(site: Site, page: Page) -> None:
    assert ask(site, "uma", "night shift", 5) == 200
    assert ask(site, "uma", "night shift", 1) == 403
    site.logged_in(page)
    line = session_of(site, page, "uma")
    expect(page.get_by_role("heading", level=1)).to_have_text("Session of uma")
    turns = line.locator(".turn")
    expect(turns).to_have_count(2)
    expect(turns.nth(1)).to_contain_text("refused: denied")
    assert page.locator("main").get_by_text("night shift").count() == 1
    picture(page, "session")
    assert barriers(page) == []

    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    turns.nth(0).locator("summary").first.click()
    opened = turns.nth(0).locator(".opened")
    expect(opened.get_by_role("region", name="Response body")).to_contain_text("balance_cents")
    expect(opened.get_by_role("region", name="How it went")).to_contain_text("Ended")
    turns.nth(0).locator("summary").first.click()
    turns.nth(0).locator("summary").first.click()
    # Fetched once, by who opened it.
    assert len([one for one in asked if "/exchanges/" in one]) == 1
    picture(page, "session-open")
    assert barriers(page) == []
    page.emulate_media(color_scheme="dark")
    picture(page, "session-dark")
    assert barriers(page) == []
    page.emulate_media(color_scheme="light")

    # An exchange has an address, which leads back to its place.
    [denied] = [one for one in site.gateway.records("uma") if one["verdict"]["effect"] == "deny"]
    page.goto(f"{site.gateway.console}/exchanges/{denied['exchange']}")
    expect(page.get_by_role("region", name="Verdict")).to_contain_text("never-the-first")
    picture(page, "exchange")
    assert barriers(page) == []
    page.get_by_role("link", name="In its session").click()
    expect(page.locator(".turn.now")).to_have_id(f"turn-{denied['exchange']}")
    page.goto(f"{site.gateway.console}/sessions")
    picture(page, "sessions")
    assert barriers(page) == []


def test_a_session_is_replayed_by_mouse_and_keys(site: Site, page: Page) -> None:
    written(site, many(template(site), "s_replay", 40))
    site.logged_in(page)
    page.emulate_media(reduced_motion="reduce")
    came(site, page, "s_replay", 40)
    expect(page.locator(".turn")).to_have_count(40)
    now = page.locator(".turn.now")
    page.get_by_role("button", name="Next exchange").click()
    expect(now).to_have_id("turn-s_replay-00000")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(now).to_have_id("turn-s_replay-00001")
    page.keyboard.press("o")
    expect(now.get_by_role("region", name="Response body")).to_be_visible()
    page.get_by_label("Time in the session").fill("20400")
    expect(now).to_have_id("turn-s_replay-00020")
    expect(page.locator("#at")).to_have_text("20.0 s")
    # Seconds in the record are hundredths here.
    page.get_by_label("Speed").select_option("100")
    page.get_by_label("Open each").check()
    page.locator("h1").click()
    page.keyboard.press("p")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(now).to_have_id("turn-s_replay-00039")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    assert page.locator(".turn details[open]").count() >= 2
    # From the begin once more, and stopped at once: it stays where it is.
    page.get_by_label("Speed").select_option("1")
    page.get_by_role("button", name="Play").click()
    page.get_by_role("button", name="Pause").click()
    expect(now).to_have_id("turn-s_replay-00000")


def test_what_comes_shows_without_a_load(site: Site, page: Page) -> None:
    assert ask(site, "vera", "live", 5) == 200
    site.logged_in(page)
    line = session_of(site, page, "vera")
    expect(line.locator(".turn")).to_have_count(1)
    loads: list[str] = []
    page.on("framenavigated", lambda frame: loads.append(frame.url))
    assert ask(site, "vera", "live", 1) == 403
    expect(line.locator(".turn")).to_have_count(2)
    expect(line.locator(".turn").nth(1)).to_contain_text("refused: denied")
    # Of another run nothing comes.
    assert ask(site, "vera", "other", 5) == 200
    assert ask(site, "vera", "live", 6) == 200
    expect(line.locator(".turn")).to_have_count(3)
    assert loads == []


def test_without_script_all_of_it_is_there(site: Site, page: Page, person: Callable[..., BrowserContext]) -> None:
    written(site, many(template(site), "s_plain", LEAF + 5))
    context = person(java_script_enabled=False)
    view = context.new_page()
    site.logged_in(view)
    path = came(site, view, "s_plain", LEAF + 5)
    expect(view.locator(".turn")).to_have_count(LEAF)
    expect(view.locator("#player")).to_be_hidden()
    view.get_by_role("link", name="Later exchanges").click()
    expect(view.locator(".turn")).to_have_count(5)
    view.locator(".turn summary").last.click()
    view.get_by_role("link", name="Request, response and verdict").last.click()
    expect(view.get_by_role("region", name="Response body")).to_be_visible()
    view.goto(path)
    view.locator(".sieve summary").click()
    view.get_by_label("Effect").select_option("deny")
    view.get_by_role("button", name="Filter").click()
    expect(view.get_by_text("No exchange fits.")).to_be_visible()


def test_five_thousand_exchanges_stay_smooth(site: Site, page: Page) -> None:
    written(site, many(template(site), "s_many", MANY))
    site.logged_in(page)
    path = came(site, page, "s_many", MANY, 90)
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    page.goto(path)
    expect(page.locator(".turn").first).to_be_visible()
    # On a busy machine elements are there before the first frame is.
    first = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
    painted = until("the first paint", lambda: page.evaluate(first))
    # One leaf, and no more than what it takes.
    assert page.locator(".turn").count() <= 2 * LEAF
    assert page.evaluate("document.querySelectorAll('*').length") < 8_000
    assert page.evaluate("getComputedStyle(document.querySelector('.turn')).contentVisibility") == "auto"
    assert [one for one in asked if "/exchanges/" in one] == []
    # To the end: each leaf is fetched once, and none of what was said.
    began = time.monotonic()
    page.get_by_label("Time in the session").fill(str((MANY - 1) * 1000))
    # An assertion of Playwright that has to wait reads the whole page again and again, for its message: a line of
    # thousands then waits for the test. This asks for one element.
    ended = f"document.querySelector('.turn.now')?.id === 'turn-s_many-{MANY - 1:05}'"
    until("the replay to be at the end", lambda: page.evaluate(ended), 90)
    reached = time.monotonic() - began
    leaves = [one for one in asked if "part=1" in one]
    assert len(leaves) == len(set(leaves)) == MANY // LEAF - 1
    expect(page.locator(".turn")).to_have_count(MANY)
    assert page.evaluate("document.querySelectorAll('*').length") < 20 * MANY
    # What is out of sight costs nothing to lay out: most rows are skipped.
    drawn = page.evaluate(
        "[...document.querySelectorAll('.turn summary')].filter((one) => one.checkVisibility({contentVisibilityAuto: true})).length"
    )
    assert drawn < 200, drawn
    scrolled = page.evaluate(
        """async () => {
          const longest = [];
          for (let n = 0; n < 40; n += 1) {
            scrollTo(0, document.body.scrollHeight * n / 40);
            const before = performance.now();
            await new Promise(requestAnimationFrame);
            longest.push(performance.now() - before);
          }
          return longest.sort((a, b) => a - b)[Math.floor(longest.length / 2)];
        }"""
    )
    began = time.monotonic()
    last = page.locator(".turn").last
    last.locator("summary").click()
    shown = "document.querySelector('.turn:last-child .opened [aria-label=\"Response body\"]') !== null"
    until("the exchange to be open", lambda: page.evaluate(shown))
    opened = time.monotonic() - began
    assert len([one for one in asked if "/exchanges/" in one]) == 1
    print(f"first paint {painted:.0f} ms, to the end {reached:.2f} s, a frame {scrolled:.0f} ms, opened {opened:.2f} s")


def test_an_exported_session_plays_offline_and_runs_nothing_of_a_record(
    site: Site, page: Page, person: Callable[..., BrowserContext], tmp_path: pathlib.Path
) -> None:
    line = template(site)
    wanted = many(line, "s_hostile", len(HOSTILE))
    for one, text in zip(wanted, HOSTILE, strict=True):
        [record] = one["records"]
        record["principal"]["subject"] = HOSTILE[0]
        record["claims"]["run"] = text
        record["request"].update(path=f"/{text}", method=text, authority=text)
        record["request"]["body"].update(text=json.dumps({text: [text, f"select '{text}' from t"]}), size=9)
        record["response"]["body"].update(text=text, size=9)
        record["verdict"].update(detail=text)
        record["not_inspected"] = [text]
        one["upstream_host"] = text
    written(site, wanted)
    site.logged_in(page)
    came(site, page, "s_hostile", len(HOSTILE))
    expect(page.locator(".turn")).to_have_count(len(HOSTILE))
    for summary in page.locator(".turn > details > summary").all():
        summary.click()
    expect(page.get_by_role("region", name="Response body")).to_have_count(len(HOSTILE))
    assert page.evaluate("window.ran") is None
    with page.expect_download() as download:
        page.get_by_role("link", name="one page that opens anywhere").click()
    file = tmp_path / "session.html"
    download.value.save_as(file)
    assert download.value.suggested_filename == "session-s_hostile.html"

    context = person()
    context.set_offline(True)
    view = context.new_page()
    asked: list[str] = []
    view.on("request", lambda one: asked.append(one.url))
    view.on("dialog", lambda dialog: pytest.fail(dialog.message))
    problems: list[str] = []
    view.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    view.goto(file.as_uri())
    expect(view.locator(".turn")).to_have_count(len(HOSTILE))
    for summary in view.locator(".turn > details > summary").all():
        summary.click()
    expect(view.get_by_role("region", name="Response body").first).to_contain_text("window.ran = 1")
    view.get_by_role("button", name="Next exchange").click()
    expect(view.locator(".turn.now")).to_have_id("turn-s_hostile-00000")
    assert barriers(view) == []
    assert (view.evaluate("window.ran"), asked, problems) == (None, [file.as_uri()], [])
    # Nor would it run what somebody put into it.
    tried = "const s = document.createElement('script'); s.textContent = 'window.ran = 8'; document.body.append(s)"
    view.evaluate(tried)
    assert view.evaluate("window.ran") is None
    assert any("Content Security Policy" in one for one in problems)

    # The records' own lines, by the command line too.
    said = site.gateway.cli("sessions", "export", "s_hostile", "--as", "jsonl")
    told = [json.loads(one)["records"] for one in said.splitlines()]
    assert sorted(told, key=lambda one: one[0]["exchange"]) == [one["records"] for one in wanted]
