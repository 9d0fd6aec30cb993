"""What a probe proves, and how bad that is: the sides of each rule that no miniature shows."""

from typing import Any

import pytest

from pytest_mcp.checks.security import addresses, commands, paths, statements
from pytest_mcp.model.call import Answer, Call, Mapped
from pytest_mcp.model.case import Case, Expect
from pytest_mcp.model.effects import Effects, FileEffect, Level, Request, Spawned, Touched
from pytest_mcp.model.exchange import Arrival, Exchange
from pytest_mcp.model.finding import Severity
from pytest_mcp.model.probe import Aim, Family, Probe, Probed, ProbedTool, Sent
from tests.generation.probes.test_probes import PLACED

SECRET = "/work/outside/secret.txt"
NOWHERE = Probed(server="s", level=Level.L3, world=PLACED)
ROOTED = Probed(
    server="s",
    level=Level.L3,
    world=PLACED,
    mapped=(Mapped(where="argument 1", original="x", planted=PLACED.workspace),),
)


def sent(
    family: Family,
    aim: Aim,
    *,
    text: str = "",
    answer: Answer = Answer.RESULT,
    argument: str = "/path",
    target: str = "",
    latency: float | None = 0.01,
    mark: str = "m1",
    **effects: Any,
) -> Sent:
    case = Case(id="x", tool="t", arguments={"path": target}, expect=Expect.INVALID, kind=family)
    arrival = Arrival.TIMEOUT if latency is None else Arrival.REPLY
    at = None if latency is None else latency
    exchange = Exchange(server="s", method="tools/call", id=1, sent=b"", sent_at=0.0, arrival=arrival, first_byte_at=at)
    seen = Effects(level=Level.L3, complete=True, **effects)
    call = Call(case=case, exchange=exchange, answer=answer, text=text, effects=seen)
    probe = Probe(family=family, aim=aim, argument=argument, what="tried", mark=mark, case=case, target=target)
    return Sent(probe=probe, call=call)


def tool(*every: Sent) -> ProbedTool:
    return ProbedTool(tool="t", ground=every[0].call, sent=every)


def read(**more: Any) -> Sent:
    return sent(Family.PATH, Aim.READ, target=SECRET, **more)


def wrote(path: str = SECRET) -> Sent:
    return sent(
        Family.PATH, Aim.WRITE, target=SECRET, files=(FileEffect(path=path, how=Touched.CREATED, inside=False),)
    )


@pytest.mark.parametrize(
    ("probes", "server", "severity"),
    [
        ([read(text="canary-1")], NOWHERE, Severity.LOW),
        ([read(text="canary-1")], ROOTED, Severity.HIGH),
        ([read(text="canary-1"), read(answer=Answer.REFUSED, text="access denied")], NOWHERE, Severity.HIGH),
        ([read(text="canary-1"), read(answer=Answer.REFUSED, text="/a/denied.txt: no")], NOWHERE, Severity.LOW),
        ([wrote()], NOWHERE, Severity.MEDIUM),
        ([wrote()], ROOTED, Severity.HIGH),
        ([read(files=(FileEffect(path=SECRET, how=Touched.READ, inside=False),))], ROOTED, Severity.MEDIUM),
    ],
)
def test_leading_out_is_as_bad_as_the_server_means_to_keep_in(
    probes: list[Sent], server: Probed, severity: Severity
) -> None:
    (violation,) = paths.escapes(tool(*probes), server)
    assert violation.severity is severity


@pytest.mark.parametrize(
    "probe", [read(answer=Answer.REFUSED, text="no"), read(text="hello"), wrote("/work/planted/a")]
)
def test_what_stays_inside_is_no_violation(probe: Sent) -> None:
    assert list(paths.escapes(tool(probe), ROOTED)) == []


def started(*argv: str, aim: Aim = Aim.DASH, argument: str = "/name") -> Sent:
    return sent(Family.OPTION, aim, argument=argument, spawned=(Spawned(argv=argv),))


