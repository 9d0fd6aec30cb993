"""A spool takes whole lines, belongs to one living process, and tells when that is gone."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_mcp.errors import StoreError
from pytest_mcp.results import Recorder, join_spools, load_run_file
from pytest_mcp.results.spool import Spool, spools
from tests.results.builders import a_case, a_run, record_run
from tests.results.conftest import wait_for

Spawn = Callable[..., "subprocess.Popen[str]"]
RUN = "00000000-0000-4000-8000-000000000001"


def test_a_spool_is_claimed_only_when_its_writer_is_gone(tmp_path: Path) -> None:
    writer = Spool(tmp_path, RUN, "main")
    with writer.file.claimed() as free:
        assert not free
    writer.close()
    with writer.file.claimed() as free:
        assert free


def test_a_killed_writer_frees_its_spool_and_leaves_its_whole_lines(tmp_path: Path, spawn: Spawn) -> None:
    code = """if True:
        import sys, time, os
        from pathlib import Path
        from pytest_mcp.results.spool import Spool
        spool = Spool(Path(sys.argv[1]), sys.argv[2], "main")
        spool.append(b'{"a":1}\\n')
        os.write(spool._handle, b'{"tor')
        print("written", flush=True)
        time.sleep(60)"""
    process = spawn(code, tmp_path, RUN)
    assert process.stdout and process.stdout.readline() == "written\n"
    (spool,) = spools(tmp_path)
    process.kill()

    def freed() -> bool:
        with spool.claimed() as free:
            return free

    assert wait_for(freed)
    assert spool.read(0, 1 << 20) == b'{"a":1}\n'
    assert spool.read(8, 1 << 20) == b""


def test_a_line_longer_than_a_block_is_read_whole(tmp_path: Path) -> None:
    writer = Spool(tmp_path, RUN, "main")
    writer.append(b"x" * 100 + b"\n")
    writer.append(b"y\n")
    assert writer.file.read(0, 10) == b"x" * 100 + b"\n"
    assert writer.file.read(101, 10) == b"y\n"
    writer.close()


def test_a_full_disk_loses_whole_lines_only_and_is_told_once(tmp_path: Path, spawn: Spawn) -> None:
    code = """if True:
        import json, resource, signal, sys
        from pathlib import Path
        from pytest_mcp.results import Recorder
        from tests.results.builders import a_case, a_run
        run = a_run(id=sys.argv[2])
        told = []
        recorder = Recorder(run.id, Path(sys.argv[1]), say=told.append)
        recorder.begin(run, "none")
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, resource.RLIM_INFINITY))
        for number in range(20):
            recorder.case(a_case(run.id, number))
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        recorder.case(a_case(run.id, 77))
        print(json.dumps([told, recorder.lost]))"""
    out, err = spawn(code, tmp_path, RUN).communicate(timeout=30)
    assert not err
    told, lost = json.loads(out)
    assert len(told) == 1 and "results are being lost" in told[0]
    (spool,) = spools(tmp_path)
    lines = [json.loads(line) for line in spool.path.read_bytes().splitlines()]
    assert len(lines) == 1 + 21 - lost and lost > 5
    assert lines[-1]["record"]["case"] == "case-77"


def test_results_are_joined_with_the_controller_first_and_torn_lines_left_out(tmp_path: Path) -> None:
    recorder = record_run(tmp_path, "none", close=False)
    with (tmp_path / "spool" / f"{recorder.run}-gw0.ndjson").open("ab") as torn:
        torn.write(b'{"kind":"case","rec')
    recorder.join(tmp_path / "results.ndjson")
    kinds = [json.loads(line)["kind"] for line in (tmp_path / "results.ndjson").read_bytes().splitlines()]
    assert kinds[0] == "run" and kinds[-3:] == ["check", "starts", "case"] and kinds.count("case") == 5
    recorder.close()
    assert spools(tmp_path) == []


def test_a_joined_file_with_a_damaged_line_is_still_read(tmp_path: Path) -> None:
    recorder = record_run(tmp_path, "none", close=False)
    recorder.join(tmp_path / "results.ndjson")
    whole = load_run_file(tmp_path / "results.ndjson")
    lines = (tmp_path / "results.ndjson").read_bytes().splitlines(keepends=True)
    (tmp_path / "results.ndjson").write_bytes(b"".join([*lines[:3], b'\xff{"torn\n', b"[1]\n", *lines[3:]]))
    assert load_run_file(tmp_path / "results.ndjson") == whole
    recorder.close()


def test_joining_a_run_that_left_nothing_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no results of run"):
        join_spools(RUN, tmp_path, tmp_path / "results.ndjson")


def test_a_state_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    with pytest.raises(StoreError, match=r"state.spool: results cannot be written"):
        Recorder(RUN, tmp_path / "state")


def test_what_comes_after_the_end_is_lost_and_told_and_reaches_no_other_file(tmp_path: Path) -> None:
    recorder = Recorder(RUN, tmp_path)
    recorder.close()
    with (tmp_path / "bystander").open("wb"):
        recorder.case(a_case(RUN))
    recorder.close()
    assert recorder.lost == 1 and recorder.problem and "results are being lost" in recorder.problem
    assert (tmp_path / "bystander").read_bytes() == b""


def test_a_run_id_that_is_no_uuid_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="run ids are UUIDs"):
        Recorder("../../etc", tmp_path)


def test_the_state_folder_is_ignored_by_git(tmp_path: Path) -> None:
    Recorder(RUN, tmp_path / ".pytest_mcp").close()
    assert (tmp_path / ".pytest_mcp" / ".gitignore").read_text() == "*\n"


def test_without_a_database_the_spool_goes_when_the_results_are_joined(tmp_path: Path) -> None:
    run = a_run()
    for joined in (False, True):
        recorder = Recorder(run.id, tmp_path)
        recorder.begin(run, "none")
        recorder.case(a_case(run.id))
        if joined:
            recorder.join(tmp_path / "results.ndjson")
        recorder.close()
        assert bool(spools(tmp_path)) is not joined
        for spool in spools(tmp_path):
            spool.path.unlink()
