"""`make run` as a newcomer meets it: what is printed is typed, and Ctrl-C leaves only the data."""

import http.cookiejar
import json
import os
import pathlib
import re
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import pytest
from database import Database
from gateway import ROOT, START
from waiting import SOON, until

GATEHOUSE = os.environ.get("GATEHOUSE_BIN") or str(ROOT / "target" / "release" / "gatehouse")


class Process(NamedTuple):
    """Numbers come again, so a process is told by its start as well."""

    pid: int
    started: str

    @classmethod
    def all(cls) -> dict["Process", int]:
        """Every process, and its parent's number; zombies have ended."""
        found = {}
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                # The name, in brackets, may hold anything.
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] != "Z":
                found[cls(int(stat.parent.name), fields[19])] = int(fields[1])
        return found

    def opened(self) -> set[pathlib.Path]:
        """Files and folders it has open."""
        try:
            links = list(pathlib.Path(f"/proc/{self.pid}/fd").iterdir())
            targets = [os.readlink(link) for link in links]
        except OSError:
            return set()
        return {pathlib.Path(target) for target in targets if target.startswith("/")}


def descendants(pid: int) -> set[Process]:
    processes = Process.all()
    family = {process for process in processes if process.pid == pid}
    while more := {
        process
        for process, parent in processes.items()
        if process not in family and any(one.pid == parent for one in family)
    }:
        family |= more
    return family


