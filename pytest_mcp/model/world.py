"""The small known world that a sandboxed server sees, and what it can be asked about it."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What was planted for one sandboxed server. Paths are absolute and as the server sees them.

    Everything lies below ``workspace``, which is also the server's working directory unless its config says otherwise.
    ``url`` is a page of a stub on loopback that answers every path, empty where the sandbox has none.
    """

    workspace: str
    folder: str
    """A folder with a few files of its own."""
    text: str
    """A text file of several lines."""
    json: str
    csv: str
    image: str
    """A small PNG."""
    pdf: str
    spreadsheet: str
    """An xlsx file with the sheet ``sheet``."""
    sheet: str
    markdown: str
    source: str
    """A Python file with a function in it."""
    repository: str
    """A git repository with two branches, a tag and a few commits."""
    branch: str
    commits: tuple[str, ...] = ()
    """Full hashes, newest first; empty where git is not there."""
    database: str
    """A SQLite file with the table ``table``."""
    table: str
    columns: tuple[str, ...] = ()
    missing: str
    """A path in the workspace where nothing is, but could be written."""
    url: str = ""
    outside: str = ""
    """A folder beside the workspace that nobody told the server of: ``secret`` with each of ``suffixes``, and a folder
    and git repository ``secret``, all with the canary in them."""
    neighbour: str = ""
    """The same in a folder whose path begins as the workspace's does."""
    suffixes: tuple[str, ...] = ()
    canary: str = field(default="", repr=False)
    """A text that is nowhere but in those."""
    secret: str = field(default="", repr=False)
    """The value of a variable in the server's environment that nobody but the server has a use for."""
