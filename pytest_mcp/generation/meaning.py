"""What a string or number is likely to mean, by its name, format and description, in the planted world."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pytest_mcp.generation.words import words
from pytest_mcp.model.world import World

_KINDS = (
    ("spreadsheet", "xlsx xls excel workbook workbooks spreadsheet sheet worksheet"),
    ("database", "sqlite sqlite3 database db"),
    ("image", "image png jpg jpeg photo picture media screenshot"),
    ("pdf", "pdf"),
    ("csv", "csv"),
    ("json", "json"),
    ("markdown", "markdown md"),
    ("source", "python source code module"),
)
_MAKES = frozenset(("create", "write", "save", "new", "make", "export", "download", "generate", "init"))
_WRITES_ROWS = frozenset(("insert", "update", "delete", "write", "modify", "execute"))
_PROJECT = frozenset(("repo", "repository", "git"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One value to make: its name, what is said of it, the tool it is for, and what else that tool takes."""

    name: str
    text: str
    tool: str
    kind: str
    format: str = ""
    beside: str = ""

    @property
    def words(self) -> tuple[str, ...]:
        """Of the field's name."""
        return words(self.name)

    @property
    def about(self) -> frozenset[str]:
        """Every word that is said of the field and its tool."""
        return frozenset((*words(self.name), *words(self.tool), *words(self.text[:2000])))


def meanings(field: Field, world: World) -> Iterator[str | int]:
    """Values that may be meant, the likeliest first; nothing when the name tells nothing."""
    if field.kind in ("integer", "number"):
        yield from _numbers(field)
        return
    if field.format in _FORMATS:
        yield _FORMATS[field.format]
    if field.format in ("uri", "url", "uri-reference", "iri"):
        yield world.url or "https://example.com/"
    if "base64" in field.name.lower():
        yield _FORMATS["byte"]
    named, said = set(field.words), set(words(field.text.partition(".")[0][:200])) & _TELLING
    sure = named - _WEAK or named
    for told in (sure, said, named) if named & _WEAK else (named, said):
        for wanted, find in _RULES:
            if wanted & told:
                yield from find(field, world)
    if field.name.lower() in ("q", "s", "x", "a", "b"):
        yield "hello"


_FORMATS = {
    "date": "2026-01-15",
    "date-time": "2026-01-15T10:30:00Z",
    "time": "10:30:00Z",
    "duration": "PT1H",
    "email": "planted@example.com",
    "hostname": "localhost",
    "ipv4": "127.0.0.1",
    "ipv6": "::1",
    "uuid": "3f2b8c1e-7a4d-4e9b-9c5f-2d6a1b8e0f47",
    "regex": "hello",
    "json-pointer": "/id",
    "byte": "aGVsbG8=",
}


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _planted_file(field: Field, world: World) -> str:
    """The file whose kind is spoken of, nearest to the field first."""
    for spoken in map(words, (field.name, field.text, field.tool, field.beside)):
        for kind, named in _KINDS:
            if _set(named) & set(spoken):
                return str(getattr(world, kind))
    return world.text


def _is_folder(field: Field) -> bool:
    told = set(words(field.tool)) | set(field.words)
    return bool(
        told & _set("dir directory directories folder tree list search glob index workspace project cwd")
    ) and not (told & _set("file files filepath filename read"))


def _paths(field: Field, world: World) -> Iterator[str]:
    tool = set(words(field.tool))
    if tool & _set("clone init"):
        yield f"{world.workspace}/made-here"
    if _PROJECT & (tool | set(field.words)):
        yield "hello.txt" if set(field.words) & _set("file files filepath filename") else world.repository
    if _is_folder(field):
        yield world.folder
        yield world.workspace
    if set(field.words) & _set("destination dest target output out to new") or tool & _MAKES:
        file = _planted_file(field, world)
        yield f"{world.workspace}/made-{'-'.join(tool & _MAKES) or 'new'}{_suffix(file)}"
    yield _planted_file(field, world)
    yield world.workspace


def _suffix(path: str) -> str:
    return "." + path.rpartition("/")[2].rpartition(".")[2]


def _names_of_files(field: Field, world: World) -> Iterator[str]:
    only_name = field.words[-1:] == ("name",) or "filename" in field.words
    for path in _paths(field, world):
        relative = path.removeprefix(f"{world.workspace}/")
        yield from (relative, path) if only_name else (path, relative)


def _folders(field: Field, world: World) -> Iterator[str]:
    if _PROJECT & field.about:
        yield world.repository
    yield world.workspace
    yield world.folder


