"""Files outside of where a server works, read or written through one of its arguments (CWE-22, CWE-59, CWE-73)."""

from collections.abc import Iterator, Sequence

from pytest_mcp.checks.security.evidence import answered, by_argument, changed, kept_in, opened, told
from pytest_mcp.model.finding import Confidence, Severity, Violation
from pytest_mcp.model.probe import Aim, Family, Probed, ProbedTool, Sent
from pytest_mcp.model.world import World


def rooted(server: Probed) -> bool:
    """Whether the launch names a folder that the server is to work in."""
    world = server.world
    folders = (world.workspace, world.folder, world.repository) if world else ()
    return any(each.planted.rstrip("/") in folders for each in server.mapped)


def escapes(tool: ProbedTool, server: Probed) -> Iterator[Violation]:
    """No path may lead out of where the server works.

    Where nothing says that it keeps its callers in, reading is by design and told as low; writing is not.
    """
    world = server.world
    if world is None:
        return
    for argument, sent in by_argument(tool.of(Family.PATH)):
        written = [each for each in sent if changed(each, each.probe.target, ".git")]
        read = [each for each in sent if each not in written and seen_canary(each, world)]
        touched = [each for each in sent if each not in written and each not in read and _opened(each)]
        claims = rooted(server) or kept_in(sent)
        if proofs := _worst_first(written):
            yield _violation(f"writes outside of where it works, through {argument}", proofs, claims, Severity.MEDIUM)
        if proofs := _worst_first(read):
            yield _violation(f"reads outside of where it works, through {argument}", proofs, claims, Severity.LOW)
        elif not written and (proofs := _worst_first(touched)):
            yield _opening(argument, proofs, claims)


def seen_canary(sent: Sent, world: World) -> bool:
    """The canary came back."""
    received = sent.call.exchange.received or b""
    return bool(world.canary) and (world.canary in sent.call.text or world.canary.encode() in received)


def _opened(sent: Sent) -> bool:
    return sent.probe.aim is Aim.READ and opened(sent, sent.probe.target)


def _worst_first(proofs: Sequence[Sent]) -> list[Sent]:
    """One that leads out of a folder that the same call names is the clearest."""
    return sorted(proofs, key=lambda each: not each.probe.relative)


def _violation(title: str, proofs: list[Sent], claims: bool, open_: Severity) -> Violation:
    kept = claims or proofs[0].probe.relative
    why = "" if kept else "nothing says that it keeps its callers in a folder"
    return Violation(
        title=f"{title}: {proofs[0].probe.what}",
        evidence=told(proofs, *((why,) if why else ())),
        expected="a refusal",
        got=answered(proofs[0]),
        severity=Severity.HIGH if kept else open_,
    )


def _opening(argument: str, proofs: list[Sent], claims: bool) -> Violation:
    """It opened the file, and what it read did not come back."""
    kept = claims or proofs[0].probe.relative
    return Violation(
        title=f"opens a file outside of where it works, through {argument}: {proofs[0].probe.what}",
        evidence=told(proofs, f"opened: {proofs[0].probe.target}"),
        expected="a refusal before the file is opened",
        got=answered(proofs[0]),
        severity=Severity.MEDIUM if kept else Severity.LOW,
        confidence=Confidence.FIRM,
    )
