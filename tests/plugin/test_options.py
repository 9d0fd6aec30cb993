"""Options, settings and docs/options.md say the same, and nothing is offered that does not act."""

import re
import shlex

import pytest

from pytest_mcp.settings.options import OPTIONS
from tests.plugin.conftest import ROOT, Project

TEXT = (ROOT / "docs" / "options.md").read_text()
ROWS = {
    cells[0].strip("`"): cells[1:]
    for cells in (
        [cell.strip() for cell in line.strip("|").split("|")] for line in TEXT.splitlines() if "| `--" in line
    )
}
ACTING = [
    *("--mcp", "--mcp-config", "--mcp-only", "--mcp-suite", "--mcp-seed", "--mcp-timeout", "--mcp-deep"),
    "--mcp-deep-seconds",
    *("--mcp-sandbox", "--mcp-fail-on", "--mcp-gate", "--mcp-db", "--mcp-report"),
]


@pytest.fixture
def offered(pytestconfig: pytest.Config) -> list[str]:
    """Flags of the plugin's group."""
    groups = pytestconfig._parser._groups  # no public way to ask for what is offered
    (group,) = [group for group in groups if group.name == "mcp_fleet"]
    return [option.names()[0] for option in group.options]


def test_what_acts_is_offered_and_documented_and_nothing_else(offered: list[str]) -> None:
    assert offered == list(ROWS) == ACTING


def test_the_settings_read_what_is_offered(offered: list[str], pytestconfig: pytest.Config) -> None:
    known = {option.flag: option for option in OPTIONS}
    assert set(offered[1:]) == set(known)
    for flag in offered[1:]:
        value, _, variable, key = ROWS[flag]
        option = known[flag]
        given = flag if value == "switch" else f"{flag}=x"
        repeatable = isinstance(
            getattr(pytestconfig._parser.parse_known_args([given]), f"pytest_{option.destination}"), list
        )
        assert repeatable == option.many == ("repeatable" in value)
        assert variable == (f"`{option.variable}`" if option.variable else "")
        assert key == ("" if option.per_run else f"`{option.table_key}`")


def test_every_option_has_an_example() -> None:
    examples = [line.strip() for line in TEXT.splitlines() if line.startswith("    ")]
    for flag in ACTING:
        assert any(flag in example or f"{ROWS[flag][2].strip('`')}=" in example for example in examples), flag


def test_every_example_is_accepted(pytestconfig: pytest.Config) -> None:
    for line in TEXT.splitlines():
        if line.startswith("    "):
            words = shlex.split(line.strip())
            given = pytestconfig._parser.parse_known_args(words[words.index("pytest") + 1 :])
            assert given.pytest_mcp


def test_the_node_ids_of_the_examples_exist() -> None:
    named = re.findall(r"pytest_mcp/(suites/\S+\.py)::(\w+)\[", TEXT)
    assert named
    for file, test in named:
        assert f"def {test}(" in (ROOT / file).read_text()


def test_the_option_that_other_plugins_define_is_theirs(offered: list[str]) -> None:
    assert "--mcp-server" not in offered


def test_a_bad_value_is_refused_with_its_place(project: Project) -> None:
    project.serve("one")
    bad = {
        "--mcp-timeout=0": "--mcp-timeout: '0' must be a number",
        "--mcp-gate=yes": "--mcp-gate: 'yes' must be one of",
    }
    for option, message in bad.items():
        ran = project.run(option)
        assert (ran.code, ran.err.startswith(f"ERROR: mcp: {message}")) == (4, True)
    table = project.write("pytest_mcp.toml", 'fail_on = "worst"\n')
    ran = project.run()
    assert ran.code == 4
    assert ran.err.startswith("ERROR: mcp: pytest_mcp.toml:1: fail_on: 'worst' must be one of info, low,")
    table.unlink()
    ran = project.run(env={"PYTEST_MCP_SEED": "soon"})
    assert ran.err.startswith("ERROR: mcp: PYTEST_MCP_SEED: 'soon' must be a whole number")


def test_the_table_and_the_environment_act(project: Project) -> None:
    project.serve("one", tools=[{"name": "undescribed", "inputSchema": {"type": "object"}}])
    project.write("pytest_mcp.toml", 'fail_on = "low"\nsuite = ["unit"]\nseed = 5\n')
    ran = project.run("-k", "described", whole=True, env={"PYTEST_MCP_SEED": "6"})
    assert (ran.code, ran.run.seed, ran.run.fail_on) == (1, 6, "low")
    assert re.search(r"--mcp-suite|suite", " ".join(ran.run.narrowed))


def test_help_tells_every_option_in_one_group(project: Project) -> None:
    project.serve("one")
    ran = project.run("--help")
    at = ran.lines.index("MCP server testing:")
    told = [line.split()[0].partition("=")[0] for line in ran.lines[at + 1 :] if line.startswith("  --mcp")]
    assert told == ACTING


NEIGHBOUR = """
import pytest

@pytest.fixture
def mcp_server():
    raise RuntimeError("theirs")

mcp_fleet = mcp_client = mcp_report = mcp_server

def pytest_addoption(parser):
    parser.addoption("--mcp-timeout", type=int, default=5)
    parser.getgroup("mcp").addoption("--mcp-suite", dest="suites_of_theirs", action="store")
"""


def test_options_that_another_plugin_has_stay_its_own_and_ours_come_from_elsewhere(project: Project) -> None:
    project.write("neighbour.py", NEIGHBOUR)
    project.write("pytest_mcp.toml", 'timeout = 9\nsuite = ["unit"]\n')
    project.serve("one")
    ran = project.run("-p", "neighbour", "--mcp-timeout", "3", "--mcp-suite=theirs.yaml", "-k", "says_its_name")
    assert ran.code == 0, ran.out + ran.err
    assert "mcp: another plugin's options here, not ours: --mcp-suite, --mcp-timeout; set the same in" in ran.out
    assert {case.check for case in ran.run.cases} == {"server-says-its-name"}


def test_a_value_that_stands_alone_is_not_taken_for_a_path(project: Project) -> None:
    project.write("unit/conftest.py", "raise SystemExit('loaded')\n")
    project.write(
        "own/conftest.py", 'def pytest_addoption(parser):\n    parser.addoption("--own", action="store_true")\n'
    )
    project.write("pytest.ini", "[pytest]\ntestpaths = own\n")
    project.serve("one")
    ran = project.run("--mcp-suite", "unit", "--own", "-k", "says_its_name")
    assert ran.code == 0, ran.out + ran.err
