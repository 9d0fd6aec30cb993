# ruff: noqa: RUF001
"""A secret is found whatever a server puts between its characters, and wherever a text that holds it was cut."""

import json

import pytest

from pytest_mcp.fixtures import CheckFailed, McpReport
from pytest_mcp.inventory import redact
from pytest_mcp.model.finding import Check, Severity, Violation
from pytest_mcp.model.interface import Interface, StartFailure
from pytest_mcp.model.text import inert, inert_line
from pytest_mcp.plugin.shown import cleaned, cleaned_interface
from tests.plugin.conftest import Project

SECRET = "canary-91c2-zebra-55d0"
PARTS = [SECRET[at : at + 8] for at in range(len(SECRET) - 7)]
COLOURED = f"{SECRET[:9]}\x1b[31m{SECRET[9:13]}\x1b[0m{SECRET[13:]}"


def told(text: str) -> list[str]:
    """What 8 characters or more of the secret a text still tells."""
    return [part for part in PARTS if part in inert(text)]


@pytest.mark.parametrize("cut_at", range(1, len(SECRET) + 1))
@pytest.mark.parametrize("end", ["", "…", "\n", "… and more", "...'", "...tail"])
def test_the_head_of_a_secret_before_a_cut_is_hidden(cut_at: int, end: str) -> None:
    shown = redact(f"it said {SECRET[:cut_at]}{end}", (SECRET,))
    assert told(shown) == []
    assert shown.startswith("it said ")
    assert shown.endswith(end)


@pytest.mark.parametrize("cut_at", range(len(SECRET)))
@pytest.mark.parametrize("start", ["", "…", "head...", "\n"])
def test_the_tail_of_a_secret_after_a_cut_is_hidden(cut_at: int, start: str) -> None:
    shown = redact(f"{start}{SECRET[cut_at:]} it said", (SECRET,))
    assert told(shown) == []
    assert shown.startswith(start)
    assert shown.endswith(" it said")


@pytest.mark.parametrize("limit", range(10, 60))
def test_a_line_cut_before_it_was_redacted_tells_nothing(limit: int) -> None:
    assert told(redact(inert_line(f"it said: {SECRET} and went on, {SECRET}", limit), (SECRET,))) == []


def test_what_only_begins_like_a_secret_stays() -> None:
    text = f"x {SECRET[:9]} and y {SECRET[9:]} z"
    assert redact(text, (SECRET,)) == text
    assert redact(f"tool:{SECRET[:9]}", (SECRET,), whole=True) == f"tool:{SECRET[:9]}"
    assert redact("abababababX… ab", ("ababababcd",)) == "abababababX… ab"
    assert redact("abababababab…", ("abababababX",)) == "ab***…"


@pytest.mark.parametrize(
    "between", ["\x1b[31m", "\x9b0m", "‹U+200B›", "\\x1b[1;31m", "\\u001b[0m", "\\u009b0m"], ids=ascii
)
@pytest.mark.parametrize("at", range(1, len(SECRET)))
def test_nothing_between_its_characters_hides_a_secret_from_us(between: str, at: int) -> None:
    text = f"a {SECRET[:at]}{between}{SECRET[at:]} b"
    assert redact(text, (SECRET,)) == cleaned(text, (SECRET,)) == "a *** b"
    assert told(redact(text[: 2 + len(SECRET)], (SECRET,))) == []


def test_text_without_secrets_keeps_what_inert_spelled() -> None:
    assert cleaned("a\u202eb \x1b[31mred", (SECRET,)) == "a‹U+202E›b red"


def test_a_secret_of_several_lines_or_blanks_is_hidden_as_one_line_too() -> None:
    secret = "first  part\tof it\r\nand the second"
    for text in (secret, inert(secret), inert_line(secret)):
        assert redact(f"x {text} y", (secret,)) == "x *** y"


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "text", [SECRET[:8], f"{SECRET[:9]}…", "\x1b[0", "\\x0000", "‹UU", " \x1b", "...", SECRET[-8:]]
)
def test_no_text_makes_redacting_slow(text: str) -> None:
    assert told(redact(text * 100_000 + "0" * 100_000 + " " * 100_000 + "x", (SECRET,)))[2:] == []


def test_redacted_json_stays_json() -> None:
    text = json.dumps({"a": COLOURED, "b": f"\\{COLOURED}", "c": f"\\\\u001b[31m{SECRET}"})
    assert told(str(json.loads(redact(text, (SECRET,), whole=True)))) == []


def test_a_report_redacts_what_is_inert_and_what_checks_have_cut() -> None:
    check = Check(id="x", suite="unit", title="x", severity=Severity.HIGH, reference="", remedy="")
    report = McpReport(
        check=check, server="s", element="", fail_on=Severity.LOW, redact=lambda text: text.replace(SECRET, "***")
    )
    with pytest.raises(CheckFailed) as caught:
        report.judge([Violation(title=COLOURED, evidence=COLOURED, expected=COLOURED, got=COLOURED)])
    report.note(COLOURED)
    assert told(f"{caught.value} {caught.value.summary} {report.findings} {report.notes}") == []
    with pytest.raises(pytest.skip.Exception) as skipped:
        report.inconclusive(COLOURED)
    assert told(str(skipped.value)) == []


def test_what_tests_see_of_a_servers_stderr_is_clean_wherever_they_cut_it() -> None:
    failure = StartFailure(reason=COLOURED, command=(), exit_code=1, stderr_tail=f"{COLOURED}\n{COLOURED}")
    seen = Interface(server="s", connected=False, failure=failure, stderr_head=COLOURED)
    clean = cleaned_interface(seen, (SECRET,))
    assert clean.failure
    for size in range(1, 60):
        assert told(f"{clean.failure.stderr_tail[-size:]}\n{clean.stderr_head[:size]}\n{clean.failure.reason}") == []


def test_a_server_that_colours_or_cuts_its_secrets_shows_none(project: Project) -> None:
    env = {"API_TOKEN": SECRET}
    project.serve("quits", env=env, stderr=f"{COLOURED} " * 400, exit=4)
    named = {"name": COLOURED, "description": COLOURED, "inputSchema": {"type": f"{'x' * 180}{SECRET}"}}
    project.serve("tells", env=env, stderr=f"{'x' * 3990}{SECRET}", tools=[named])
    ran = project.run("-vv", "-rA")
    assert ran.code == 1
    texts = [ran.out, ran.err, ran.junit.read_text(), *(path.read_text() for path in ran.report.iterdir())]
    spelled = ("\\u001b[31m", "\\u001b[0m", "\\x1b[31m", "\\x1b[0m", "#x1B[31m", "#x1B[0m")
    for text in texts:
        assert told(text) == []
        for colour in spelled:
            text = text.replace(colour, "")  # noqa: PLW2901
        assert told(text) == []
