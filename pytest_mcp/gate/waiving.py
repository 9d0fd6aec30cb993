"""What a waiver is about, and what it does to findings: pure, so that tests, gate and workers agree."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date
from fnmatch import fnmatchcase

from pytest_mcp.model.finding import Finding
from pytest_mcp.model.run import Outcome, Run
from pytest_mcp.model.text import inert_line
from pytest_mcp.model.waiver import Waiver

_CLEAN = frozenset({Outcome.PASSED, Outcome.RECORDED})


def is_about(waiver: Waiver, check: str, names: Collection[str], element: str) -> bool:
    """Whether a test may give what the waiver accepts; ``names`` are the server's id and its name.

    A test for a server as a whole (no ``element``) may have findings about any element.
    """
    return (
        waiver.check == check
        and any(_fits(waiver.server, name) for name in names)
        and (not waiver.element or not element or _fits(waiver.element, element))
    )


def accepts(waiver: Waiver, finding: Finding, names: Collection[str]) -> bool:
    """Whether the waiver is for this finding, be it expired or not."""
    return (
        waiver.check == finding.check
        and any(_fits(waiver.server, name) for name in names)
        and (not waiver.element or _fits(waiver.element, finding.element))
        and waiver.finding in ("", finding.fingerprint)
    )


def is_strict(waiver: Waiver, server: str, element: str, others: Iterable[str]) -> bool:
    """Whether a waiver that is about a test is for this one alone, so that it has to go once the finding has.

    ``others`` are the names of the other servers: an entry with two transports has one name for both, and its waiver
    may be for either. A glob may be for any of many tests; whether it is needed, only the whole run can say.
    """
    return waiver.server == server and server not in others and element in ("", waiver.element)


def waive(finding: Finding, waivers: Sequence[Waiver], names: Collection[str], today: date) -> Finding:
    """The finding as it stands beside the waivers: accepted by the first that counts, or told of one that expired."""
    fitting = [waiver for waiver in waivers if accepts(waiver, finding, names)]
    for waiver in fitting:
        if not waiver.expired(today):
            return replace(finding, waived=f"{waiver.source}: {inert_line(waiver.reason, limit=500)}")
    if not fitting:
        return finding
    last = max(fitting, key=lambda waiver: waiver.until or date.min)
    told = f"waiver expired on {last.until} ({last.source}): mend it, or renew the waiver"
    return replace(finding, remedy="; ".join(filter(None, (told, finding.remedy))))


def unused(run: Run, waivers: Iterable[Waiver]) -> tuple[Waiver, ...]:
    """The waivers that nothing in a whole run needs, in their order.

    Needed is one that accepts a finding, that is about a test which could not say, or that is for a server which could
    not be reached: nothing is known of these.
    """
    return tuple(waiver for waiver in waivers if not _is_needed(run, waiver))


def _is_needed(run: Run, waiver: Waiver) -> bool:
    names = {server.id: (server.id, server.name) for server in run.servers}
    if any(_fits(waiver.server, name) for server in run.servers if not server.connected for name in names[server.id]):
        return True
    about = [
        case for case in run.cases if is_about(waiver, case.check, names.get(case.server, (case.server,)), case.element)
    ]
    return any(
        case.outcome not in _CLEAN
        or any(accepts(waiver, finding, names.get(case.server, (case.server,))) for finding in case.findings)
        for case in about
    )


def _fits(pattern: str, name: str) -> bool:
    """Exactly, or as a glob: names may hold brackets of their own."""
    return pattern == name or fnmatchcase(name, pattern)
