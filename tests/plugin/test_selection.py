"""What is collected, selected and left out; a run that left something out is never whole."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_mcp.errors import SettingsError
from pytest_mcp.model.run import Suite
from pytest_mcp.plugin import collection
from tests.plugin.conftest import QUICK, ROOT, SERVER, Project, Ran

OWN = "pytest_mcp/suites/unit/test_connection.py::test_connects"
GOOD_SERVER = ROOT / "tests" / "servers" / "mcp_server.py"
BOTH_TRANSPORTS = f"""
[servers.notes.transports.http]
command = "{sys.executable}"
args = ["-S", "{GOOD_SERVER}", "--transport", "http", "--port", "{{port}}"]
url = "http://127.0.0.1:{{port}}/mcp"
"""


@pytest.fixture
def three(project: Project) -> Project:
    for name in ("notes", "news", "weather"):
        project.serve(name)
    return project


def servers_of(ran: Ran) -> set[str]:
    return {case.server for case in ran.run.cases}


@pytest.mark.parametrize(
    ("options", "servers"),
    [
        (["--mcp-only=notes"], {"notes"}),
        (["--mcp-only=n*", "-k", "connects"], {"notes", "news"}),
        (["--mcp-only=weather", "--mcp-only=news"], {"weather", "news"}),
        (["-k", "weather"], {"weather"}),
        ([f"{OWN}[news]"], {"news"}),
    ],
    ids=["name", "glob", "repeated", "-k", "node id"],
)
def test_a_narrowed_run_has_the_servers_asked_for_and_is_partial(
    three: Project, options: list[str], servers: set[str]
) -> None:
    ran = three.run(*options, whole=True)
    assert (ran.code, ran.verdict) == (0, "PARTIAL")
    assert servers_of(ran) == servers


def test_a_whole_run_passes_and_enforces(project: Project) -> None:
    project.serve("one")
    ran = project.run("--mcp-gate=enforce", whole=True)
    assert (ran.code, ran.verdict, ran.run.narrowed) == (0, "PASS", ())


def test_a_narrowed_run_fails_where_the_verdict_is_enforced(project: Project) -> None:
    project.serve("one")
    ran = project.run("--mcp-gate=enforce", "-m", "mcp_unit", "--mcp-suite=unit")
    assert (ran.code, ran.verdict) == (1, "PARTIAL")


def test_one_transport_of_a_server_is_selected_by_its_id(project: Project) -> None:
    project.serve("notes")
    project.write("pytest_mcp.toml", BOTH_TRANSPORTS)
    ran = project.run("--mcp-only=notes@http", "-k", "connects")
    assert servers_of(ran) == {"notes@http"}
    both = project.run("-k", "connects")
    assert servers_of(both) == {"notes", "notes@http"}


def test_a_glob_that_matches_nothing_names_the_servers_there_are(three: Project) -> None:
    ran = three.run("--mcp-only=nobody")
    assert ran.code == 4
    assert ran.err.splitlines()[0] == (
        "ERROR: mcp: --mcp-only: 'nobody' matches no server; there are 'notes', 'news', 'weather'"
    )


def test_an_unknown_suite_is_a_usage_error(project: Project) -> None:
    project.serve("one")
    ran = project.run("--mcp-suite=units")
    assert ran.code == 4
    assert "--mcp-suite: 'units' must be one of unit," in ran.err
    assert "did you mean 'unit'" in ran.err


def test_a_suite_that_has_no_tests_is_a_usage_error(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = [suite for suite in Suite if not collection.suite_files([suite])]
    if empty:
        project.serve("one", starts="one.starts")
        ran = project.run(f"--mcp-suite={empty[0]}", "--mcp-suite=unit")
        assert ran.code == 4
        assert f"ERROR: mcp: suite '{empty[0]}' has no tests yet; choose from unit" in ran.err
        assert project.starts("one") == []
    project.write("suites/security/test_x.py", "")
    monkeypatch.setattr(collection, "suites_folder", lambda: project.folder / "suites")
    collection.refuse_empty([Suite.SECURITY])
    with pytest.raises(SettingsError, match=r"^suite 'unit' has no tests yet; choose from security$"):
        collection.refuse_empty([Suite.SECURITY, Suite.UNIT])


@pytest.mark.parametrize("option", ["--fixtures", "--fixtures-per-test"])
def test_fixtures_are_listed_without_a_server(project: Project, option: str) -> None:
    project.serve("one", starts="one.starts")
    ran = project.run(option)
    assert (ran.code, project.starts("one")) == (0, [])
    assert "mcp_server" in ran.out
    assert "KeyError" not in ran.out


def test_markers_select_suites_and_are_registered(project: Project) -> None:
    project.serve("one")
    ran = project.run("--strict-markers", "-m", "mcp_unit and mcp", whole=True)
    assert ran.code == 0
    assert {case.suite for case in ran.run.cases} == {"unit"}
    none = project.run("-m", "mcp_update", whole=True)
    assert none.code == 5
    assert none.line("gate: ").startswith("gate: PARTIAL")


def test_a_printed_node_id_repeats_that_test(project: Project) -> None:
    wrong = {"name": "a b/c'é", "inputSchema": 7}
    project.serve("one", tools=[wrong, wrong])
    first = project.run("-k", "input_schema", "-n2")
    assert len(first.failed) == 2
    for nodeid in first.failed:
        again = project.run(nodeid, whole=True)
        assert (again.failed, len(again.run.cases), again.verdict) == ([nodeid], 1, "BLOCK")
        assert [case.key for case in again.run.cases] == [case.key for case in first.run.cases if case.nodeid == nodeid]
    folder = project.run("pytest_mcp/suites/unit", "--collect-only", "-q", whole=True)
    assert first.failed[0] in folder.lines


def test_the_command_of_the_rerun_line_repeats_what_failed(project: Project) -> None:
    project.serve("a good one")
    project.serve("bad [one]", exit=3)
    first = project.run("--mcp-timeout", "20")
    words = first.line("rerun: ").removeprefix("rerun: pytest --mcp ")
    ran = subprocess.run(
        f"{sys.executable} -m pytest --mcp --mcp-db none {words}",
        cwd=project.folder, shell=True, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 1
    assert "1 failed" in ran.stdout
    assert first.failed[0] in ran.stdout


def test_last_failed_and_first_failure_narrow_the_run(three: Project) -> None:
    three.serve("bad", exit=3)
    stopped = three.run("-x")
    assert stopped.code == 1
    assert stopped.run.narrowed[-1] == "stopped after 1 failure"
    again = three.run("--lf", whole=True)
    assert (again.failed, again.verdict) == (stopped.failed, "BLOCK")
    assert len(again.run.cases) == 1


def test_skipped_files_of_last_failed_narrow_the_run_too(project: Project) -> None:
    project.serve("one")
    project.write("test_own.py", "def test_own():\n    assert False\n")
    project.run("test_own.py")
    ran = project.run("--lf", "test_own.py", whole=True)
    assert ran.verdict == "PARTIAL"


def test_collecting_records_nothing(project: Project) -> None:
    project.serve("one", starts="one.starts")
    ran = project.run("--collect-only", "-q", whole=True)
    assert ran.code == 0
    assert f"{OWN}[one]" in ran.lines
    assert len(project.starts("one")) == 1
    assert {path.name for path in project.folder.iterdir()} <= {
        ".mcp.json", "one.json", "one.starts", ".pytest_cache", "junit.xml"
    }  # fmt: skip
    assert not any("mcp" in line for line in ran.lines if "::" not in line)


@pytest.mark.parametrize(
    "options",
    [
        ["-p", "no:terminal"],
        ["-p", "no:xdist", "-p", "no:cacheprovider", "-p", "no:timeout", "-W", "error"],
        ["-n2", "--dist", "each"],
        ["-n2", "--dist", "no"],
        ["-n0", "-p", "no:junitxml", "--import-mode=importlib"],
    ],
    ids=" ".join,
)
def test_other_plugins_and_options_do_not_matter(project: Project, options: list[str]) -> None:
    project.serve("one")
    if "no:junitxml" in options:
        project.junit = False
    ran = project.run(*options)
    assert (ran.code, ran.err.replace("\n", "")) == (0, "")
    assert ran.verdict == "PARTIAL"
    assert {case.outcome for case in ran.run.cases} == {"passed", "not-applicable"}


def test_a_projects_pytest_settings_and_packages_do_not_matter(project: Project) -> None:
    project.serve("one")
    project.write("suites/__init__.py", "MINE = True\n")
    project.write("suites/unit/__init__.py", "")
    project.write("suites/unit/test_connection.py", "import suites\n\ndef test_mine():\n    assert suites.MINE\n")
    project.write("conftest.py", "import suites.unit\n")
    project.write(
        "pytest.ini",
        "[pytest]\npython_files = check_*.py\npython_functions = check_* test_mine\npython_classes =\n"
        "testpaths = elsewhere\nnorecursedirs = *\n"
        "filterwarnings = error\naddopts = --strict-markers --strict-config\n",
    )
    ran = project.run("suites/unit/test_connection.py")
    assert (ran.code, ran.verdict) == (0, "PARTIAL")
    assert servers_of(ran) == {"one"}
    assert len(ran.run.cases) > 20
    assert ran.line("suites/unit/test_connection.py .")


# -- where the suites lie ----------------------------------------------------------------------------------


def test_in_this_repository_a_node_id_is_the_path(tmp_path: Path) -> None:
    spec = tmp_path / "bad.json"
    spec.write_text('{"exit": 3}')
    config = tmp_path / ".mcp.json"
    bad = {"command": sys.executable, "args": ["-I", "-S", str(SERVER), str(spec)]}
    config.write_text(json.dumps({"mcpServers": {"bad": bad}}))
    command = [sys.executable, "-m", "pytest", "--mcp", "--mcp-db=none", *QUICK, f"--mcp-config={config}"]
    command += [f"--mcp-report={tmp_path / 'reports'}", "-p", "no:cacheprovider", "--rootdir", str(ROOT), "-k", "bad"]
    nodeid = "suites/unit/test_connection.py::test_connects[bad]"
    for more in ([], [nodeid]):
        ran = subprocess.run([*command, *more], cwd=ROOT, capture_output=True, text=True, check=False)
        assert f"FAILED {nodeid} - critical" in ran.stdout
        assert "1 failed" in ran.stdout.splitlines()[-1]


def test_installed_inside_the_project_node_ids_are_those_of_every_project(project: Project) -> None:
    site = project.folder / ".venv" / "lib" / "site-packages"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "pytest_mcp", site / "pytest_mcp", ignore=ignored)
    shutil.copytree(ROOT / "suites", site / "pytest_mcp" / "suites", ignore=ignored)
    (project.folder / ".venv" / "pyvenv.cfg").touch()
    project.serve("one", tools=[{"name": "wrong", "inputSchema": 7}])
    env = {"PYTHONPATH": str(site)}
    ran = project.run("-k", "input_schema", env=env)
    assert [nodeid.startswith("pytest_mcp/suites/unit/test_tools.py::") for nodeid in ran.failed] == [True]
    again = project.run(*ran.failed, "-n1", env=env)
    assert again.failed == ran.failed
    assert len(again.run.cases) == 1


# -- a project's own tests ---------------------------------------------------------------------------------

THEIRS = """
from pytest_mcp.client.connection import Caller