def _statement(field: Field, world: World) -> Iterator[str]:
    told = set(words(field.tool))
    first, second = (*world.columns, "id", "name")[1:3]
    if told & _set("create table") == {"create", "table"}:
        yield "CREATE TABLE planted_notes (id INTEGER PRIMARY KEY, text TEXT)"
    if told & _WRITES_ROWS:
        yield f"INSERT INTO {world.table} ({first}, {second}) VALUES ('Alan', 41)"  # noqa: S608 - in the planted world
    if field.about & _set("sql sqlite select statement database table postgres mysql duckdb"):
        yield f"SELECT * FROM {world.table} LIMIT 5"  # noqa: S608 - in the planted world


def _queries(field: Field, world: World) -> Iterator[str]:
    yield from _statement(field, world)
    yield "hello"


def _commits(field: Field, world: World) -> Iterator[str]:
    yield "HEAD"
    yield from world.commits[:1]
    yield "feature"


def _branches(field: Field, world: World) -> Iterator[str]:
    if set(words(field.tool)) & _MAKES:
        yield "planted-branch"
    yield world.branch
    yield "feature"


def _identifiers(field: Field, world: World) -> Iterator[str]:
    if field.about & _set("uuid guid"):
        yield _FORMATS["uuid"]
    yield "1"


def _addresses(field: Field, world: World) -> Iterator[str]:
    if _PROJECT & set(words(field.tool)):
        yield f"{world.workspace}/origin.git"
    yield world.url
    yield "https://example.com/"


def _said(*values: str) -> "Callable[[Field, World], Iterator[str]]":
    return lambda _field, _world: iter(values)


_RULES: tuple[tuple[frozenset[str], Callable[[Field, World], Iterator[str]]], ...] = (
    (_set("timezone tz zone"), _said("Europe/Berlin", "UTC")),
    (_set("url uri urls href link endpoint website webpage"), _addresses),
    (_set("sql statement"), _statement),
    (_set("sheet sheetname worksheet tab"), lambda _, world: iter((world.sheet,))),
    (_set("range"), _said("A1:B2")),
    (_set("cell cells"), _said("A1")),
    (_set("column col"), _said("A")),
    (_set("table tablename"), lambda _, world: iter((world.table,))),
    (_set("repo repository"), lambda _, world: iter((world.repository,))),
    (_set("dir directory folder root cwd workspace workdir basedir"), _folders),
    (_set("path paths filepath file files filename pathname source src destination dest"), _names_of_files),
    (_set("datetime timestamp"), _said("2026-01-15T10:30:00Z")),
    (_set("date day since until"), _said("2026-01-15")),
    (_set("time"), _said("14:30")),
    (_set("email mail"), _said("planted@example.com")),
    (_set("regex regexp"), _said("hello")),
    (_set("pattern glob"), _said("*.txt", "hello", "*.py", "*")),
    (_set("cron schedule"), _said("0 9 * * 1")),
    (_set("locale lang language"), _said("en", "python")),
    (_set("country"), _said("DE")),
    (_set("currency"), _said("EUR")),
    (_set("color colour"), _said("#336699")),
    (_set("branch"), _branches),
    (_set("commit ref revision sha hash rev"), _commits),
    (_set("tag"), _said("v1.0")),
    (_set("remote"), _said("origin")),
    (_set("version"), _said("1.0.0")),
    (_set("package library dependency"), _said("requests")),
    (_set("expression equation formula math"), _said("2 + 2")),
    (_set("selector"), _said("body")),
    (_set("function fn"), _said("() => 1")),
    (_set("code script snippet"), _said("1 + 1")),
    (_set("query queries search keyword keywords term terms"), _queries),
    (_set("base64"), _said("aGVsbG8=")),
    (_set("mime mimetype"), _said("text/plain")),
    (_set("encoding charset"), _said("utf-8")),
    (_set("host hostname ip"), _said("127.0.0.1")),
    (_set("id ids uuid guid identifier"), _identifiers),
    (_set("owner org organization user username author"), _said("planted")),
    (_set("status state"), _said("open")),
    (
        _set("message content contents text body note comment thought observation data value input prompt"),
        _said("hello world"),
    ),
    (_set("name title label topic subject key"), _said("planted")),
)
_WEAK = _set("source src destination dest target at from to value data input key")
"""Words of a name that tell less than what is said of the field."""
_TELLING = _set(
    "timezone url uri sql sheet worksheet range cell column table repository directory folder path file date email "
    "regex glob cron branch commit tag selector expression"
)
"""Words that tell what a field holds even when only its description has them."""
_COUNTS = _set(
    "limit count max size top pages items results lines depth n total length number amount times steps retries"
)


def _numbers(field: Field) -> Iterator[int]:
    told = set(field.words)
    if told & _set("offset skip start index begin from since"):
        yield 0
        yield 1
    elif told & _set("width height"):
        yield 200
    elif told & _set("port"):
        yield 8080
    elif told & _set("year"):
        yield 2026
    elif told & _set("timeout") and told & _set("ms milliseconds millis"):
        yield 5000
    elif told & _set("timeout"):
        yield 5
    elif told & _COUNTS:
        yield 2
    yield 1
