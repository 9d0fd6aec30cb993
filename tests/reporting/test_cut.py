# ruff: noqa: RUF001
"""Texts and numbers as the page spells them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from pytest_mcp.reporting.html.cut import cut, duration, first_line, moment, shape, short


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "not measured"),
        (0, "0 ms"),
        (0.4124, "412 ms"),
        (3.21, "3.2 s"),
        (252, "4 min 12 s"),
        (119.7, "2 min 0 s"),
        (7260, "2 h 1 min"),
    ],
)
def test_a_length_of_time_is_spelled_as_a_person_reads_it(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


def test_a_moment_is_utc_and_says_so() -> None:
    at = datetime(2026, 7, 31, 16, 2, 11, tzinfo=timezone(timedelta(hours=2)))
    assert moment(at) == "2026-07-31 14:02:11 UTC"
    assert moment(None) == "not finished"
    assert moment(at.astimezone(UTC)) == moment(at)


def test_titles_alike_but_for_names_quotes_and_numbers_have_one_shape() -> None:
    one = shape("accepted 3 of 7 for 'path' in read_file", "time", "tool:read_file", "read_file")
    two = shape('accepted 1 of 20 for "name" in write_file', "git", "tool:write_file", "write_file")
    assert one == two == "accepted * of * for * in *"
    assert shape("exited with 0x1f") == shape("exited with 0xa0")
    assert shape("wrong error code") != shape("no error code")


def test_a_text_is_cut_at_its_limit_in_bytes_between_characters() -> None:
    assert cut("short") == "short"
    assert cut("é" * 10, limit=5) == "éé\n… cut here; all 10 characters are in results.ndjson"
    assert cut("\x00" * 4, limit=4).startswith("‹")


def test_the_first_line_is_the_first_with_something_on_it() -> None:
    assert first_line("\n  \n a \nb") == "a"
    assert first_line("") == ""


def test_a_runs_short_name_is_safe_in_a_path() -> None:
    assert short("8f3a2b1c-5d0e") == "8f3a2b1c"
    assert short("../..") == "run"
