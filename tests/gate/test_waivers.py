"""The waivers file: what it says, and what is said of a bad one."""

from datetime import date

import pytest

from pytest_mcp.errors import SettingsError
from pytest_mcp.gate.waivers import parse_waivers
from pytest_mcp.model.server import Source
from pytest_mcp.model.waiver import Waiver

CHECKS = ("tool-name", "tool-description")
GOOD = """\
# known
[[waiver]]
check = "tool-name"
server = "time"
reason = " the client copes "

[[waiver]]
check = "project:tests/test_ours.py::test_it"
server = "git*"
element = "tool:git_*"
reason = "until the next release"
until = 2027-01-31
finding = "0123456789abcdef"
"""
ENTRY = '[[waiver]]\ncheck = "tool-name"\nserver = "time"\nreason = "r"\n'

BAD = {
    "bad TOML": ("[[waiver]]\ncheck = \n", "w.toml:2:9: bad TOML: "),
    "unknown table": ("[waivers]\n", "w.toml: unknown key 'waivers'; write [[waiver]]"),
    "no list": ('[waiver]\ncheck = "tool-name"\n', "w.toml:1: waiver must be a list of tables; write [[waiver]]"),
    "list of texts": ('waiver = ["a"]\n', "w.toml:1: a waiver must be a table; write [[waiver]]"),
    "unknown key": (ENTRY + 'elment = "x"\n', "w.toml:5: unknown key 'elment'; did you mean 'element'; allowed here: "),
    "missing": (ENTRY.replace('reason = "r"\n', ""), "w.toml:1: reason is missing; add it"),
    "no such check": (
        ENTRY.replace("tool-name", "tool-nme"),
        "w.toml:2: check: there is no check 'tool-nme'; did you mean 'tool-name'",
    ),
    "nothing like it": (
        ENTRY.replace("tool-name", "zzz"),
        "w.toml:2: check: there is no check 'zzz'; docs/checks.md lists them",
    ),
    "number": (ENTRY.replace('"time"', "7"), "w.toml:3: server: must be a text with something in it; mend the value"),
    "blank": (ENTRY.replace('"r"', '" "'), "w.toml:4: reason: must be a text with something in it; mend the value"),
    "until in quotes": (ENTRY + 'until = "2027-01-31"\n', "w.toml:5: until: must be a date without quotes and time"),
    "until with time": (ENTRY + "until = 2027-01-31T10:00:00\n", "w.toml:5: until: must be a date without quotes"),
    "finding": (ENTRY + 'finding = "12"\n', "w.toml:5: finding: must be 16 hex digits"),
    "inline": ('waiver = [\n{check = "tool-name", server = "a"}]\n', "w.toml:1: reason is missing; add it"),
    "the second one": (ENTRY + "\n" + ENTRY.replace('"r"', "1"), "w.toml:9: reason: must be a text"),
}


def test_a_file_is_read_in_its_order_with_its_lines() -> None:
    assert parse_waivers(GOOD.replace("\n", "\r\n"), "w.toml", CHECKS) == (
        Waiver(check="tool-name", server="time", reason="the client copes", source=Source(path="w.toml", line=2)),
        Waiver(
            check="project:tests/test_ours.py::test_it",
            server="git*",
            element="tool:git_*",
            reason="until the next release",
            until=date(2027, 1, 31),
            finding="0123456789abcdef",
            source=Source(path="w.toml", line=7),
        ),
    )


@pytest.mark.parametrize("text", ["", "# nothing\n", "waiver = []\n"])
def test_a_file_may_waive_nothing(text: str) -> None:
    assert parse_waivers(text, "w.toml", CHECKS) == ()


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_with_its_line(name: str) -> None:
    text, start = BAD[name]
    with pytest.raises(SettingsError) as caught:
        parse_waivers(text, "w.toml", CHECKS)
    assert str(caught.value).startswith(start)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        parse_waivers('[[waiver]]\ncheck = "zzz"\nserver = 1\n', "w.toml", CHECKS)
    assert len(str(caught.value).splitlines()) == 3


def test_what_a_file_holds_cannot_steer_the_terminal() -> None:
    with pytest.raises(SettingsError) as caught:
        parse_waivers(ENTRY + '"\\u001b[31m\\u202Ex" = 1\n', "w.toml", CHECKS)
    assert str(caught.value).isprintable()
