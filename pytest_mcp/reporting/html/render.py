"""From the counted page to HTML: everything is escaped and made inert on its way out, whatever a template forgets."""

import base64
import hashlib
from collections.abc import Sequence
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pytest_mcp.model.run import Outcome, Run, RunSummary
from pytest_mcp.model.text import inert
from pytest_mcp.reporting.html.cut import moment, short
from pytest_mcp.reporting.html.page import WORD_GLYPHS, others, page
from pytest_mcp.reporting.tally import GLYPHS, WORDS

TEMPLATES = resources.files("pytest_mcp.reporting.html") / "templates"


def render(run: Run, *, history: Sequence[RunSummary] = (), artifacts: Sequence[str] = ("results.ndjson",)) -> str:
    """The whole report as one HTML document; the same run always gives the same bytes."""
    style, script = _asset("report.css"), _asset("report.js")
    values = {
        "page": page(run, history=history, artifacts=artifacts),
        "style": Markup(style),  # noqa: S704 - our own file
        "script": Markup(script),  # noqa: S704 - our own file
        "policy": _policy(style, script),
    }
    return _environment().get_template("report.html").render(values)


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("pytest_mcp.reporting.html"),
        autoescape=True,
        finalize=_inert,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.filters |= {"n": _number, "moment": moment, "short": short, "others": others}
    environment.globals |= {"Outcome": Outcome, "GLYPHS": GLYPHS, "WORDS": WORDS, "WORD_GLYPHS": WORD_GLYPHS}
    return environment


def _inert(value: Any) -> Any:
    return inert(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _number(value: int) -> str:
    return f"{value:,}"


def _asset(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8").strip()


def _policy(style: str, script: str) -> str:
    """Nothing may load and nothing may run but this style and this script."""
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