def test_server(mcp_server): assert mcp_server.interface.connected
def test_tool(mcp_tool, mcp_server): assert mcp_tool.name == "echo"
def test_client(mcp_client): assert mcp_client.request("tools/list").result
def test_report(mcp_fleet, mcp_report): mcp_report.note(f"{len(mcp_fleet.servers)} servers")
def test_prompt(mcp_prompt): raise AssertionError("no server has one")
def test_other(): pass
"""


def test_own_tests_run_beside_the_suites(project: Project) -> None:
    project.serve("one")
    project.serve("two")
    project.write("tests/test_theirs.py", THEIRS)
    ran = project.run("tests", whole=True)
    assert (ran.code, ran.verdict) == (0, "WARN")  # both servers list the same tools: tool-names-apart
    theirs = sorted(case.nodeid for case in ran.run.cases if case.nodeid.startswith("tests/"))
    assert theirs == [
        "tests/test_theirs.py::test_client[one]",
        "tests/test_theirs.py::test_client[two]",
        "tests/test_theirs.py::test_report",
        "tests/test_theirs.py::test_server[one]",
        "tests/test_theirs.py::test_server[two]",
        "tests/test_theirs.py::test_tool[one/echo]",
        "tests/test_theirs.py::test_tool[two/echo]",
    ]
    assert any(case.nodeid.startswith("pytest_mcp/suites/") for case in ran.run.cases)


def test_without_the_option_own_tests_are_skipped_and_nothing_is_started(project: Project) -> None:
    project.serve("one", starts="one.starts")
    project.configure()
    project.write("test_theirs.py", THEIRS)
    command = [sys.executable, "-m", "pytest", "-rs", *QUICK]
    ran = subprocess.run(command, cwd=project.folder, capture_output=True, text=True, check=False)
    assert ran.returncode == 0
    assert "1 passed, 5 skipped" in ran.stdout
    assert "not applicable: run with --mcp" in ran.stdout
    assert project.starts("one") == []


def test_no_option_acts_without_mcp(project: Project) -> None:
    project.write("test_theirs.py", "def test_other(): pass\n")
    command = [sys.executable, "-m", "pytest", "--mcp-config=nowhere.json", "--mcp-gate=nonsense", *QUICK]
    ran = subprocess.run(command, cwd=project.folder, capture_output=True, text=True, check=False)
    assert ran.returncode == 0
    assert not (project.folder / "reports").exists()


def test_nothing_heavy_is_imported_without_the_option(new_project: Callable[[], Project]) -> None:
    code = (
        "import sys, pytest; pytest.main(['-q']); "
        "print([m for m in sys.modules if m.startswith(('pytest_mcp', 'mcp_', 'pydantic', 'psy'))])"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=new_project().folder, env=dict(os.environ),
                         capture_output=True, text=True, check=False)  # fmt: skip
    heavy = ("pydantic", "mcp_types", "psycopg", "pytest_mcp.client", "pytest_mcp.settings", "pytest_mcp.inventory")
    assert "'pytest_mcp.plugin'" in ran.stdout
    assert [name for name in heavy if f"'{name}'" in ran.stdout] == []
