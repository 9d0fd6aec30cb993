"""Tools with a flaw each."""

import ast
import http.client
import os
import re
import shlex
import sqlite3
import subprocess
import traceback
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from tests.servers.flawed.registry import Flaws, Refused
from tests.servers.offer import text

FLAWS = Flaws()
Arguments = dict[str, Any]


# -- files ------------------------------------------------------------------------------------------------------------


def inside(path: str, root: Path) -> Path:
    """The path, links resolved, where it is within the root."""
    real = Path(os.path.realpath(root / path))
    if not real.is_relative_to(os.path.realpath(root)):
        raise Refused("access denied: the path is outside of the allowed folder")
    return real


def _begins_like(path: str, root: Path) -> Path:
    """The mistake of many: paths compared as texts, links not followed."""
    whole = os.path.normpath(root / path)
    if not whole.startswith(str(root)):
        raise Refused("access denied: the path is outside of the allowed folder")
    return Path(whole)


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, ValueError) as error:
        raise Refused(f"cannot read it: {type(error).__name__}") from None


def _write(path: Path, content: str) -> str:
    try:
        path.write_text(content)
    except (OSError, ValueError) as error:
        raise Refused(f"cannot write it: {type(error).__name__}") from None
    return "written"


PATH = {"path": text("The path of a text file.")}
FLAWS.add(
    "path-containment",
    "reads outside",
    "read_text_file",
    PATH,
    lambda given, root: _read(_begins_like(given["path"], root)),
    lambda given, root: _read(inside(given["path"], root)),
    description="Reads a text file.",
)
FLAWS.add(
    "path-containment",
    "writes outside",
    "save_text_file",
    {**PATH, "content": text("What to write.")},
    lambda given, root: _write(root / given["path"], given["content"]),
    lambda given, root: _write(inside(given["path"], root), given["content"]),
    description="Writes a text file.",
)


# -- programs ---------------------------------------------------------------------------------------------------------


def _run(command: str | list[str]) -> str:
    done = subprocess.run(command, shell=isinstance(command, str), capture_output=True, text=True, timeout=5)
    if done.returncode:
        raise Refused(f"ended with {done.returncode}")
    return done.stdout


def _no_zero(value: str) -> str:
    if "\0" in value:
        raise Refused("no NUL here")
    return value


FLAWS.add(
    "command-injection",
    "a command that was put into",
    "greet_person",
    {"name": text("Who is greeted.")},
    lambda given, root: _run(f"echo hello {_no_zero(given['name'])}"),
    lambda given, root: _run(f"echo hello {shlex.quote(_no_zero(given['name']))}"),
    description="Greets somebody by name.",
)
FLAWS.add(
    "argument-injection",
    "in a place of its own",
    "show_words",
    {"title": text("What is shown.")},
    lambda given, root: _run(["echo", _no_zero(given["title"])]),
    lambda given, root: _run(["echo", "--", _no_zero(given["title"])]),
    description="Shows a title.",
)
FLAWS.add(
    "argument-injection",
    "split into words",
    "show_label",
    {"label": text("What is shown.")},
    lambda given, root: _run(["echo", "label", *_no_zero(given["label"]).split()]),
    lambda given, root: _run(["echo", "label", "--", _no_zero(given["label"])]),
    description="Shows a label.",
)


def _calculated(expression: str) -> str:
    try:
        tree = ast.parse(expression, mode="eval")
    except (SyntaxError, ValueError):
        raise Refused("no expression") from None
    allowed = (ast.Expression, ast.BinOp, ast.UnaryOp, ast.Constant, ast.Add, ast.Sub, ast.Mult, ast.USub)
    if not all(isinstance(node, allowed) for node in ast.walk(tree)):
        raise Refused("numbers, + - * only")
    return str(eval(compile(tree, "expression", "eval"), {"__builtins__": {}}))


def _evaluated(expression: str) -> str:
    try:
        return str(eval(expression))
    except Exception as error:  # noqa: BLE001 - whatever was evaluated
        raise Refused(f"no expression: {type(error).__name__}") from None


FLAWS.add(
    "command-injection",
    "runs code",
    "calculate",
    {"expression": text("An expression such as '2 + 2'.")},
    lambda given, root: _evaluated(given["expression"]),
    lambda given, root: _calculated(given["expression"]),
    description="Works out an arithmetic expression.",
)


# -- addresses --------------------------------------------------------------------------------------------------------


def _fetched(url: str) -> str:
    try:
        with urllib.request.urlopen(url, timeout=3) as page:
            return page.read(10_000).decode("utf-8", "replace")
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise Refused(f"cannot fetch it: {type(error).__name__}") from None


def _guarded(url: str) -> str:
    """One page of loopback is let through, in place of a page of the world: there is no other network here."""
    if urlsplit(url).scheme != "http" or urlsplit(url).hostname != "127.0.0.1" or urlsplit(url).path != "/page.html":
        raise Refused("that address is not allowed")
    return _fetched(url)


