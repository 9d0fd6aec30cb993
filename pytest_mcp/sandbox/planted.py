"""The small known world, made once a run: files of the kinds tools ask for, a repository, a database, canaries."""

import os
import shutil
import sqlite3
import struct
import subprocess
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from pytest_mcp.model.world import World

TABLE, COLUMNS, SHEET, BRANCH = "people", ("id", "name", "age"), "Sheet1", "main"
People = tuple[tuple[int, str, int], ...]
PEOPLE: People = ((1, "Ada", 36), (2, "Grace", 45), (3, "Edsger", 41))
GIT_SECONDS = 20
BESIDE = "_private"
"""What the name of the workspace's neighbour ends in."""
SECRET = "PLANTED_API_TOKEN"  # noqa: S105 - the name of a variable
SUFFIXES = (".txt", ".md", ".csv", ".json", ".py", ".pdf", ".xlsx", ".db")
LURE = "outer-link"
"""Links in the workspace that lead out, one for each suffix and one without."""
_TEXT = "The quick brown fox\njumps over the lazy dog.\nhello world\n"
_SOURCE = (
    '"""A planted module."""\n\n\ndef greet(name: str) -> str:\n    """Say hello."""\n    return f"hello {name}"\n'
)
_XLSX = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
    'Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    f'<sheets><sheet name="{SHEET}" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" '
    'Target="worksheets/sheet1.xml"/></Relationships>',
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """Folders to be copied into a box: the ``workspace``, its look-alike neighbour, what lies ``outside``, the home."""

    workspace: Path
    neighbour: Path
    outside: Path
    home: Path
    bin: Path
    canary: str
    """The text of every canary; nothing else in the world has it."""
    commits: tuple[str, ...]
    secret: str = ""
    """The value of ``SECRET`` in the environment of every server."""


def plant(folder: Path, canary: str, secret: str = "") -> Planted:
    """Make everything below ``folder``, which must not be there yet."""
    workspace = folder / "workspace"
    workspace.mkdir(parents=True)
    _files(workspace)
    _database(workspace / "people.db")
    commits = _repository(workspace / "repo")
    outside, neighbour = folder / "outside", folder / f"workspace{BESIDE}"
    _secrets(outside, canary, workspace / "repo")
    shutil.copytree(outside, neighbour, symlinks=True)
    home = folder / "home"
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh" / "id_ed25519").write_text(f"{canary}\n")
    (home / ".gitconfig").write_text("[user]\n\tname = Planted\n\temail = planted@example.invalid\n")
    (folder / "bin").mkdir()
    return Planted(
        workspace=workspace,
        neighbour=neighbour,
        outside=outside,
        home=home,
        bin=folder / "bin",
        canary=canary,
        commits=commits,
        secret=secret,
    )


def world(workspace: str, commits: tuple[str, ...], url: str, outside: str = "", canary: str = "") -> World:
    """What is planted, at the place where the server sees it."""
    return World(
        workspace=workspace,
        folder=f"{workspace}/notes",
        text=f"{workspace}/hello.txt",
        json=f"{workspace}/planted.json",
        csv=f"{workspace}/people.csv",
        image=f"{workspace}/pixel.png",
        pdf=f"{workspace}/page.pdf",
        spreadsheet=f"{workspace}/book.xlsx",
        sheet=SHEET,
        markdown=f"{workspace}/README.md",
        source=f"{workspace}/planted.py",
        repository=f"{workspace}/repo",
        branch=BRANCH,
        commits=commits,
        database=f"{workspace}/people.db",
        table=TABLE,
        columns=COLUMNS,
        missing=f"{workspace}/new.txt",
        url=url,
        outside=outside,
        neighbour=f"{workspace}{BESIDE}",
        suffixes=SUFFIXES,
        canary=canary,
    )


def _files(workspace: Path) -> None:
    rows = "".join(f"{','.join(map(str, row))}\n" for row in PEOPLE)
    (workspace / "hello.txt").write_text(_TEXT)
    (workspace / "README.md").write_text("# Planted\n\nA small world for tests.\n\n- one\n- two\n")
    (workspace / "planted.json").write_text('{"id": 1, "name": "planted", "items": [1, 2, 3]}\n')
    (workspace / "people.csv").write_text(f"{','.join(COLUMNS)}\n{rows}")
    (workspace / "planted.py").write_text(_SOURCE)
    (workspace / "pixel.png").write_bytes(_png())
    (workspace / "page.pdf").write_bytes(_pdf("Planted page"))
    _xlsx(workspace / "book.xlsx")
    (workspace / "notes").mkdir()
    for name in ("one", "two"):
        (workspace / "notes" / f"{name}.md").write_text(f"# {name}\n\nA note about hello world.\n")
    (workspace / "inner-link").symlink_to("hello.txt")


