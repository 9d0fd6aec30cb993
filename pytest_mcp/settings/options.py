"""One line per option: how it is spelled in each place, and what its value must be."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from pytest_mcp.model.effects import Level
from pytest_mcp.model.finding import Severity
from pytest_mcp.model.run import Suite
from pytest_mcp.settings.values import Gate

# One reader per kind of value: takes what was given and the folder of relative paths, or says what it must be.


def _path(value: Any, folder: Path) -> Path:
    return folder / _text(value, folder)


def _text(value: Any, _: Path) -> str:
    if not isinstance(value, str | Path) or not str(value).strip() or "\0" in str(value):
        raise ValueError("must not be empty; leave it out or give a value")
    return str(value)


def read_seconds(value: Any, _: Path) -> float:
    """A duration; refuses zero, infinity and what is no number."""
    problem = "must be a number of seconds above 0, like 30"
    try:
        seconds = float(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(problem) from None
    if not math.isfinite(seconds) or seconds <= 0:
        raise ValueError(problem)
    return seconds


def _seed(value: Any, _: Path) -> int:
    if not re.fullmatch(r"[0-9]{1,19}", str(value).strip()) or int(value) >= 2**63:
        raise ValueError("must be a whole number from 0 to 2**63-1")
    return int(value)


def _switch(value: Any, _: Path) -> bool:
    if isinstance(value, bool):
        return value
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    return words[_known(value, list(words))]


def _severity(value: Any, _: Path) -> Severity:
    names = {str(severity): severity for severity in Severity}
    return names[_known(value, list(names))]


def _level(value: Any, _: Path) -> Level | None:
    word = _known(value, ["auto", *map(str, Level)])
    return None if word == "auto" else Level(word)


def _one_of(kind: type[StrEnum]) -> Callable[[Any, Path], StrEnum]:
    return lambda value, _: kind(_known(value, [str(member) for member in kind]))


def _known(value: Any, words: list[str]) -> str:
    spelled = str(value).strip().casefold()
    for word in words:
        if word.casefold() == spelled:
            return word
    raise ValueError(f"must be one of {', '.join(words)}{meant(spelled, words)}")


def meant(word: str, words: list[str]) -> str:
    """``; did you mean ...`` when one of the words is close, else nothing."""
    from difflib import get_close_matches

    close = get_close_matches(word, words, n=1)
    return f"; did you mean {close[0]!r}" if close else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """``key`` is the field of Settings; ``name`` as in ``--mcp-NAME``, in the table with underscores."""

    key: str
    read: Callable[[Any, Path], Any]
    name: str = ""
    own_variable: str = ""
    many: bool = False
    per_run: bool = False
    """Asked for by each run anew: never from the environment or the table."""
    hidden: bool = False
    """Its value may hold a password."""

    @property
    def table_key(self) -> str:
        """Its key in the settings table."""
        return self.name or self.key

    @property
    def destination(self) -> str:
        """Its key in the options that the command line was parsed into."""
        return f"mcp_{self.table_key}"

    @property
    def flag(self) -> str:
        """As it is typed."""
        return f"--mcp-{self.table_key.replace('_', '-')}"

    @property
    def variable(self) -> str:
        """The environment variable that sets it; empty when none does."""
        if self.own_variable or self.many or self.per_run:
            return self.own_variable
        return f"PYTEST_MCP_{self.key.upper()}"


OPTIONS = (
    Option(key="config", read=_path, many=True),
    Option(key="only", read=_text, many=True, per_run=True),
    Option(key="suites", read=_one_of(Suite), name="suite", many=True),
    Option(key="seed", read=_seed),
    Option(key="timeout", read=read_seconds),
    Option(key="deep", read=_switch),
    Option(key="deep_seconds", read=read_seconds),
    Option(key="sandbox", read=_level),
    Option(key="fail_on", read=_severity),
    Option(key="gate", read=_one_of(Gate)),
    Option(key="db", read=_text, own_variable="PYTEST_MCP_DATABASE_URL", hidden=True),
    Option(key="report", read=_path),
)