@pytest.mark.parametrize(
    ("probe", "severity"),
    [
        (started("git", "log", "--mcp-probe-m1"), Severity.HIGH),
        (started("git", "log", "p", "--mcp-probe-m1", aim=Aim.SPLIT), Severity.HIGH),
        (started("git", "log", "--since", "--mcp-probe-m1"), Severity.LOW),
        (started("git", "--mcp-probe-m1", argument="/args"), Severity.INFO),
    ],
)
def test_an_option_is_as_bad_as_its_place(probe: Sent, severity: Severity) -> None:
    (violation,) = commands.options(tool(probe))
    assert violation.severity is severity


@pytest.mark.parametrize(
    "argv",
    [
        ("git", "log", "--", "--mcp-probe-m1"),
        ("git", "log", "--since=--mcp-probe-m1"),
        ("git", "log", "x --mcp-probe-m1"),
        ("git", "log"),
    ],
)
def test_a_value_that_cannot_be_an_option_is_no_violation(argv: tuple[str, ...]) -> None:
    assert list(commands.options(tool(started(*argv)))) == []


def test_a_tool_made_to_run_commands_is_told_as_that() -> None:
    ran = (Spawned(argv=("touch", "/work/outside/ran")),)
    plain = sent(Family.COMMAND, Aim.PLAIN, target="/work/outside/ran", spawned=ran)
    shell = sent(Family.COMMAND, Aim.SHELL, target="/work/outside/ran", spawned=ran)
    assert [each.severity for each in commands.injections(tool(shell))] == [None]
    assert [each.severity for each in commands.injections(tool(shell, plain))] == [Severity.INFO]


def test_a_file_that_the_server_makes_by_itself_is_no_command() -> None:
    file = (FileEffect(path="/work/outside/ran", how=Touched.CREATED, inside=False),)
    probe = sent(Family.COMMAND, Aim.SHELL, target="/work/outside/ran", files=file)
    assert list(commands.injections(tool(probe))) == []


def test_a_guard_with_a_hole_is_worse_than_none() -> None:
    hit = sent(Family.ADDRESS, Aim.HTTP, requests=(Request(method="GET", url="http://127.1/m1.html"),))
    refusal = sent(Family.ADDRESS, Aim.HTTP, answer=Answer.REFUSED, mark="m2")
    assert [each.severity for each in addresses.requests(tool(hit), PLACED, {})] == [Severity.MEDIUM]
    assert [each.severity for each in addresses.requests(tool(hit, refusal), PLACED, {})] == [Severity.HIGH]
    assert list(addresses.requests(tool(refusal), PLACED, {})) == []


def test_a_file_address_that_a_tool_tells_of_is_low() -> None:
    probe = sent(Family.ADDRESS, Aim.FILE, text="canary-1")
    told = {"description": "Takes http:, https: and file: addresses."}
    assert [each.severity for each in addresses.requests(tool(probe), PLACED, told)] == [Severity.LOW]
    assert [each.severity for each in addresses.requests(tool(probe), PLACED, {})] == [Severity.HIGH]


def test_a_tool_that_is_to_write_may_write() -> None:
    plain = sent(Family.STATEMENT, Aim.PLAIN, mark="m1")
    look = sent(Family.STATEMENT, Aim.LOOK, mark="m9", text="('m1',)")
    named = ProbedTool(tool="write_query", ground=plain.call, sent=(plain, look))
    assert list(statements.writes(named, {})) == []
    assert len(list(statements.writes(ProbedTool(tool="read_query", ground=plain.call, sent=(plain, look)), {}))) == 1
    assert len(list(statements.writes(named, {"annotations": {"readOnlyHint": True}}))) == 1


def test_four_times_the_length_may_take_four_times_as_long() -> None:
    def pair(short: float, long: float | None) -> ProbedTool:
        return tool(
            sent(Family.PATTERN, Aim.SHORT, latency=short), sent(Family.PATTERN, Aim.LONG, latency=long, mark="m2")
        )

    assert list(statements.patterns(pair(0.2, 0.8))) == []
    assert list(statements.patterns(pair(0.001, 0.1))) == []
    assert len(list(statements.patterns(pair(0.05, 0.9)))) == 1
    assert [each.severity for each in statements.patterns(pair(0.05, None))] == [Severity.HIGH]
