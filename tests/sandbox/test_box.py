"""What a server can see and do in its box, level by level."""

import os
from pathlib import Path

import pytest

from pytest_mcp.errors import SandboxError
from pytest_mcp.model.effects import Level
from pytest_mcp.model.server import Http, Server, Source
from pytest_mcp.sandbox import Sandbox
from tests.client.conftest import wait_for
from tests.sandbox.conftest import Start, state_of

CONTAINED = [Level.L3, Level.L2]
READ = "out = open({!r}).read()"


@pytest.mark.parametrize("level", [Level.L3, Level.L2, Level.L1, Level.L0])
def test_a_server_works_in_its_planted_world(start: Start, level: Level) -> None:
    boxed = start(level)
    world = boxed.world
    assert boxed.run(READ.format(world.text)).splitlines()[-1] == "hello world"
    assert boxed.run(f"import os; out = sorted(os.listdir({world.folder!r}))") == ["one.md", "two.md"]
    assert (
        boxed.run(
            f"import sqlite3; out = sqlite3.connect({world.database!r}).execute('SELECT name FROM people "
            "WHERE id = 2').fetchone()[0]"
        )
        == "Grace"
    )
    assert boxed.run(f"open({world.missing!r}, 'w').write('new'); out = open({world.missing!r}).read()") == "new"
    assert boxed.run("import os; out = os.environ['HOME'].startswith(" + repr(str(boxed.box.folder)) + ")") is True


@pytest.mark.parametrize("level", CONTAINED)
def test_the_users_files_stay_as_they_are_and_secrets_unseen(start: Start, project: Path, level: Level) -> None:
    home = Path.home() / f".mcp-test-{os.getpid()}"
    home.write_text("at home")
    try:
        before = state_of(project)
        boxed = start(level)
        notes = str(project / "mine" / "notes.txt")
        assert boxed.run(READ.format(notes)) == "the user's own"
        assert boxed.run(f"open({notes!r}, 'w').write('overwritten'); out = open({notes!r}).read()") == "overwritten"
        boxed.run(f"import shutil; shutil.rmtree({str(project / 'mine')!r})")
        for hidden in (project / ".env", project / ".git" / "config", home, Path("/etc/shadow")):
            assert "Error" in boxed.run(READ.format(str(hidden)))
        assert "Error" in boxed.run("open('/usr/evil', 'w').write('x')")
        boxed.run(f"open({str(home)!r}, 'w').write('x')")
        assert state_of(project) == before
        assert home.read_text() == "at home"
    finally:
        home.unlink()


@pytest.mark.parametrize("level", CONTAINED)
def test_the_callers_environment_is_nowhere_to_be_found(
    start: Start, monkeypatch: pytest.MonkeyPatch, level: Level
) -> None:
    monkeypatch.setenv("CALLERS_SECRET", "sesame-open")
    boxed = start(level, env=(("WANTED", "by the config"),))
    assert boxed.run("import os; out = os.environ['WANTED']") == "by the config"
    look = (
        "import glob\nout = []\nfor name in glob.glob('/proc/[0-9]*/environ') + glob.glob('/proc/[0-9]*/cmdline'):\n"
        "    try: out.append(open(name, 'rb').read().decode('latin-1'))\n    except OSError: pass"
    )
    everything = "".join(boxed.run(look))
    assert "by the config" in everything
    assert "sesame-open" not in everything


@pytest.mark.parametrize("level", CONTAINED)
def test_there_is_no_network_but_the_stub(start: Start, level: Level) -> None:
    boxed = start(level)
    before = boxed.box.mark()
    fetch = f"import urllib.request; out = urllib.request.urlopen({boxed.world.url!r}, timeout=20).read().decode()"
    assert wait_for(lambda: "Planted page" in boxed.run(fetch), 20)
    (request, *_) = boxed.box.effects(before).requests
    assert (request.method, request.url) == ("GET", boxed.world.url)
    assert "Error" in boxed.run("import socket; socket.create_connection(('192.0.2.1', 80), timeout=2)")
    assert boxed.run("import socket; out = [name for _, name in socket.if_nameindex()]") == ["lo"]


@pytest.mark.parametrize("level", [Level.L3, Level.L2])
def test_an_http_server_is_reached_through_the_relay(start: Start, level: Level) -> None:
    boxed = start(level, http=True)
    assert boxed.run("out = 6 * 7") == 42
    assert boxed.run("import os; out = sorted(os.listdir(os.environ['HOME']))")[:1] == [".gitconfig"]


@pytest.mark.parametrize("level", CONTAINED)
def test_arguments_that_name_the_users_own_are_mapped(start: Start, project: Path, level: Level) -> None:
    boxed = start(level, "mine", f"--file={project}/mine/notes.txt", env=(("DATA", str(project / "mine")),))
    assert boxed.run("import sys; out = sys.argv[1:]") == [boxed.world.workspace, f"--file={boxed.world.text}"]
    assert boxed.run("import os; out = os.environ['DATA']") == boxed.world.workspace
    assert [(each.where, each.original) for each in boxed.box.mapped] == [
        ("argument 3", "mine"),
        ("argument 4", f"{project}/mine/notes.txt"),
        ("DATA", str(project / "mine")),
    ]


@pytest.mark.parametrize("level", CONTAINED)
def test_memory_disk_and_processes_are_bounded(start: Start, level: Level) -> None:
    boxed = start(level)
    assert "MemoryError" in boxed.run("out = len(bytearray(10 << 30))")
    fill = f"""
import os
out = 0
try:
    for number in range(400):
        with open({boxed.world.workspace!r} + f'/fill{{number}}', 'wb') as file:
            out += file.write(b'x' * (4 << 20))
except OSError as error:
    out = error.errno
"""
    assert boxed.run(fill) == 28
    forks = """
import os, time
out = 0
try:
    while out < 3000:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        out += 1
except OSError as error:
    out = -error.errno
"""
    assert boxed.run(forks) == -11
    assert boxed.run("out = 'still here'") == "still here"


def test_a_remote_server_cannot_be_boxed(tmp_path: Path) -> None:
    remote = Server(
        id="far", name="far", source=Source(path=".mcp.json", line=1), transport=Http(url="https://example.invalid/mcp")
    )
    with pytest.raises(SandboxError, match="far: somebody else runs it"):
        Sandbox(Level.L0, tmp_path, tmp_path).prepare(remote)


def test_what_a_killed_run_left_is_removed_by_the_next(start: Start, project: Path, tmp_path: Path) -> None:
    left = project / ".pytest_mcp" / "sandbox" / "deadbeef"
    left.mkdir(parents=True)
    (left / "lease").write_text("")
    (left / "box0").mkdir()
    talk = tmp_path / "talk"
    talk.mkdir()
    (left / "talk").symlink_to(talk)
    start(Level.L0)
    assert not left.exists()
    assert not talk.exists()
