"""``${VAR}`` and ``${VAR:-default}`` as Claude Code expands them.

One pass, no nesting, no escape, ``$VAR`` stays; a variable that is set but empty is set. The name is whatever stands
between the braces, and a default ends at a second ``:-``: both are the client's ways, and a harness that is cleverer
than the client would test another server than the one the client starts.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_REFERENCE = re.compile(r"\$\{([^}]+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """A variable and what it stood for."""

    name: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expansion:
    """A text with its variables replaced; ``missing`` are those neither set nor defaulted, left as written."""

    text: str = field(repr=False)
    used: tuple[Used, ...] = ()
    missing: tuple[str, ...] = ()


def expand(text: str, environ: Mapping[str, str]) -> Expansion:
    """Replace every reference in ``text``."""
    used: list[Used] = []
    missing: list[str] = []

    def replaced(reference: re.Match[str]) -> str:
        name, *default = reference[1].split(":-")
        value = environ.get(name, default[0] if default else None)
        if value is None:
            missing.append(name)
            return reference[0]
        used.append(Used(name=name, value=value))
        return value

    return Expansion(text=_REFERENCE.sub(replaced, text), used=tuple(used), missing=tuple(missing))
