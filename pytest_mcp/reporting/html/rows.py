"""Every test as one row of the page's own table: columns, gzipped, base64, so that no byte of it is markup."""

import base64
import gzip
import json
from collections.abc import Iterable, Sequence

from pytest_mcp.model.run import CaseResult, Outcome, Run
from pytest_mcp.model.text import inert_line
from pytest_mcp.reporting.html.cut import first_line
from pytest_mcp.reporting.tally import GLYPHS, WORDS, WORST_FIRST

_SILENT = frozenset({Outcome.PASSED})
_WITH_NODEID = frozenset({Outcome.FAILED, Outcome.ERROR, Outcome.BLOCKED})
_ALL_MESSAGES = 400_000
_ALL_NODEIDS = 200_000


def packed(run: Run) -> str:
    """The columns of all tests; the page unpacks them with DecompressionStream. The same run packs the same."""
    text = json.dumps(columns(run), ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode("ascii")


def columns(run: Run) -> dict[str, object]:
    """Legends for the repeated words, then one list per column."""
    servers = list(dict.fromkeys(case.server for case in run.cases))
    checks = list(dict.fromkeys(case.check for case in run.cases))
    server_at = {name: number for number, name in enumerate(servers)}
    check_at = {name: number for number, name in enumerate(checks)}
    red = sum(case.outcome in _WITH_NODEID for case in run.cases)
    limit = _share(_ALL_MESSAGES, sum(case.outcome not in _SILENT for case in run.cases), 160)
    nodeids = red * 100 <= _ALL_NODEIDS
    return {
        "outcomes": [WORDS[each] for each in WORST_FIRST],
        "glyphs": [GLYPHS[each] for each in WORST_FIRST],
        "servers": _lines(servers),
        "checks": _lines(checks),
        "o": [WORST_FIRST.index(case.outcome) for case in run.cases],
        "s": [server_at[case.server] for case in run.cases],
        "c": [check_at[case.check] for case in run.cases],
        "e": _lines(case.element for case in run.cases),
        "i": _lines(case.case for case in run.cases),
        "t": [round(case.duration * 1000) for case in run.cases],
        "m": ["" if case.outcome in _SILENT else inert_line(_told(case), limit=limit) for case in run.cases],
        "n": [inert_line(case.nodeid, 240) if nodeids and case.outcome in _WITH_NODEID else "" for case in run.cases],
    }


def _told(case: CaseResult) -> str:
    return case.findings[0].title if case.findings else first_line(case.message)


def _share(total: int, number: int, most: int) -> int:
    return most if not number else max(24, min(most, total // number))


def _lines(texts: Iterable[str] | Sequence[str]) -> list[str]:
    return [inert_line(text, limit=120) for text in texts]