def _secrets(folder: Path, canary: str, repository: Path) -> None:
    """Files that nobody told the server of, a folder of them, which is a repository too; the canary in all."""
    secret = folder / "secret"
    if (repository / ".git").exists():
        shutil.copytree(repository, secret, symlinks=True)
        (secret / "secret.txt").write_text(f"{canary}\n")
        _git(secret, "add", "secret.txt")
        _git(secret, "commit", "-q", "-m", canary)
    secret.mkdir(parents=True, exist_ok=True)
    (secret / f"{canary}.txt").write_text(f"{canary}\n")
    for suffix in (".txt", ".md", ".csv", ".py"):
        (folder / f"secret{suffix}").write_text(f"{canary}\n")
    (folder / "secret.json").write_text(f'{{"name": "{canary}"}}\n')
    (folder / "secret.pdf").write_bytes(_pdf(canary))
    _xlsx(folder / "secret.xlsx", ((1, canary, 1),))
    _database(folder / "secret.db", ((1, canary, 1),))


def _png() -> bytes:
    """An image of 8 by 8 red pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = (b"\0" + b"\xff\0\0" * 8) * 8
    header = struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def _pdf(text: str) -> bytes:
    """A page with one line of text."""
    shown = f"BT /F1 24 Tf 72 720 Td ({text}) Tj ET".encode()
    bodies = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(shown), shown),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    written, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(bodies, 1):
        offsets.append(len(written))
        written += b"%d 0 obj%s endobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(bodies) + 1
    end = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, len(written))
    return written + b"xref\n0 %d\n0000000000 65535 f \n%s%s" % (size, table, end)


def _xlsx(path: Path, people: People = PEOPLE) -> None:
    rows = (COLUMNS, *people)
    cells = "".join(f"<row r='{number}'>{''.join(map(_cell, row))}</row>" for number, row in enumerate(rows, 1))
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<sheetData>{cells}</sheetData></worksheet>"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in (*_XLSX.items(), ("xl/worksheets/sheet1.xml", sheet)):
            book.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{content}')


def _cell(value: object) -> str:
    if isinstance(value, int):
        return f"<c><v>{value}</v></c>"
    return f'<c t="inlineStr"><is><t>{value}</t></is></c>'


def _database(path: Path, people: People = PEOPLE) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE {TABLE} (id INTEGER PRIMARY KEY, name TEXT, age INTEGER)")
        connection.executemany(f"INSERT INTO {TABLE} VALUES (?, ?, ?)", people)  # noqa: S608 - our own name
    connection.close()


def _repository(folder: Path) -> tuple[str, ...]:
    """Two commits, a branch with one of its own, a tag, changes staged and not, and an origin beside it in step."""
    folder.mkdir()
    (folder / "README.md").write_text("# Planted repository\n")
    if shutil.which("git") is None:
        return ()
    _git(folder, "init", "-q", "-b", BRANCH)
    for number, name in ((1, "README.md"), (2, "hello.txt")):
        (folder / name).write_text(f"# Planted {number}\n")
        _git(folder, "add", name)
        _git(folder, "commit", "-q", "-m", f"Add {name}")
    _git(folder, "tag", "v1.0")
    _git(folder, "checkout", "-q", "-b", "feature")
    (folder / "feature.txt").write_text("# Planted feature\n")
    _git(folder, "add", "feature.txt")
    _git(folder, "commit", "-q", "-m", "Add feature.txt")
    _git(folder, "checkout", "-q", BRANCH)
    _git(folder.parent, "clone", "-q", "--bare", "repo", "origin.git")
    _git(folder, "remote", "add", "origin", "../origin.git")
    _git(folder, "fetch", "-q", "origin")
    _git(folder, "branch", "-q", "--set-upstream-to", f"origin/{BRANCH}")
    (folder / "staged.txt").write_text("# Planted and staged\n")
    _git(folder, "add", "staged.txt")
    (folder / "hello.txt").write_text("# Planted 2\nchanged\n")
    return tuple(_git(folder, "rev-list", "HEAD").split())


def _git(folder: Path, *words: str) -> str:
    dated = {f"GIT_{who}_DATE": "2026-01-01T12:00:00Z" for who in ("AUTHOR", "COMMITTER")}
    named = {f"GIT_{who}_{what}": text for who in ("AUTHOR", "COMMITTER") for what, text in _WHO.items()}
    apart = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    done = subprocess.run(
        ["git", *words],
        cwd=folder,
        env={"PATH": os.environ.get("PATH", os.defpath), **dated, **named, **apart},
        capture_output=True,
        text=True,
        timeout=GIT_SECONDS,
        check=True,
    )
    return done.stdout


_WHO = {"NAME": "Planted", "EMAIL": "planted@example.invalid"}
