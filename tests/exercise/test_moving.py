"""Arguments and probes of one box, made for another."""

from dataclasses import replace

from pytest_mcp.exercise.moving import carried, moved, readdressed
from pytest_mcp.model.case import Case, Expect
from pytest_mcp.model.exchange import Ask
from pytest_mcp.model.probe import Aim, Family, Probe
from pytest_mcp.sandbox.planted import world

ONE = replace(world("/b/box1/workspace", (), "http://127.0.0.1:1111/page.html"), outside="/b/box1/outside")
TWO = replace(world("/b/box2/workspace", (), "http://127.0.0.1:2222/page.html"), outside="/b/box2/outside")
CASE = Case(
    id="minimal",
    tool="t",
    arguments={
        "path": "/b/box1/workspace/a.txt",
        "urls": ["http://127.0.0.1:1111/x"],
        "count": 1,
        "home": "/b/box1/home",
    },
    expect=Expect.VALID,
    kind="minimal",
)


def test_paths_and_addresses_are_those_of_the_other_box() -> None:
    assert moved(CASE, ONE, TWO).arguments == {
        "path": "/b/box2/workspace/a.txt",
        "urls": ["http://127.0.0.1:2222/x"],
        "count": 1,
        "home": "/b/box2/home",
    }


def test_nothing_changes_within_a_box_or_without_one() -> None:
    assert moved(CASE, ONE, ONE) == CASE
    assert moved(CASE, None, TWO) == CASE


def test_a_probe_takes_its_target_along() -> None:
    probe = Probe(
        family=Family.PATH,
        aim=Aim.READ,
        argument="/path",
        what="x",
        mark="m",
        case=CASE,
        target="/b/box1/outside/secret.txt",
    )
    assert carried(probe, ONE, TWO).target == "/b/box2/outside/secret.txt"
    assert carried(probe, ONE, ONE) is probe


def test_a_message_speaks_of_the_other_box() -> None:
    ask = Ask(method="resources/read", params={"uri": "file:///b/box1/outside/secret.txt"})
    assert readdressed(ask, ONE, TWO).params == {"uri": "file:///b/box2/outside/secret.txt"}
    assert readdressed(ask, ONE, ONE) is ask
