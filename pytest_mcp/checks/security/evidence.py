"""What is told of a probe that proved something, and what a refusal looks like."""

import json
import re
from collections.abc import Iterable, Sequence
from itertools import groupby

from pytest_mcp.model.call import Answer
from pytest_mcp.model.effects import Effects, Touched
from pytest_mcp.model.probe import ProbedTool, Sent
from pytest_mcp.model.text import inert_line

SHOWN = 400
CHANGED = (Touched.CREATED, Touched.WRITTEN, Touched.REMOVED)
_KEPT_IN = re.compile(
    r"outside|not (?:be )?(?:allowed|permitted|within)|denied|escape|travers|must be (?:relative|within|inside|under)|"
    r"not (?:in|under|inside)\b.*\b(?:allowed|root|director)|forbidden|restricted",
    re.IGNORECASE,
)


def request(sent: Sent) -> str:
    """The call as it was made, to be made again by hand."""
    params = {"name": sent.call.case.tool, "arguments": sent.call.case.arguments}
    return inert_line(f"tools/call {json.dumps(params, ensure_ascii=False, default=str)}", limit=1500)


def answered(sent: Sent) -> str:
    """What the server said, in a line."""
    return inert_line(sent.call.text, limit=SHOWN) or sent.call.exchange.reason or str(sent.call.answer)


def refused(sent: Sent) -> bool:
    """Whether the server said no, openly or not."""
    return sent.call.answer in (Answer.REFUSED, Answer.DISGUISED)


def kept_in(sent: Iterable[Sent]) -> bool:
    """Whether the server refused one of these because of where it leads: it means to keep its callers in."""
    return any(refused(each) and _KEPT_IN.search(_without_paths(each.call.text)) for each in sent)


def _without_paths(text: str) -> str:
    """What the server says itself: the path it repeats has telling words in it."""
    return re.sub(r"\S*/\S*", " ", text)


def effects(sent: Sent) -> Effects | None:
    """What was observed meanwhile."""
    return sent.call.effects


def changed(sent: Sent, path: str, beside: str = "") -> bool:
    """Whether a file at this path, or in this folder, was made, written or removed; not in its folder ``beside``."""
    seen = sent.call.effects
    left_out = f"{path}/{beside}" if beside else "\0"
    files = (each.path for each in (seen.files if seen else ()) if each.how in CHANGED)
    return any(within(each, path) and not within(each, left_out) for each in files)


def opened(sent: Sent, path: str) -> bool:
    """Whether a file at this path, or in this folder, was read."""
    seen = sent.call.effects
    return seen is not None and any(each.how is Touched.READ and within(each.path, path) for each in seen.files)


def within(path: str, folder: str) -> bool:
    """Whether a path is a folder or lies in it."""
    return path == folder or path.startswith(f"{folder}/")


def by_argument(sent: Iterable[Sent]) -> list[tuple[str, Sequence[Sent]]]:
    """Grouped by what was changed: one finding for each, however many probes prove it."""
    ordered = sorted(sent, key=lambda each: each.probe.argument)
    return [(argument, list(group)) for argument, group in groupby(ordered, key=lambda each: each.probe.argument)]


def told(proofs: Sequence[Sent], *more: str) -> str:
    """The evidence: the first probe whole, the others by name."""
    also = [f"also with {each.probe.what}" for each in proofs[1:8]]
    return "\n".join((request(proofs[0]), *more, *also))


def observed(tool: ProbedTool) -> bool:
    """Whether everything that the probes did was observed: else silence proves nothing."""
    return all(each.call.effects is not None and each.call.effects.complete for each in tool.sent)
