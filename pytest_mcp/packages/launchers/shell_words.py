"""One simple command of a POSIX shell, taken apart without running anything (pure)."""

import re

_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=", re.ASCII)
_OPERATORS = ";&|<>()`\n"


class NotSimpleError(Exception):
    """The line does more than start one program with fixed words; the message says what."""


def words(line: str, values: dict[str, str], positional: tuple[str, ...] = ()) -> tuple[dict[str, str], list[str]]:
    """Assignments before the command, and the command's words, with ``values`` for its variables.

    ``"$@"`` becomes the positional parameters. ``NotSimpleError`` for operators, substitutions, globs, and variables
    that nobody set.
    """
    own: dict[str, str] = {}
    found: list[str] = []
    for raw in _split(line):
        if not found and (match := _ASSIGNMENT.match(raw)):
            own[match[0][:-1]] = expanded(raw[match.end() :], values)
        elif raw in ('"$@"', "$@", "$*", "${@}", '"${@}"'):
            found.extend(positional)
        else:
            found.append(expanded(raw, values))
    if found[:1] == ["exec"]:
        found = found[1:]
        if found[:1] == ["--"]:
            found = found[1:]
        elif found and found[0].startswith("-"):
            raise NotSimpleError("exec with options")
    return own, found


def _split(line: str) -> list[str]:
    """The raw words, quotes kept; a comment ends the line."""
    found: list[str] = []
    word, quote, at = "", "", 0
    while at < len(line):
        char = line[at]
        if char == "\\" and quote != "'":
            word, at = word + line[at : at + 2], at + 2
            continue
        if not quote and char == "#" and not word:
            break
        if not quote and char in _OPERATORS:
            raise NotSimpleError("more than one simple command")
        if not quote and char in " \t\r":
            found, word = [*found, word] if word else found, ""
        else:
            word += char
            if char in "'\"" and quote in ("", char):
                quote = "" if quote else char
        at += 1
    if quote:
        raise NotSimpleError("a quote that does not end")
    return [*found, word] if word else found


def expanded(raw: str, values: dict[str, str]) -> str:
    """One raw word without its quotes and with its variables replaced."""
    result, at, quote = "", 0, ""
    while at < len(raw):
        char = raw[at]
        if quote == "'":
            quote, result, at = ("", result, at + 1) if char == "'" else (quote, result + char, at + 1)
        elif char == "\\":
            keeps = quote == '"' and raw[at + 1 : at + 2] not in ('"', "\\", "$", "`")
            result, at = result + ("\\" if keeps else "") + raw[at + 1 : at + 2], at + 2
        elif char in "'\"" and quote in ("", char):
            quote, at = ("" if quote else char), at + 1
        elif char == "`" or (char == "$" and raw[at + 1 : at + 2] == "("):
            raise NotSimpleError("the output of another command")
        elif char == "$":
            value, at = _variable(raw, at, values)
            if not quote and re.search(r"[\s*?\[]", value):
                raise NotSimpleError("a variable without quotes that the shell takes apart")
            result += value
        elif not quote and (char in "*?[" or (char == "{" and result[-1:] != "$")):
            raise NotSimpleError("a pattern of file names")
        elif char == "~" and not quote and at == 0:
            if raw[1:2] not in ("", "/") or "HOME" not in values:
                raise NotSimpleError("the home folder of another user")
            result, at = values["HOME"], 1
        else:
            result, at = result + char, at + 1
    if quote:
        raise NotSimpleError("a quote that does not end")
    return result


def _variable(raw: str, at: int, values: dict[str, str]) -> tuple[str, int]:
    """``$NAME``, ``${NAME}``, ``${NAME:-default}``, ``$0`` and ``$1``; the value and where the rest starts."""
    if raw[at + 1 : at + 2] == "{":
        end = _closing(raw, at + 2)
        inner = raw[at + 2 : end]
        name = re.match(r"\w+", inner)
        if name is None:
            raise NotSimpleError("an expansion of its own kind")
        rest = inner[name.end() :]
        value = values.get(name[0])
        if rest.startswith(":-"):
            return (value or expanded(rest[2:], values)), end + 1
        if rest.startswith("-"):
            return (expanded(rest[1:], values) if value is None else value), end + 1
        if rest:
            raise NotSimpleError("an expansion of its own kind")
        return _set(name[0], value), end + 1
    match = re.compile(r"[0-9]|[A-Za-z_]\w*", re.ASCII).match(raw, at + 1)
    if match is None:
        if raw[at + 1 : at + 2] in ("", " ", "/", ".", "-", '"'):
            return "$", at + 1
        raise NotSimpleError("a special parameter")
    return _set(match[0], values.get(match[0])), match.end()


def _closing(raw: str, at: int) -> int:
    depth = 1
    for place in range(at, len(raw)):
        depth += (raw[place] == "{") - (raw[place] == "}")
        if not depth:
            return place
    raise NotSimpleError("a brace that does not end")


def _set(name: str, value: str | None) -> str:
    if value is None:
        raise NotSimpleError("a parameter not given" if name.isdigit() else "a variable that is not set")
    return value