FLAWS.add(
    "server-side-requests",
    "asks addresses of its own machine",
    "fetch_page",
    {"url": text("The address.", format="uri")},
    lambda given, root: _fetched(given["url"]),
    lambda given, root: _guarded(given["url"]),
    description="Fetches a page.",
)
FLAWS.add(
    "address-segments",
    "asks another address",
    "fetch_item",
    {"base_url": text("Where the items are.", format="uri"), "item": text("The item, e.g. 'apple'.")},
    lambda given, root: _fetched(f"{given['base_url'].rpartition('/')[0]}/items/{given['item']}"),
    lambda given, root: _fetched(f"{given['base_url'].rpartition('/')[0]}/items/{quote(given['item'], safe='')}"),
    description="Fetches an item.",
)


# -- a database -------------------------------------------------------------------------------------------------------


def _rows(path: Path, sql: str, *, read_only: bool) -> str:
    connection = sqlite3.connect(f"file:{path}?mode={'ro' if read_only else 'rw'}", uri=True, isolation_level=None)
    try:
        if read_only:
            connection.set_authorizer(lambda action, *_: sqlite3.SQLITE_DENY if action == 24 else sqlite3.SQLITE_OK)
            return repr(connection.execute(sql).fetchall())
        *before, last = [part for part in sql.split(";") if part.strip()]
        for part in before:
            connection.execute(part)
        return repr(connection.execute(last).fetchall())
    except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
        raise Refused(f"cannot: {error}") from None
    finally:
        connection.close()


def _first_word(sql: str, root: Path) -> str:
    if not sql.strip().lower().startswith(("select", "with", "explain")):
        raise Refused("only SELECT is allowed")
    return _rows(root / "people.db", sql, read_only=False)


FLAWS.add(
    "sql-write",
    "past its own guard",
    "read_query",
    {"sql": text("A SELECT statement on the table people.")},
    lambda given, root: _first_word(given["sql"], root),
    lambda given, root: _rows(root / "people.db", given["sql"], read_only=True),
    description="Runs a SELECT on a SQLite database.",
)


# -- what tools say and give away -------------------------------------------------------------------------------------

FLAWS.add(
    "read-only-truth",
    "says that it only reads",
    "look_up",
    {"word": text("What is looked up.")},
    lambda given, root: _write(root / "looked-up.txt", "x") and f"{given['word']} is a word",
    lambda given, root: f"{given['word']} is a word",
    description="Looks a word up.",
    annotations={"readOnlyHint": True},
)


def _numbered(given: Arguments, root: Path, *, first: bool) -> str:
    if first:
        (root / "count.txt").write_text("0")
    if not isinstance(given.get("number"), int) or given["number"] > 100:
        raise Refused("number must be at most 100")
    if not first:
        (root / "count.txt").write_text("0")
    return f"counted to {given['number']}"


FLAWS.add(
    "refused-without-effect",
    "after it writes",
    "count_up",
    {"number": {"type": "integer", "description": "At most 100.", "maximum": 100}},
    lambda given, root: _numbered(given, root, first=True),
    lambda given, root: _numbered(given, root, first=False),
    description="Counts.",
)
FLAWS.add(
    "secrets-kept",
    "holds a secret",
    "describe_system",
    {},
    lambda given, root: "\n".join(f"{name}={value}" for name, value in os.environ.items()),
    lambda given, root: f"{len(os.environ)} variables",
    description="Describes the system.",
)


FLAWS.add(
    "errors-tell-little",
    "stack trace",
    "divide_by_word",
    {"word": text("A word, e.g. 'hello'.", minLength=1)},
    lambda given, root: _parsed(given["word"], whole=True),
    lambda given, root: _parsed(given["word"], whole=False),
    description="Divides by the length of a word.",
)


def _parsed(word: str, *, whole: bool) -> str:
    try:
        if not word.isalpha():
            raise ValueError(word)
    except ValueError:
        raise Refused(traceback.format_exc() if whole else "letters only") from None
    return str(100 / len(word))


FLAWS.add(
    "answer-size",
    "MiB at once",
    "list_everything",
    {},
    lambda given, root: "x" * (3 << 20),
    lambda given, root: "x" * 1000,
    description="Lists everything.",
)
FLAWS.add(
    "result-hidden-characters",
    "control characters",
    "list_colours",
    {},
    lambda given, root: "\x1b[31mred\x1b[0m",
    lambda given, root: "red",
    description="Lists the colours.",
)
_FLAT = re.compile(r"^a+$")


def _matched(word: str, pattern: "re.Pattern[str]", most: int) -> str:
    if len(word) > most or not pattern.match(word):
        raise Refused("the letter a only")
    return "matches"


FLAWS.add(
    "slow-texts",
    "gives no answer",
    "match_letters",
    {"letters": text("The letter a, e.g. 'aa'.", pattern="^a+$")},
    lambda given, root: _slowly(str(given.get("letters"))),
    lambda given, root: _matched(str(given.get("letters")), _FLAT, 100),
    description="Matches letters.",
)


def _slowly(word: str) -> str:
    """A pattern whose cost is the square of the length, and more: the start is tried anew at every letter."""
    if re.search(r"a*a*a*b", word) or not _FLAT.match(word):
        raise Refused("the letter a only")
    return "matches"
