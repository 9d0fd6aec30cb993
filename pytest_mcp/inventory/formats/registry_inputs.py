"""What ``server.json`` leaves open for the user to fill in, and where the answers are taken from."""

import re
from collections.abc import Mapping
from typing import Any

from pytest_mcp.inventory import confidential
from pytest_mcp.inventory.entry import EntryError, Surroundings
from pytest_mcp.inventory.variables import input_variable, showable

_NAMED = re.compile(r"\{([^{}]+)\}")


def member(raw: Mapping[str, Any], key: str) -> Any:
    """A member by its name of today, or by that of before September 2025 (``registry_type``)."""
    value = raw.get(key)
    return raw.get(re.sub(r"([A-Z])", lambda capital: "_" + capital[1].lower(), key)) if value is None else value


def objects(raw: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """A member that is a list of objects; none when it is left out."""
    value = member(raw, key)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise EntryError(f"{key} is not a list of objects; make it one")
    return value


class Inputs:
    """Fills in one entry and remembers the answers: by name for the url, and those that are secret."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._secrets: list[str] = []
        self.values: dict[str, str] = {}

    @property
    def secrets(self) -> tuple[str, ...]:
        """Values that the file calls secret, and answers that look it."""
        return tuple(self._secrets)

    def value(self, name: str, raw: Mapping[str, Any], place: str, *, variable: str | None = None) -> str | None:
        """What an argument, variable or header comes to; None when it is optional and nobody gave it."""
        fixed = _text(raw, "value", place)
        value = self.asked(name, raw, place, variable=variable) if not fixed else self._filled(fixed, raw, place)
        if value is not None:
            self.values[name] = value
            if member(raw, "isSecret") is True:
                self._secrets.append(value)
        return value

    def asked(
        self, name: str, raw: Mapping[str, Any], place: str, *, needed: bool = False, variable: str | None = None
    ) -> str | None:
        """The answer to one question: from the environment, else the default."""
        if not showable(name.lstrip("-")):
            raise EntryError(f"{place} has something to fill in without a name; name it")
        asked = variable or input_variable(name)
        given = self._around.environ.get(asked)
        if given is not None:
            self._secrets.extend(confidential.of_env(name, given, self._around.rootdir))
            return given
        default = _text(raw, "default", place)
        if default is not None:
            return default
        if needed or member(raw, "isRequired") is True:
            raise EntryError(f"{name} in {place} would be asked for; set {asked}")
        return None

    def variables(self, raw: Mapping[str, Any], text: str, place: str) -> dict[str, str]:
        """What each ``{name}`` in ``text`` stands for, where ``variables`` has an entry for it."""
        known = member(raw, "variables")
        named = dict.fromkeys(_NAMED.findall(text)) if isinstance(known, dict) else {}
        return {name: self._variable(name, known[name], place) for name in named if isinstance(known.get(name), dict)}

    def _variable(self, name: str, spec: Mapping[str, Any], place: str) -> str:
        fixed = _text(spec, "value", place)
        value = self.asked(name, spec, place, needed=True) or "" if fixed is None else fixed
        if member(spec, "isSecret") is True:
            self._secrets.append(value)
        return value

    def _filled(self, text: str, raw: Mapping[str, Any], place: str) -> str:
        """The value with its ``{name}`` replaced; those without an entry in ``variables`` stay."""
        values = self.variables(raw, text, place)
        return _NAMED.sub(lambda found: values.get(found[1], found[0]), text)


def _text(raw: Mapping[str, Any], key: str, place: str) -> str | None:
    value = raw.get(key)
    if value is not None and not isinstance(value, str):
        raise EntryError(f"{place} has a {key} that is not a string; quote it")
    return value
