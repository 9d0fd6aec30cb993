"""Commands and options of the caller's choice (CWE-78, CWE-94, CWE-88)."""

import posixpath
from collections.abc import Iterator, Sequence

from pytest_mcp.checks.security.evidence import answered, by_argument, changed, told
from pytest_mcp.generation.probes.options import PREFIX
from pytest_mcp.generation.words import listed, words
from pytest_mcp.model.effects import Spawned
from pytest_mcp.model.finding import Confidence, Severity, Violation
from pytest_mcp.model.probe import Aim, Family, ProbedTool, Sent
from pytest_mcp.model.text import inert_line

_MADE_FOR = listed("command cmd shell code script program python javascript bash")
_HANDS_ON = listed("args arguments argv flags options params command cmd")


def injections(tool: ProbedTool) -> Iterator[Violation]:
    """No text may be run as a command or as code."""
    for argument, sent in by_argument(tool.of(Family.COMMAND)):
        proofs = [each for each in sent if _ran(each)]
        if not proofs:
            continue
        design = any(each.probe.aim is Aim.PLAIN for each in proofs) or _is_code(argument, proofs)
        if design:
            yield Violation(
                title=f"runs what it is given in {argument}: it is made for that",
                evidence=told(proofs),
                severity=Severity.INFO,
            )
        else:
            how = "code" if proofs[0].probe.aim is Aim.CODE else "a command"
            yield Violation(
                title=f"runs {how} that was put into {argument}: {proofs[0].probe.what}",
                evidence=told(proofs, f"left behind: {proofs[0].probe.target}"),
                expected="the text taken as a text",
                got=answered(proofs[0]),
            )


def _ran(sent: Sent) -> bool:
    """The file was made, by a program of its own: a server that makes the file by itself took the text for a path."""
    seen, target = sent.call.effects, sent.probe.target
    if seen is None:
        return False
    started = any(_is_touch(each.argv, target) for each in seen.spawned)
    return started or (not seen.complete and changed(sent, target))


def _is_touch(argv: Sequence[str], target: str) -> bool:
    return posixpath.basename(argv[0] if argv else "") == "touch" and target in argv


def _is_code(argument: str, proofs: Sequence[Sent]) -> bool:
    named = set(words(argument)) & _MADE_FOR
    return bool(named) and all(each.probe.aim is Aim.CODE for each in proofs)


def options(tool: ProbedTool) -> Iterator[Violation]:
    """No text may become an option of a program that the server starts."""
    for argument, sent in by_argument(tool.of(Family.OPTION)):
        found = [(rank, each, argv) for each in sent for rank, argv in [_place(each)] if argv]
        if not found:
            continue
        rank, proof, argv = min(found, key=lambda each: each[0])
        title = f"hands {argument} on as an option of {inert_line(posixpath.basename(argv[0]), limit=60)}"
        shown = inert_line(" | ".join(argv), limit=600)
        made_for = bool(set(words(argument)) & _HANDS_ON)
        yield Violation(
            title=f"{title}: {_PLACES[rank]}",
            evidence=told([proof], f"started: {shown}"),
            expected="a refusal, or the value after --",
            got=answered(proof),
            severity=Severity.INFO if made_for else (Severity.HIGH, Severity.HIGH, Severity.LOW)[rank],
            confidence=Confidence.CERTAIN if rank < 2 else Confidence.TENTATIVE,
        )


_PLACES = ("split into words", "in a place of its own", "as the value of another option")


def _place(sent: Sent) -> tuple[int, tuple[str, ...]]:
    """How bad the worst place is where the mark stands in what was started, and that argv; empty for none."""
    mark = f"{PREFIX}{sent.probe.mark}"
    seen = sent.call.effects
    ranked = [(rank, each.argv) for each in (seen.spawned if seen else ()) if (rank := _rank(each, mark, sent)) < 3]
    return min(ranked, default=(3, ()), key=lambda each: each[0])


def _rank(spawned: Spawned, mark: str, sent: Sent) -> int:
    argv = spawned.argv
    at = next((place for place, word in enumerate(argv) if place and word == mark), None)
    if at is None or "--" in argv[1:at]:
        return 3
    if sent.probe.aim is Aim.SPLIT:
        return 0
    before = argv[at - 1]
    return 2 if at > 1 and before.startswith("-") and "=" not in before else 1
