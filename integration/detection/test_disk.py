"""A whole run leaves nothing behind that it masked: no record, log, metric, page or database file has it.

The open corpus goes through a real gateway in every way of `disk.ways`. What the scorer counts as masked in all of
them stands nowhere on the disk afterwards, nor in any page or output; what it counts as missed is in `disk/missed.txt`,
which may get shorter.
"""

import collections
import dataclasses
import functools
import pathlib
import shutil
from collections.abc import Iterator, Sequence

import cases
import pytest
from cases import MaskingCase
from client import Client
from disk import needles
from disk.needles import Needle
from disk.search import Searched, configured, search
from disk.speaking import Speaking
from disk.taken import Taken
from disk.ways import WAYS, Way
from gateway import ROOT, Gateway
from upstream import Upstream
from waiting import until

MISSED = pathlib.Path(__file__).parent / "disk" / "missed.txt"
RULES = """\
bundle: {name: disk, version: '1'}
rules:
  - {name: never, on: request, match: {http: {path: /refused}}, effect: deny}
  - {name: ask, on: request, match: {http: {path: '/held'}}, effect: hold}
"""
#: Calls on hold that are let pass, and that are not.
DECIDED = 10
#: Refusals that the command line is asked about.
EXPLAINED = 10


@dataclasses.dataclass(frozen=True)
class Run:
    #: All that is left of it, and a copy of the data folder from while it went on.
    folders: list[pathlib.Path]
    #: Of the corpus, by the id of a secret: the ways in which it was missed.
    missed: dict[str, list[str]]
    masked: list[Needle]
    credentials: list[Needle]
    exchanges: int
    pages: int


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    folder = tmp_path_factory.mktemp("disk")
    upstream = Upstream(Speaking)
    try:
        yield _run(folder, upstream, cases.masking_corpus())
    finally:
        upstream.stop()


