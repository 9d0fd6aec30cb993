"""A package as a command names it: ``name``, ``name==1.2``, ``@scope/name@^1``, ``git+https://...`` (pure)."""

import re
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement

from pytest_mcp.model.package import Pin

_NPM_NAME = re.compile(r"(?:@[a-z0-9~_.-]+/)?[a-z0-9~_-][a-z0-9~_.-]*", re.IGNORECASE)
_NPM_VERSION = re.compile(r"[=v]?\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?")
_AT_VERSION = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?@(?P<version>[\w.+!-]+)")
_COMMIT = re.compile(r"[@#][0-9a-f]{40}(?:#|\Z)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """``name`` is empty when only its files know it (a git or archive url, a folder); ``place`` is then where."""

    text: str
    name: str
    pin: Pin
    version: str = ""
    """The one version of an exact pin, as the command spells it."""
    extras: frozenset[str] = frozenset()
    place: str = ""


def npm_spec(text: str) -> Spec:
    """What ``npx`` takes: a name with ``@`` and a version, a range or a tag; or a place."""
    name, version = text, ""
    at = text.find("@", 1)
    if at > 0:
        name, version = text[:at], text[at + 1 :]
    if not is_npm_name(name):
        return _placed(text, "")
    if version.startswith("npm:"):
        return npm_spec(version[4:])
    if ":" in version or "/" in version:
        return _placed(text, name)
    if version == "latest":
        return Spec(text=text, name=name, pin=Pin.LATEST)
    if _NPM_VERSION.fullmatch(version):
        return Spec(text=text, name=name, pin=Pin.EXACT, version=version.lstrip("=v"))
    return Spec(text=text, name=name, pin=Pin.FLOATING)


def is_npm_name(name: str) -> bool:
    """Whether npm could install a package of this name: no path leads out of ``node_modules`` with it."""
    return len(name) <= 214 and _NPM_NAME.fullmatch(name) is not None and name.lower() != "node_modules"


def python_spec(text: str) -> Spec:
    """What ``uvx`` and ``pipx`` take: a requirement, ``name@version``, or a place."""
    if (found := _AT_VERSION.fullmatch(text)) and not found["version"].startswith("."):
        if found["version"] == "latest":
            return Spec(text=text, name=found["name"], pin=Pin.LATEST)
        return Spec(text=text, name=found["name"], pin=Pin.EXACT, version=found["version"])
    try:
        wanted = Requirement(text)
    except InvalidRequirement:
        return _placed(text, "")
    extras = frozenset(wanted.extras)
    if wanted.url is not None:
        return _placed(wanted.url, wanted.name)
    exact = [one.version for one in wanted.specifier if one.operator in ("==", "===") and "*" not in one.version]
    return Spec(
        text=text,
        name=wanted.name,
        pin=Pin.EXACT if exact else Pin.FLOATING,
        version=exact[0] if exact else "",
        extras=extras,
    )


def _placed(place: str, name: str) -> Spec:
    """A commit names one content; a branch, a tag or an archive may move; a folder is installed already."""
    if re.match(r"\.{0,2}/|~|file:", place) or place in (".", ".."):
        pin = Pin.INSTALLED
    else:
        pin = Pin.EXACT if _COMMIT.search(place) else Pin.FLOATING
    return Spec(text=place, name=name, pin=pin, place=place)
