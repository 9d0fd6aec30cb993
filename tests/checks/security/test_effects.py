"""What counts as a secret of a server, and what a level that does not observe proves."""

from pytest_mcp.checks.security import effects
from pytest_mcp.model.call import Answer, Call
from pytest_mcp.model.case import Case, Expect
from pytest_mcp.model.effects import Effects, Level
from pytest_mcp.model.exchange import Arrival, Exchange
from pytest_mcp.model.server import Launch, Server, Source, Stdio

ENV = (("SERVICE_URL", "http://127.0.0.1:8971"), ("API_TOKEN", "a-token-of-its-own"))


def call(text: str, seen: Effects | None = None) -> Call:
    exchange = Exchange(server="s", method="tools/call", id=1, sent=b"", sent_at=0.0, arrival=Arrival.REPLY)
    case = Case(id="minimal", tool="t", arguments={}, expect=Expect.VALID, kind="minimal")
    return Call(case=case, exchange=exchange, answer=Answer.RESULT, text=text, effects=seen)


def test_only_variables_named_like_secrets_are_secrets() -> None:
    launch = Launch(command="server", env=ENV)
    server = Server(id="s", name="s", source=Source(path=".mcp.json", line=1), transport=Stdio(launch=launch))
    assert effects.secrets_of(server) == ["a-token-of-its-own"]


def test_a_secret_in_an_answer_is_named_and_a_short_value_is_none() -> None:
    (violation,) = effects.secrets_told([call("token: a-token-of-its-own")], ["a-token-of-its-own"])
    assert "secret" in violation.title
    assert list(effects.secrets_told([call("admin")], ["admin"])) == []


def test_a_call_that_was_not_observed_proves_nothing() -> None:
    assert effects.observed([call("x", Effects(level=Level.L3, complete=True))])
    assert not effects.observed([call("x", Effects(level=Level.L2))])
    assert not effects.observed([call("x")])
