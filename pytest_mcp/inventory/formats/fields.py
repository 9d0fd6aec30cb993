"""The fields of one entry, checked; every complaint is an ``EntryError`` that names the field and no value."""

from collections.abc import Callable, Mapping
from typing import Any

from pytest_mcp.inventory.entry import ConfigFile, Entry, EntryError, Kind
from pytest_mcp.model.server import Source

_KINDS: dict[str, Kind] = {
    "stdio": "stdio",
    "http": "http",
    "streamable-http": "http",
    "streamableHttp": "http",
    "sse": "sse",
}


def entry_named(name: str, number: int, file: ConfigFile, line: int, read: Callable[[Entry], Entry]) -> Entry:
    """The entry that ``read`` makes of an empty one, or that one with the reason why it cannot be read."""
    shown = name.encode("utf-8", "backslashreplace").decode() if name.strip() else f"#{number}"
    bare = Entry(name=shown, source=Source(path=file.shown, line=line), folder=file.folder)
    try:
        if not name.strip():
            raise EntryError("its name is empty; give it one")
        if shown != name:
            raise EntryError("its name has a \\u escape that is half of a pair; write the character itself")
        return read(bare)
    except EntryError as problem:
        return Entry(name=shown, source=bare.source, folder=file.folder, problem=str(problem))


def table(raw: Any) -> dict[str, Any]:
    """An entry is an object."""
    if not isinstance(raw, dict):
        raise EntryError("is not an object; write a command or a url into one")
    return raw


def kind_of(raw: Mapping[str, Any]) -> Kind:
    """What the server speaks: by ``type``, else by which of ``command`` and ``url`` there is."""
    local, remote = raw.get("command") is not None, raw.get("url") is not None
    if local and remote:
        raise EntryError("has both command and url; keep one of them")
    if not local and not remote:
        raise EntryError("has neither command nor url; add one of them")
    told = raw.get("type")
    if told is None:
        return "stdio" if local else "http"
    kind = known_kind(told)
    if local != (kind == "stdio"):
        raise EntryError(f"is of type {told!r} but has a {'command' if local else 'url'}; change one of them")
    return kind


def known_kind(told: Any) -> Kind:
    """A ``type`` that there is."""
    if not isinstance(told, str) or told not in _KINDS:
        raise EntryError(f"has an unknown type; use one of {', '.join(_KINDS)}")
    return _KINDS[told]


def is_disabled(raw: Mapping[str, Any]) -> bool:
    """``disabled: true`` as some clients write it, ``enabled: false`` as others do."""
    return switch(raw, "disabled", False) or not switch(raw, "enabled", True)


def switch(raw: Mapping[str, Any], key: str, default: bool) -> bool:
    """True or false; null is the default."""
    value = raw.get(key)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise EntryError(f"{key} is not true or false; write one of them")
    return value


def text(raw: Mapping[str, Any], key: str) -> str:
    """A string with something in it."""
    value = raw[key]
    if not isinstance(value, str):
        raise EntryError(f"{key} is not a string; quote it")
    if not value.strip():
        raise EntryError(f"{key} is empty; fill it in")
    return value


def text_or_none(raw: Mapping[str, Any], key: str) -> str | None:
    """The same for what may be left out."""
    return text(raw, key) if raw.get(key) is not None else None


def texts(raw: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """A list of strings."""
    value = raw.get(key)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise EntryError(f"{key} is not a list of strings; quote every argument")
    return tuple(value)


def pairs(raw: Mapping[str, Any], key: str) -> tuple[tuple[str, str], ...]:
    """An object of strings."""
    value = raw.get(key)
    if value is None:
        return ()
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise EntryError(f"{key} is not an object of strings; quote every value")
    return tuple(value.items())
