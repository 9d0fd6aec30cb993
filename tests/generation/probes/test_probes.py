"""Probes change one argument each, leave a trace of their own, and are made for the arguments that they fit."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mcp.generation.probes import Ground, probes
from pytest_mcp.generation.probes.leaves import leaves, put
from pytest_mcp.model.case import Case, Expect
from pytest_mcp.model.effects import Effects, FileEffect, Level, Request, Spawned, Touched
from pytest_mcp.model.probe import Aim, Family, Probe
from tests.generation.world import WORLD, tool

PLACED = replace(
    WORLD, outside="/work/outside", neighbour="/work/planted_private", suffixes=(".txt", ".md"), canary="canary-1"
)
TEXT = {"type": "string"}
STARTED = Effects(level=Level.L3, complete=True, spawned=(Spawned(argv=("git", "log")),))
WROTE = Effects(
    level=Level.L3, complete=True, files=(FileEffect(path="/work/planted/a.txt", how=Touched.CREATED, inside=True),)
)
QUIET = Effects(level=Level.L3, complete=True)


def made(arguments: dict[str, Any], effects: Effects = QUIET, **schemas: dict[str, Any]) -> list[Probe]:
    properties = {name: schemas.get(name, TEXT) for name in {**arguments, **schemas}}
    case = Case(id="minimal", tool="do_it", arguments=arguments, expect=Expect.VALID, kind="minimal")
    ground = Ground(tool=tool(properties), control=case, world=PLACED, run="r", effects=effects)
    return list(probes(ground))


def of(found: list[Probe], family: Family) -> list[Probe]:
    return [probe for probe in found if probe.family is family]


@given(st.dictionaries(st.sampled_from(["path", "name", "url", "sql", "note"]), st.text(min_size=1), max_size=4))
def test_every_probe_changes_one_argument_and_has_a_mark_of_its_own(arguments: dict[str, str]) -> None:
    found = made(arguments, STARTED)
    for probe in found:
        changed = [name for name, value in probe.case.arguments.items() if arguments.get(name) != value]
        assert changed == [probe.argument.removeprefix("/")]
    marks = [probe.mark for probe in found]
    assert len(set(marks)) == len(marks)
    assert len({repr(probe.case.arguments) for probe in found}) == len(found)


def test_paths_lead_out_in_every_way() -> None:
    found = of(made({"path": f"{PLACED.workspace}/hello.txt"}, WROTE), Family.PATH)
    values = [probe.case.arguments["path"] for probe in found]
    assert values[:4] == [
        "/work/outside/secret.txt",
        "/work/planted/../outside/secret.txt",
        "/work/planted_private/secret.txt",
        "/work/planted/outer-link.txt",
    ]
    assert {probe.aim for probe in found[4:]} == {Aim.WRITE}
    assert all(probe.target.startswith(("/work/outside/new-", "/work/planted_private/new-")) for probe in found[4:])


def test_a_tool_that_only_reads_is_not_asked_to_write() -> None:
    found = of(made({"path": f"{PLACED.workspace}/hello.txt"}), Family.PATH)
    assert {probe.aim for probe in found} == {Aim.READ}


def test_a_relative_path_within_a_folder_of_the_same_call_leads_out_of_that() -> None:
    found = of(made({"repo_path": PLACED.repository, "file_path": "hello.txt"}), Family.PATH)
    (upwards,) = [probe for probe in found if probe.relative]
    assert upwards.case.arguments["file_path"] == "../../outside/secret.txt"


@pytest.mark.parametrize(("arguments", "is_path"), [({"note": "x"}, False), ({"file_path": "x"}, True)])
def test_what_is_no_path_gets_none(arguments: dict[str, str], is_path: bool) -> None:
    assert bool(of(made(arguments), Family.PATH)) is is_path


def test_a_tool_that_starts_nothing_gets_one_command_and_no_option() -> None:
    assert len(of(made({"name": "x"}), Family.COMMAND)) == 1
    assert of(made({"name": "x"}), Family.OPTION) == []
    assert len(of(made({"name": "x"}, STARTED), Family.OPTION)) == 2


def test_code_is_tried_where_something_is_worked_out() -> None:
    found = of(made({"expression": "2 + 2"}), Family.COMMAND)
    assert {probe.aim for probe in found} == {Aim.SHELL, Aim.CODE}


def test_addresses_of_the_own_machine_come_in_six_spellings_and_as_a_file() -> None:
    found = of(made({"url": PLACED.url}), Family.ADDRESS)
    assert [probe.aim for probe in found] == [*[Aim.HTTP] * 6, Aim.FILE]
    assert all(probe.mark in probe.case.arguments["url"] for probe in found[:6])


def test_statements_are_made_where_there_was_one_and_end_in_a_look() -> None:
    found = of(made({"sql": "SELECT 1"}), Family.STATEMENT)
    assert found[0].aim is Aim.PLAIN
    assert found[-1].aim is Aim.LOOK
    assert of(made({"sql": "hello"}), Family.STATEMENT) == []


def test_segments_are_made_for_what_became_a_part_of_an_address() -> None:
    asked = Effects(level=Level.L3, complete=True, requests=(Request(method="GET", url="http://x/items/apple"),))
    assert len(of(made({"item": "apple"}, asked), Family.SEGMENT)) == 3
    assert of(made({"item": "pear"}, asked), Family.SEGMENT) == []


def test_patterns_are_tried_where_the_schema_has_one() -> None:
    found = of(made({"word": "aa"}, word={"type": "string", "pattern": "^a+$"}), Family.PATTERN)
    assert [probe.aim for probe in found[:2]] == [Aim.SHORT, Aim.LONG]
    assert of(made({"word": "aa"}), Family.PATTERN) == []


def test_texts_within_lists_and_objects_are_places_and_few_values_are_none() -> None:
    arguments = {"files": ["a"], "more": {"x/y": "b"}, "mode": "fast"}
    described = {"files": {"type": "array"}, "more": {"type": "object"}, "mode": {"type": "string", "enum": ["fast"]}}
    case = Case(id="minimal", tool="do_it", arguments=arguments, expect=Expect.VALID, kind="minimal")
    found = leaves(tool({**described, "left_out": TEXT}), case)
    assert [leaf.pointer for leaf in found] == ["/files/0", "/more/x~1y", "/left_out"]
    assert put(arguments, "/more/x~1y", "c") == {**arguments, "more": {"x/y": "c"}}
    assert arguments["more"] == {"x/y": "b"}
