"""The document about the official conformance suite says what its table says, and every failure in it is judged."""

import re
from pathlib import Path

from tests.conformance.run import DOCUMENT, EVERYTHING, GOOD, LISTS, MARKS, REVISIONS, SUITE, WITHOUT_FIXTURES

TEXT = DOCUMENT.read_text()
TABLE, _, AFTER = TEXT.partition(MARKS[0])[2].partition(MARKS[1])
ROWS = re.findall(r"^\| ([a-z0-9-]+) \| (.+) \| (.+) \|$", TABLE, flags=re.MULTILINE)


def test_no_failure_counts() -> None:
    assert len(ROWS) > 60
    failed = [cell for _, *cells in ROWS for cell in cells if "failed" in cell]
    assert failed
    assert [cell for cell in failed if not cell.endswith(("(extension)", "(on purpose)", "(not built)"))] == []


def test_every_failure_is_judged() -> None:
    judged = re.findall(r"^- `([a-z-]+)(?:\.\.\.)?`", AFTER.partition("\n## Found")[0], flags=re.MULTILINE)
    open_ones = ("failed", "warned", "nothing")
    failing = {name for name, *cells in ROWS if any(word in cell for cell in cells for word in open_ones)}
    assert {name for name in failing if not name.startswith(tuple(judged))} == set()
    assert [start for start in judged if not any(name.startswith(start) for name in failing)] == []


def test_both_servers_are_asked_in_both_revisions() -> None:
    for server in (EVERYTHING, GOOD):
        assert f"| {Path(server[0]).name} | {' | '.join(REVISIONS)} |\n" in TABLE
    asked = [name for name, *_ in ROWS]
    for name in (*LISTS, *(each for names in WITHOUT_FIXTURES.values() for each in names)):
        assert asked.count(name) == 2, name


def test_the_version_of_the_suite_is_told() -> None:
    assert SUITE in TEXT
