"""``pytest-mcp explain`` says of each check what its declaration and docs/checks.md say."""

import json

import pytest
from click.testing import CliRunner, Result

from pytest_mcp.checks.shipped import every_check, written_of
from pytest_mcp.cli import _guarded, verbs
from tests.suites.declared import UNIT


def explain(*words: str) -> Result:
    """What the verb prints."""
    return CliRunner().invoke(verbs, ["explain", *words])


def test_every_check_of_the_suites_is_known() -> None:
    known = every_check()
    assert set(UNIT) <= set(known)
    assert {name: known[name].check for name in UNIT} == {name: what.check for name, what in UNIT.items()}


@pytest.mark.parametrize("check", UNIT)
def test_what_is_written_of_a_check_says_what_and_why(check: str) -> None:
    assert len(written_of(check).split("\n\n")) >= 2


def test_a_check_is_explained() -> None:
    shown = explain("exits-on-term").output
    what = UNIT["exits-on-term"].check
    for text in (what.title, what.reference, what.remedy, "severity   low", "every transport", "--mcp-deep"):
        assert text in shown
    assert written_of("exits-on-term") in shown


def test_a_check_is_explained_to_machines() -> None:
    shown = json.loads(explain("ping", "--json").output)
    assert (shown["id"], shown["severity"], shown["era"]) == ("ping", "medium", "legacy")
    assert shown["explanation"] == written_of("ping")


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("pong", "there is no check 'pong'; did you mean ping"),
        ("session", "did you mean session-"),
        ("zzz", "docs/checks.md lists them"),
    ],
)
def test_an_unknown_check_is_an_error_that_names_close_ones(
    word: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _guarded(lambda: verbs.main(["explain", word], standalone_mode=False)) == 4
    assert said in capsys.readouterr().err