class Demo:
    """The script in a session of its own, as from a terminal."""

    def __init__(self, folder: pathlib.Path, data: pathlib.Path) -> None:
        self.data = data
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        environment = {
            **os.environ,
            "LISTEN": "127.0.0.1:0",
            "CONSOLE": "127.0.0.1:0",
            "DATA": str(data),
            "TMPDIR": str(self.temporary),
        }
        script = str(ROOT / "integration" / "demo" / "run.sh")
        self._output = folder / "out"
        self._errors = folder / "err"
        with self._output.open("wb") as out, self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                [script],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=errors,
                start_new_session=True,
                # A shell ignores for good what was ignored when it started, as in a background job.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )
        try:
            self.text = until("the demo to say what to try", self._ready, START)
        except BaseException:
            self.stop(signal.SIGTERM)
            raise
        self.family = descendants(self._process.pid)

    def _ready(self) -> str | None:
        if self._process.poll() is not None:
            raise AssertionError(f"the demo did not start:\n{self.errors()}")
        text = self._output.read_text()
        return text if "Ctrl-C stops all of it.\n" in text else None

    def errors(self) -> str:
        return self._errors.read_text()

    def printed(self, pattern: str) -> str:
        """The one line, or part of it, that matches."""
        found = re.findall(pattern, self.text, re.MULTILINE)
        assert len(found) == 1, f"{pattern}: {found} in {self.text}"
        return found[0]

    def curl(self, number: int) -> str:
        """Types the token's line and the line below the comment with that number; what it says."""
        token = self.printed(r"^  TOKEN=.+$")
        line = self.printed(rf"^  # {number}\. .*\n(  curl .+)$")
        command = ["bash", "-c", f"{token}\n{line}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
        assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"
        return done.stdout

    def interrupt(self) -> int:
        """Ctrl-C: the terminal tells every process of the foreground."""
        os.killpg(self._process.pid, signal.SIGINT)
        return self._process.wait(timeout=SOON)

    def stop(self, number: signal.Signals) -> int:
        """Tells only the script."""
        if self._process.poll() is None:
            self._process.send_signal(number)
        try:
            return self._process.wait(timeout=SOON)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            raise


@pytest.fixture
def start(tmp_path: pathlib.Path) -> Iterator[Callable[[pathlib.Path], Demo]]:
    """Starts a demo on a data folder."""
    demos = []

    def started(data: pathlib.Path) -> Demo:
        demos.append(Demo(tmp_path, data))
        return demos[-1]

    yield started
    for demo in demos:
        demo.stop(signal.SIGTERM)


def leaves_only_data(demo: Demo, end: Callable[[], int]) -> None:
    assert len(demo.family) >= 4, "script, upstream, gatehouse and Envoy"
    opened = set().union(*(process.opened() for process in demo.family))
    work = {path for path in opened if demo.temporary in path.parents}
    assert work, "the script keeps its notes in a temporary folder"

    assert end() == 0, demo.errors()
    assert f"what remains is {demo.data}" in demo.errors()
    until("the last process to end", lambda: not demo.family & set(Process.all()))

    assert list(demo.temporary.iterdir()) == []
    places = [pathlib.Path("/tmp"), pathlib.Path("/dev/shm"), pathlib.Path.home()]
    ours = [demo.data, *work, ROOT, demo.temporary.parent]
    left = [
        path
        for path in opened
        if path.exists()
        and any(place in path.parents for place in places)
        and not any(path == one or one in path.parents for one in ours)
    ]
    assert left == [], left
    assert {path.name for path in demo.temporary.parent.iterdir()} == {
        "tmp",
        "out",
        "err",
        demo.data.relative_to(demo.temporary.parent).parts[0],
    }
    # What says that a gateway runs, and what it proved itself with, goes too.
    assert not (demo.data / "run.json").exists()
    assert not (demo.data / "keys" / "filter.key").exists()
    assert demo.data.stat().st_mode & 0o077 == 0


def test_the_five_lines_do_what_they_say(
    start: Callable[[pathlib.Path], Demo], tmp_path: pathlib.Path
) -> None:
    demo = start(tmp_path / "data")
    database = Database(demo.data / "demo")
    gateway = demo.printed(r"^  gateway   (http://127\.0\.0\.1:\d+) ")
    assert all(f" {gateway}/" in line for line in re.findall(r"^  curl .*$", demo.text, re.M))
    assert demo.printed(r"^  data      (.+)$") == str(demo.data)

    assert json.loads(demo.curl(1)) == {"customers": database.customers()}

    masked = demo.curl(2)
    row = database.customer(1)
    assert row
    for kind, column in (("us-ssn", "ssn"), ("payment-card", "card"), ("email", "email")):
        assert json.loads(masked)[column] == f"[REDACTED:{kind}]"
        assert row[column] not in masked
    assert json.loads(masked)["name"] == row["name"]

    assert json.loads(demo.curl(3))["error"]["code"] == "denied"
    assert len(database.customers()) == 12

    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(demo.curl, 4)
        approvals = [GATEHOUSE, "approvals"]
        data = ["--data", str(demo.data)]

        def held() -> str | None:
            command = [*approvals, "list", "--format", "json", *data]
            holds = json.loads(subprocess.check_output(command, timeout=60))["holds"]
            return holds[0]["id"] if holds else None

        hold = until("a hold", held)
        assert not waiting.done() and database.customer(5)
        subprocess.run([*approvals, "approve", hold, *data], timeout=60, check=True)
        assert json.loads(waiting.result()) == {"deleted": 5}
    assert database.customer(5) is None

    refused = demo.curl(5)
    assert refused.startswith("HTTP/1.1 401 ")
    assert "\nwww-authenticate: Bearer" in refused
    leaves_only_data(demo, demo.interrupt)


def test_the_printed_link_logs_in_once(
    start: Callable[[pathlib.Path], Demo], tmp_path: pathlib.Path
) -> None:
    # Too long for a socket, which then lies in a temporary folder.
    demo = start(tmp_path / ("long-" * 20) / "data")
    console = demo.printed(r"^  console   (http://127\.0\.0\.1:\d+) ")
    link = demo.printed(r"^ {12}(http://\S+)$")
    assert link.startswith(f"{console}/login?code=")
    code = link.partition("?")[2]
    for _ in range(2):
        assert "Log in as" in opened(link)
    assert "Nothing waits for you" in opened(f"{console}/login", code)
    for again in ((link, None), (f"{console}/login", code)):
        with pytest.raises(urllib.error.HTTPError) as refused:
            opened(*again)
        assert refused.value.code == 401
    assert list(demo.temporary.glob("gatehouse-*")), "the socket's folder"
    leaves_only_data(demo, lambda: demo.stop(signal.SIGTERM))


def opened(url: str, form: str | None = None) -> str:
    """The page, or what its form leads to, by a browser without a past."""
    jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    request = urllib.request.Request(url, form.encode() if form else None)
    if form:
        request.add_header("origin", url.rpartition("/")[0])
    with urllib.request.build_opener(jar).open(request, timeout=60) as answer:
        return answer.read().decode()


class Tools:
    """Everything of this system's PATH, but for some, and as another user."""

    def __init__(self, folder: pathlib.Path, missing: set[str], user: int) -> None:
        self._bin = folder / "bin"
        self._bin.mkdir()
        self.installing = folder / "installing"
        stubs = {"id": f"echo {user}"}
        for name in ("apt-get", "sudo"):
            stubs[name] = f'echo {name} "$@" >>{self.installing}'
        for name in stubs.keys() - missing:
            stub = self._bin / name
            stub.write_text(f"#!/bin/sh\n{stubs[name]}\n")
            stub.chmod(0o755)
        for place in os.environ["PATH"].split(":"):
            for program in pathlib.Path(place or ".").glob("*"):
                link = self._bin / program.name
                if program.name not in missing and not link.is_symlink() and not link.exists():
                    link.symlink_to(program.absolute())

    def deps(self, purpose: str) -> subprocess.CompletedProcess[str]:
        script = str(ROOT / "integration" / "tools" / "deps.sh")
        return subprocess.run(
            ["/bin/bash", script, purpose],
            env={**os.environ, "PATH": str(self._bin)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


def test_without_root_missing_packages_are_one_line_to_type(tmp_path: pathlib.Path) -> None:
    tools = Tools(tmp_path, {"make", "curl", "chromium", "google-chrome"}, user=1000)
    for purpose, packages in (("build", "make curl"), ("test", "make curl chromium")):
        done = tools.deps(purpose)
        assert done.returncode == 1, done
        lines = [line.strip() for line in done.stderr.splitlines() if "apt-get" in line]
        assert lines == [f"sudo apt-get install -y {packages}"], done.stderr
        assert done.stdout == ""
    assert not tools.installing.exists(), tools.installing.read_text()


def test_where_nothing_is_missing_nothing_is_said(tmp_path: pathlib.Path) -> None:
    tools = Tools(tmp_path, set(), user=1000)
    done = tools.deps("test")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not tools.installing.exists(), tools.installing.read_text()


def test_without_apt_the_packages_are_named(tmp_path: pathlib.Path) -> None:
    tools = Tools(tmp_path, {"make", "apt-get"}, user=1000)
    done = tools.deps("run")
    assert done.returncode == 1, done
    assert "missing: make; install their equivalents" in done.stderr
    assert not tools.installing.exists(), tools.installing.read_text()
