"""How a test function of a suite says which check it is."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from pytest_mcp.model.exchange import Step
from pytest_mcp.model.finding import Check, Severity
from pytest_mcp.model.interface import Era
from pytest_mcp.model.run import Suite

_Test = TypeVar("_Test", bound=Callable[..., object])


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A check and where it applies: era and transport it is about (None: all), servers it is generated for."""

    check: Check
    era: Era | None = None
    transport: Literal["stdio", "http"] | None = None
    unreached: bool = False
    """Also generated for servers that did not connect."""
    capability: str = ""
    """Not applicable to a server that does not declare it."""
    member: str | None = None
    """Generated only for elements whose definition has this member."""
    last: bool = False
    """Runs after everything else on its server: it ends the shared connection."""
    asks: Callable[[Any], Sequence[Step]] | None = None
    """What the test sends to a server (an ``McpServer``), in this order: it is sent ahead of the test."""
    starts: str = ""
    """The purpose under which the test starts the server once more; with ``--mcp-deep`` only."""
    deep: bool = False
    """Generated with ``--mcp-deep`` only."""


def check(  # noqa: PLR0913 - a declaration: every argument is named
    check_id: str,
    *,
    severity: Severity,
    reference: str,
    remedy: str,
    era: Era | None = None,
    transport: Literal["stdio", "http"] | None = None,
    unreached: bool = False,
    capability: str = "",
    member: str | None = None,
    last: bool = False,
    asks: Callable[[Any], Sequence[Step]] | None = None,
    starts: str = "",
    deep: bool = False,
) -> Callable[[_Test], _Test]:
    """Declare a test function a check; its docstring's first line is its demand, its folder the suite."""

    def decorate(test: _Test) -> _Test:
        title = (inspect.getdoc(test) or "").partition("\n")[0]
        what = Check(
            id=check_id,
            suite=_suite(test.__module__),
            title=title,
            severity=severity,
            reference=reference,
            remedy=remedy,
        )
        kept = Declared(
            check=what,
            era=era,
            transport=transport,
            unreached=unreached,
            capability=capability,
            member=member,
            last=last,
            asks=asks,
            starts=starts,
            deep=deep,
        )
        test.__dict__["mcp_declared"] = kept
        return test

    return decorate


def declared(test: Any) -> Declared | None:
    """The declaration of a test function, None for one that is no check of ours."""
    found = getattr(test, "mcp_declared", None)
    return found if isinstance(found, Declared) else None


def _suite(module: str) -> str:
    return next((part for part in module.split(".") if part in set(Suite)), Suite.UNIT)
