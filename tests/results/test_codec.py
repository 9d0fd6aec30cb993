# ruff: noqa: RUF001
"""What is written is read back; what cannot be stored is spelled out, and nothing else is touched."""

from math import inf, isnan, nan
from pathlib import Path

import pytest

from pytest_mcp.model.run import CaseResult, Measurement, Run
from pytest_mcp.results import load_run_file
from pytest_mcp.results.codec import encode, storable
from tests.results.builders import NOW, VERDICT, a_case, a_check, a_failed_case, a_run, a_server


def read_back(folder: Path, *lines: bytes) -> Run:
    path = folder / "results.ndjson"
    path.write_bytes(b"".join(lines))
    return load_run_file(path)


def test_a_run_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    run = a_run(servers=(a_server(),), checks=(a_check(),), verdict=VERDICT, finished_at=NOW, narrowed=("-k",))
    assert read_back(tmp_path, encode("run", run)) == run


@pytest.mark.parametrize("make", [a_case, a_failed_case])
def test_a_case_is_read_back_as_it_was_written(tmp_path: Path, make: object) -> None:
    run = a_run()
    case: CaseResult = make(run.id)  # type: ignore[operator]
    assert read_back(tmp_path, encode("run", run), encode("case", case)).cases == (case,)


@pytest.mark.parametrize(
    ("hostile", "kept"),
    [
        ("a\0b", "a‹U+0000›b"),
        ("\ud800", "‹U+D800›"),
        ("\udcff\0", "‹U+DCFF›‹U+0000›"),
        ("\\u0000", "\\u0000"),
        ("\\\0", "\\‹U+0000›"),
        ("\r\n\t\x1b[31m\u202e\u2028😀", "\r\n\t\x1b[31m\u202e\u2028😀"),
    ],
)
def test_only_characters_that_cannot_be_stored_are_spelled_out(tmp_path: Path, hostile: str, kept: str) -> None:
    run = a_run()
    line = encode("case", a_case(run.id, message=hostile, notes=(hostile,), element=hostile))
    (case,) = read_back(tmp_path, encode("run", run), line).cases
    assert (case.message, case.notes, case.element) == (kept, (kept,), kept)
    assert line.count(b"\n") == 1


def test_a_dict_with_hostile_keys_is_spelled_out_too() -> None:
    assert storable({"a\0": ["\ud800", 1, None, 2.5, True]}) == {"a‹U+0000›": ["‹U+D800›", 1, None, 2.5, True]}


def test_numbers_that_json_does_not_have_are_kept(tmp_path: Path) -> None:
    run = a_run()
    numbers = tuple(Measurement(name="n", value=value, unit="") for value in (inf, -inf, nan, 5e-324, 1.7e308))
    (case,) = read_back(tmp_path, encode("run", run), encode("case", a_case(run.id, measurements=numbers))).cases
    values = [number.value for number in case.measurements]
    assert values[:2] == [inf, -inf] and isnan(values[2]) and values[3:] == [5e-324, 1.7e308]


def test_what_a_newer_version_adds_is_ignored(tmp_path: Path) -> None:
    run = a_run()
    newer = encode("case", a_case(run.id)).replace(b'"key":', b'"novel":{"a":1},"key":')
    assert read_back(tmp_path, encode("run", run), newer, encode("novelty", {})).cases == (a_case(run.id),)
