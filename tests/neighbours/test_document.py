"""The document about neighbours has a row for each, and every conflict in it is explained."""

import re

from tests.neighbours.run import DOCUMENT, MARKS, PLUGINS, SDK, WORKS

TEXT = DOCUMENT.read_text()
TABLE, _, AFTER = TEXT.partition(MARKS[0])[2].partition(MARKS[1])
ROWS = {
    name: cells
    for name, *cells in re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", TEXT, re.MULTILINE)
}


def test_every_neighbour_has_a_row() -> None:
    assert {*SDK, *PLUGINS} == set(ROWS) - {"neighbour"}


def test_it_works_beside_every_kind_of_sdk() -> None:
    assert {name: ROWS[name][1:] for name in SDK} == dict.fromkeys(SDK, [WORKS] * 3)
    assert ROWS["no mcp"][0] == "none"


def test_what_does_not_work_is_explained() -> None:
    explained = {name for line in AFTER.splitlines() for name in re.findall(r"`([a-z-]+)`", line)}
    broken = {
        name.partition(" ")[0] for name, cells in ROWS.items() if name != "neighbour" and set(cells[1:]) != {WORKS}
    }
    assert broken
    assert broken <= explained