def _run(folder: pathlib.Path, upstream: Upstream, corpus: list[MaskingCase]) -> Run:
    upstream.bodies = {one.id: (one.content_type, one.body) for one in corpus}
    credential = "credential-of-the-upstream-5d1f0c77"
    # In no folder that is searched.
    secret = folder / "credential"
    secret.write_text(credential)
    rules = folder / "disk.yaml"
    rules.write_text(RULES)
    left = folder / "left"
    left.mkdir()
    kinds = ["--kind", "/mcp=mcp", "--kind", "/v1=openai", "--credential", f"/={secret}"]
    routes = [
        f"/={upstream.url}", f"/mcp={upstream.url}/mcp", f"/v1={upstream.url}/v1"
    ]  # fmt: skip
    bundles = [ROOT / "policy-bundles" / name for name in ("secrets", "personal-data")]
    arguments = [part for route in routes for part in ("--upstream", route)]
    arguments += [part for bundle in [*bundles, rules] for part in ("--bundle", str(bundle))]
    gateway = Gateway(left, *arguments, *kinds, "--holds-per-principal", "1000", "--als")
    tokens = [gateway.token("disk"), gateway.token("another")]
    try:
        missed, sent, references = _sent(gateway, tokens, corpus)
        _decided(gateway)
        # Those that were approved go on now.
        again = _sent(gateway, tokens, corpus, ways=[way for way in WAYS if way.name == "held"])
        sent += again[1]
        until("all records", lambda: len(gateway.records()) >= sent, 60)
        taken = Taken(left / "taken", gateway)
        pages = taken.pages()
        taken.json()
        taken.command_line(references[:: len(references) // EXPLAINED])
        taken.envoy()
        live = folder / "live"
        shutil.copytree(gateway.data, live, ignore=shutil.ignore_patterns("*.sock"))
    finally:
        gateway.stop()
    credentials = {f"token {n}": token for n, token in enumerate(tokens)}
    credentials |= {"credential of the upstream": credential, "cookie": taken.cookie}
    # Keys stand in their own folder, and only there.
    for keys in (gateway.data / "keys", live / "keys"):
        credentials |= needles.keys(keys)
        shutil.rmtree(keys)
        # By this the command line finds the console, while there is one: with its key.
        (keys.parent / "run.json").unlink(missing_ok=True)
    masked = [
        needle
        for case in corpus
        for number, secret in enumerate(case.secrets)
        if (id := _id(case, number)) not in missed
        for needle in needles.of_secret(id, secret)
    ]
    # A value of two cases may be missed in one of them.
    known = {
        needle.text.lower()
        for case in corpus
        for number, secret in enumerate(case.secrets)
        if _id(case, number) in missed
        for needle in needles.of_secret("", secret)
    }
    return Run(
        [left, live],
        missed,
        [needle for needle in masked if needle.text.lower() not in known],
        [one for name, text in credentials.items() for one in needles.of_credential(name, text)],
        sent,
        pages,
    )


def _id(case: MaskingCase, number: int) -> str:
    return f"{case.id}.{number} {case.secrets[number].type}"


def _sent(
    gateway: Gateway, tokens: list[str], corpus: list[MaskingCase], ways: Sequence[Way] = WAYS
) -> tuple[dict[str, list[str]], int, list[str]]:
    """Every case in every way it can go: what was missed, how many went, and the references of refusals."""
    missed: dict[str, list[str]] = collections.defaultdict(list)
    sent, references = 0, []
    for number, way in enumerate(ways):
        client = Client(gateway.url, tokens[number % len(tokens)])
        answers = client.each(functools.partial(way.send, client), corpus)
        for case, answer in zip(corpus, answers, strict=True):
            if answer is None:
                continue
            sent += 1
            result, response = answer
            references += filter(None, [response.headers.get("x-gatehouse-ref")])
            for secret, (_, masked) in enumerate(result.secrets):
                if not masked:
                    missed[_id(case, secret)].append(way.name)
    return dict(missed), sent, references


def _decided(gateway: Gateway) -> None:
    """Of the calls on hold some are approved, some are denied, most wait."""
    holds = gateway.json("approvals", "list")["holds"]
    assert len(holds) >= 2 * DECIDED, len(holds)
    for number, hold in enumerate(holds[: 2 * DECIDED]):
        gateway.cli("approvals", "approve" if number % 2 else "deny", hold["id"])


@pytest.fixture(scope="module")
def searched(run: Run) -> Searched:
    return search(run.folders, [*run.masked, *run.credentials])


def test_what_is_missed_is_known(run: Run) -> None:
    known = {line for line in MISSED.read_text().splitlines() if line and line[0] != "#"}
    missed = {f"{id}: {' '.join(ways)}" for id, ways in run.missed.items()}
    print("\n".join(f"missed: {line}" for line in sorted(missed)))
    new = sorted(missed - known)
    assert not new, "no longer masked:\n" + "\n".join(new)
    gone = sorted(known - missed)
    assert not gone, f"masked by now; take them out of {MISSED}:\n" + "\n".join(gone)


def test_nothing_that_is_masked_is_on_the_disk(run: Run, searched: Searched) -> None:
    secrets = {one.id for one in run.masked}
    print(
        f"{run.exchanges} exchanges, {run.pages} pages; {searched.files} files of {searched.bytes} bytes "
        f"searched for {len(secrets)} secrets ({len(run.missed)} missed) and "
        f"{len({one.id for one in run.credentials})} credentials"
    )
    assert len(secrets) > 300 and searched.files > 1000 and searched.bytes > 10_000_000
    hits = [hit for hit in searched.hits if not configured(hit)]
    assert not hits, "\n".join(sorted(map(str, hits))[:40])


def test_a_planted_value_is_found(run: Run, tmp_path: pathlib.Path) -> None:
    """In each kind of place, in one spelling each; in a copy, so that the others find it not."""
    data = tmp_path / "left"
    for place in PLANTED:
        file, copy = run.folders[1] / place, data / place
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file.read_bytes() if file.exists() else b"")
    value = "canary 4716/2958+7331"
    canary = needles.of_secret("canary", cases.Secret("password", "core", value, value))
    assert not search([data], canary).hits
    for place, text in PLANTED.items():
        file = data / place
        before = file.read_bytes()
        with file.open("ab") as open_file:
            open_file.write(text)
        assert {hit.id for hit in search([data], canary).hits} == {"canary"}, place
        file.write_bytes(before)


PLANTED = {
    "records/access.jsonl": b'{"a":"canary 4716\\/2958\\u002b7331"}\n',
    "envoy/envoy.log": b"x=canary+4716%2F2958%2B7331&",
    "approval.sqlite": b"\0\0canary 4716/2958+7331\0",
    "made-anew": b"eCBjYW5hcnkgNDcxNi8yOTU4KzczMzEgeQ==",
}
