"""The page as a file: its bytes, its size, where it is put."""

import gzip
import json
import re
import time
from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pytest_mcp.errors import ReportError
from pytest_mcp.model.run import Run
from pytest_mcp.reporting.html import render, run_folder, write_report
from pytest_mcp.reporting.html.render import TEMPLATES
from tests.reporting.example import big, chaos, example, history, hostile

PACKED = re.compile(r'(?<=id="packed">)[^<]*')
SHOWN_ENTRIES = ("time", "excel", "ddg")


def few() -> Run:
    """Three entries of the example: enough to have every kind of thing once."""
    run = example()
    servers = tuple(server for server in run.servers if server.name in SHOWN_ENTRIES)
    ids = {server.id for server in servers}
    return replace(run, servers=servers, cases=tuple(case for case in run.cases if case.server in ids), verdict=None)


def readable(page: str) -> str:
    """The page without style and script, with its packed rows unpacked."""
    page = re.sub(r"(?s)(?<=<style>).*?(?=</style>)", "", page)
    page = re.sub(r"(?s)(?<=<script>).*?(?=</script>)", "", page)
    page = re.sub(r"sha256-[^&]*", "sha256-", page)
    rows = json.loads(gzip.decompress(b64decode(PACKED.search(page)[0])))  # type: ignore[index]
    return PACKED.sub(lambda _: "\n" + "\n".join(f"{key} {value}" for key, value in rows.items()) + "\n", page)


def test_the_page_is_as_it_was(golden: Callable[[str, str], None]) -> None:
    golden("report.html", readable(render(few(), history=history())))


def test_the_same_run_gives_the_same_bytes() -> None:
    assert render(example()) == render(example())


def test_a_run_without_a_stored_verdict_gets_the_gates(golden: Callable[[str, str], None]) -> None:
    assert render(replace(example(), verdict=None)) == render(example())


@pytest.mark.parametrize(("results", "limit"), [(10_000, 500_000), (50_000, 1_000_000)])
def test_the_page_stays_small(results: int, limit: int, record_property: Callable[[str, object], None]) -> None:
    run = big(results)
    start = time.perf_counter()
    size = len(render(run, history=history()).encode())
    seconds = time.perf_counter() - start
    record_property("bytes", size)
    record_property("render_seconds", round(seconds, 3))
    print(f"{results:,} results: {size:,} bytes, rendered in {seconds:.2f} s")
    assert size <= limit


def test_a_run_of_ten_thousand_different_findings_stays_small_too() -> None:
    page = render(chaos(10_000), history=history())
    assert len(page.encode()) <= 750_000
    assert len(re.findall(r"<[a-z]", page)) + 800 <= 6000, "elements, and a page of a hundred rows"


def test_how_tools_were_called_is_told_a_line_each_and_cut() -> None:
    run = few()
    noted = tuple(
        replace(case, notes=(f"called with \x1b[31m{{}} </pre><b>\nproof {number}" + "x" * 5000,))
        for number, case in enumerate(run.cases)
    )
    page = render(replace(run, cases=noted))
    told = re.findall(r"<figcaption>how its tools were called</figcaption><pre[^>]*>(.*?)</pre>", page, re.DOTALL)
    assert len(told) == len(SHOWN_ENTRIES)
    assert max(len(text.splitlines()) for text in told) == 61
    assert "more in results.ndjson" in "".join(told)
    assert all(len(line) < 500 and "\x1b" not in line and "<b>" not in line for line in "\n".join(told).splitlines())
    assert "how its tools were called" not in render(run)


def test_a_message_of_a_megabyte_is_cut_and_says_so() -> None:
    page = render(hostile())
    assert "… cut here; all 1,000," in page
    assert max(map(len, re.findall(r"A+", PACKED.sub("", page)))) <= 4096


def test_the_script_is_under_five_kilobytes_and_the_page_has_no_address_to_load_from() -> None:
    script, page = (TEMPLATES / "report.js").read_text(), render(example())
    assert len(script.encode()) < 5000
    assert not re.search(r"""(src|srcset|action|data)=["']|url\(|@import""", page)


def test_the_policy_forbids_everything_but_the_pages_own_style_and_script() -> None:
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', render(example()))
    assert policy.startswith("default-src &#39;none&#39;; style-src &#39;sha256-")
    assert "unsafe" not in policy
    assert "http" not in policy


def test_the_report_lies_in_a_folder_of_its_run_and_latest_leads_there(tmp_path: Path) -> None:
    run = example()
    page = write_report(run, tmp_path / "reports")
    assert page == tmp_path / "reports" / "20260731-140211-8f3a2b1c" / "index.html"
    assert page.parent == run_folder(tmp_path / "reports", run)
    assert (tmp_path / "reports" / "latest" / "index.html").samefile(page)
    assert not (tmp_path / "reports" / "latest").readlink().is_absolute(), "the folder can be moved as a whole"
    assert page.read_text("utf-8") == render(run)
    assert page.stat().st_mode & 0o777 == 0o644


def test_the_next_run_flips_latest_and_leaves_nothing_else_behind(tmp_path: Path) -> None:
    run = example()
    write_report(run, tmp_path)
    later = write_report(replace(run, id="b" * 32, started_at=run.started_at + timedelta(days=1)), tmp_path)
    assert (tmp_path / "latest" / "index.html").samefile(later)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "20260731-140211-8f3a2b1c",
        "20260801-140211-bbbbbbbb",
        "latest",
    ]
    assert [path.name for path in later.parent.iterdir()] == ["index.html"]


def test_an_identifier_cannot_lead_out_of_the_reports_folder(tmp_path: Path) -> None:
    assert run_folder(tmp_path, replace(example(), id="../../etc/x")).parent == tmp_path


def test_a_file_in_the_folders_place_is_named_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("mine")
    with pytest.raises(ReportError, match=r"reports.*is no folder; remove it or choose another"):
        write_report(example(), tmp_path / "reports")
    assert (tmp_path / "reports").read_text() == "mine"


def test_a_folder_of_the_users_named_latest_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "latest").mkdir()
    with pytest.raises(ReportError, match=r"latest: .*choose another folder with --mcp-report"):
        write_report(example(), tmp_path)
    assert not (tmp_path / "latest").is_symlink()


def test_a_folder_that_cannot_be_written_is_named_with_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(ReportError, match=r"cannot be written \(Permission denied\); choose another folder"):
        write_report(example(), tmp_path)


def test_a_write_that_breaks_off_leaves_the_old_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = write_report(example(), tmp_path)
    before = page.read_bytes()

    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(ReportError, match="No space left on device"):
        write_report(replace(example(), project="other"), tmp_path)
    assert page.read_bytes() == before
    assert [path.name for path in page.parent.iterdir()] == ["index.html"]


def test_all_the_templates_are_files_of_the_package() -> None:
    assert {path.name for path in TEMPLATES.iterdir()} >= {"report.html", "report.css", "report.js"}
