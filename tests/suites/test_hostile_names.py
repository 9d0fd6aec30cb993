"""A server may call its tools what it likes: nothing that people or machines read of a run can be steered by it."""

import re
import shlex
import subprocess
import sys
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pytest_mcp.model.run import Outcome
from tests.servers.defects.definitions import HOSTILE_NAMES
from tests.suites.trials import HOSTILE, Seen, Subject, finish, start

SAFE = re.compile(r"[A-Za-z0-9_./\[\]:@~-]+")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\U000e0000-\U000e007f]")
SUBJECT = Subject(id="hostile", era="legacy", transport="stdio", defects=(HOSTILE,))

pytestmark = pytest.mark.timeout(90)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project that uses the server with the hostile names."""
    return tmp_path_factory.mktemp("hostile")


@pytest.fixture(scope="module")
def hostile(project: Path) -> Seen:
    """A run with everything shown that pytest can show."""
    return finish(project, start(project, [SUBJECT], "-vv", "-rA", "--durations=0", "--junitxml=junit.xml"))


def test_every_element_is_tested_whatever_its_name(hostile: Seen) -> None:
    cases = hostile.cases(SUBJECT.id)
    assert [case.key for case in cases if case.outcome is Outcome.ERROR] == []
    for check, listed in (("tool-shape", 6), ("prompt-shape", 2), ("resource-shape", 3)):
        times = 2 if check == "resource-shape" else 1
        assert len([case for case in cases if case.check == check]) == listed + times * len(HOSTILE_NAMES)


def test_node_ids_are_safe_in_shells_and_on_every_system_and_differ(hostile: Seen) -> None:
    nodes = [case.nodeid for case in hostile.run.cases]
    assert len(nodes) == len(set(nodes))
    assert [node for node in nodes if not SAFE.fullmatch(node) or len(node) > 200] == []


def test_keys_of_results_differ(hostile: Seen) -> None:
    keys = [case.key for case in hostile.run.cases]
    assert len(keys) == len(set(keys))


def test_names_come_back_from_the_results_with_only_what_cannot_be_stored_spelled_out(hostile: Seen) -> None:
    spelled = {name.replace("\x00", "‹U+0000›").replace("\ud83d", "‹U+D83D›") for name in HOSTILE_NAMES}  # noqa: RUF001
    told = {case.element.removeprefix("tool:") for case in hostile.run.cases if case.check == "tool-shape"}
    assert spelled <= told


def test_a_test_can_be_run_again_by_the_node_id_that_was_told(project: Path, hostile: Seen) -> None:
    case = next(case for case in hostile.run.cases if case.check == "tool-shape" and HOSTILE_NAMES[0] in case.element)
    command = f"{shlex.quote(sys.executable)} -m pytest --mcp --mcp-db none -q --mcp-report again {case.nodeid}"
    done = subprocess.run(["sh", "-c", command], cwd=project, capture_output=True, text=True, timeout=60, check=False)
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_the_terminal_shows_no_control_characters(hostile: Seen) -> None:
    assert "[hostile/" in hostile.output
    assert [line for line in hostile.output.splitlines() if CONTROL.search(line)] == []


def test_no_line_of_the_output_is_a_command_to_a_ci_service(hostile: Seen) -> None:
    assert [line for line in hostile.output.splitlines() if line.startswith(("::", "##["))] == []


class Page(HTMLParser):
    """Collects what a page would run or load."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self.active: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag == "script"
        self.active += [
            f"{name}={value}" for name, value in attrs if name.startswith("on") or "pwned" in f"{name}{tag}"
        ]
        self.active += [tag] if tag in ("img", "iframe", "object", "embed") else []

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "script"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.scripts.append(data)


def test_the_report_runs_nothing_that_the_server_says(project: Path, hostile: Seen) -> None:
    text = (project / "reports" / "latest" / "index.html").read_text()
    page = Page()
    page.feed(text)
    assert "pwned" in text
    assert not re.search(r"<script[^>]*>[^<]*pwned", text)
    assert [script for script in page.scripts if "<script" in script or "pwned" in script] == []
    assert page.active == []
    assert not CONTROL.search(text)


def test_junit_stays_well_formed(project: Path, hostile: Seen) -> None:
    cases = ET.parse(project / "junit.xml").getroot().iter("testcase")
    assert len(list(cases)) == len(hostile.run.cases)
