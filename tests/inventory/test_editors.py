"""VS Code and Cursor: comments, variables, inputs, envFile, workspaces."""

import json
import re
from typing import Any

import pytest

from pytest_mcp.errors import InventoryError
from pytest_mcp.inventory.comments import without_comments
from pytest_mcp.model.server import Launch, Server, Stdio
from tests.inventory.conftest import Project

INPUTS = [{"id": "api-key", "type": "promptString", "password": True}, {"id": "where", "type": "pickString"}, 3, {}]


def vscode(
    project: Project, entry: Any, environ: dict[str, str] | None = None, name: str = ".vscode/mcp.json"
) -> Server:
    project.write(json.dumps({"inputs": INPUTS, "servers": {"one": entry}}), name)
    (server,) = project.inventory(environ, config=[name]).servers
    return server


def cursor(project: Project, entry: Any, environ: dict[str, str] | None = None) -> Server:
    project.write(json.dumps({"mcpServers": {"one": entry}}), ".cursor/mcp.json")
    (server,) = project.inventory(environ).servers
    return server


def launch(server: Server) -> Launch:
    assert server.problem is None
    assert isinstance(server.transport, Stdio)
    return server.transport.launch


COMMENTED = """// first
{ /* a "quoted" word */ "servers": { // "fake": {
  "a": {"command": "a", "args": ["// no comment", "/* nor this */", ",]", ", }", "\\"//\\""]}, /* between */
  /* "gone": {"command": "x"}, */
  "b" /**/ : // here
    {"command": "b",},
},}
// last"""


@pytest.mark.parametrize("name", [".vscode/mcp.json", ".cursor/mcp.json"])
def test_comments_and_trailing_commas_are_passed_over_and_lines_kept(project: Project, name: str) -> None:
    project.write(COMMENTED.replace("servers", "mcpServers" if "cursor" in name else "servers"), name)
    first, second = project.inventory().servers
    assert launch(first).args == ("// no comment", "/* nor this */", ",]", ", }", '"//"')
    assert (first.source.line, second.source.line) == (3, 5)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("[1, // x\n]", "[1      \n]"),
        ("[1, /* , */ ]", "[1          ]"),
        ('["a,]" , ]', '["a,]"   ]'),
        ("[1,,]", "[1, ]"),
        ("/* a\n b */[]", "    \n     []"),
        ("/* // */ [] // /*", "         []      "),
        ('{"a": "\\\\"} // "', '{"a": "\\\\"}     '),
        ("/**/[]/***/", "    []     "),
    ],
)
def test_every_character_keeps_its_place(text: str, left: str) -> None:
    assert without_comments(text, "x") == left


def test_a_mistake_behind_comments_is_pointed_at(project: Project) -> None:
    project.write('{ // {\n/* "\n */ "servers": {"a" 1}}', ".vscode/mcp.json")
    with pytest.raises(InventoryError, match=re.escape(".vscode/mcp.json:3:21: bad JSON: expecting ':' delimiter")):
        project.inventory()


def test_a_comment_without_end_is_pointed_at(project: Project) -> None:
    project.write('{"servers": {}\n  /* for ever', ".vscode/mcp.json")
    with pytest.raises(InventoryError, match=re.escape(".vscode/mcp.json:2:3: a comment has no end; write */")):
        project.inventory()


def test_comments_are_not_for_claude_code(project: Project) -> None:
    project.write('{ // note\n"mcpServers": {"a": {"command": "a"}}}')
    with pytest.raises(InventoryError, match=re.escape(".mcp.json:1:3: bad JSON")):
        project.inventory()


@pytest.mark.parametrize("read", [vscode, cursor])
def test_variables_of_the_editor_are_replaced(project: Project, read: Any) -> None:
    args = [
        "${env:A}",
        "${workspaceFolder}/x",
        "${workspaceFolderBasename}",
        "${userHome}${pathSeparator}${/}",
        "${cwd}",
    ]
    started = launch(read(project, {"command": "a", "args": args}, {"A": "1", "HOME": "/home/me"}))
    root = str(project.root)
    assert started.args == ("1", f"{root}/x", project.root.name, "/home/me//", root)


@pytest.mark.parametrize("text", ["${VAR}", "${VAR:-x}", "$VAR", "${}", "${unknown:x}", "${env}"])
def test_what_the_editor_does_not_know_stays(project: Project, text: str) -> None:
    assert launch(vscode(project, {"command": "a", "args": [text]}, {"VAR": "1"})).args == (text,)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("${env:NOPE}", "variable NOPE in args is not set; set it, if only to nothing"),
        ("${env:a b}", "args has a ${env:...} that names no variable; write ${env:NAME}"),
        ("${input:gone}", "input gone in args is not among the inputs of the file; declare it there"),
        ("${input:api-key}", "input api-key in args would be asked for; set PYTEST_MCP_INPUT_API_KEY"),
        ("${input: }", "args has an ${input:...} that names no input; write ${input:ID}"),
        ("${command:x.y}", "${command:...} in args is known only inside VS Code; write what it stands for"),
        ("${config:a}", "${config:...} in args is known only inside VS Code; write what it stands for"),
        (
            "${workspaceFolder:api}",
            "${workspaceFolder:...} in args is known only inside VS Code; write what it stands for",
        ),
        ("${file}", "${file} in args is known only inside VS Code; write what it stands for"),
        (
            "${env:A1}${env:A2}",
            "variable A1 in args is not set; set it, if only to nothing; "
            "variable A2 in args is not set; set it, if only to nothing",
        ),
    ],
)
def test_what_cannot_be_replaced_is_a_problem_by_name(project: Project, text: str, problem: str) -> None:
    assert vscode(project, {"command": "a", "args": [text]}).problem == problem


def test_an_input_is_answered_by_the_environment_and_hidden(project: Project) -> None:
    environ = {"PYTEST_MCP_INPUT_API_KEY": "pass", "PYTEST_MCP_INPUT_WHERE": "somewhere-else"}
    server = vscode(project, {"url": "https://h/${input:where}", "headers": {"A": "${input:api-key}"}}, environ)
    assert server.problem is None
    assert server.secrets == ("somewhere-else", "pass")


def test_the_folder_of_the_project_is_not_hidden_because_an_input_names_it(project: Project) -> None:
    environ = {"PYTEST_MCP_INPUT_WHERE": str(project.root)}
    assert vscode(project, {"command": "a", "args": ["${input:where}"]}, environ).secrets == ()


def test_vs_code_takes_numbers_as_values_of_variables(project: Project) -> None:
    started = launch(vscode(project, {"command": "a", "env": {"PORT": 3000, "HALF": 0.5}}))
    assert started.env == (("PORT", "3000"), ("HALF", "0.5"))
    problem = vscode(project, {"command": "a", "env": {"PORT": None}}).problem
    assert problem == "env has a null, which would remove a variable; start the server through `env -u NAME`"
    assert vscode(project, {"command": "a", "env": {"X": True}}).problem is not None


def test_a_named_workspace_is_the_folder_and_the_working_directory_of_its_servers(project: Project) -> None:
    sub = project.root / "sub"
    entry = {"command": "a", "args": ["${workspaceFolder}"]}
    assert launch(vscode(project, entry, name="sub/.vscode/mcp.json")) == Launch(
        command="a", args=(str(sub),), cwd=str(sub)
    )
    started = launch(vscode(project, {**entry, "cwd": "w"}, name="sub/.vscode/mcp.json"))
    assert started.cwd == str(sub / "w")
    assert launch(vscode(project, entry)).cwd is None
    assert launch(vscode(project, entry, name="User/mcp.json")).args == (str(project.root),)


ENV_FILE = """# comment
A=1
export B = two words # note
C='single # kept'
D="line\\nbreak \\"quoted\\""
E=
no line at all
F=https://h/#frag
A=2
"""


def test_an_env_file_is_read_beneath_the_entry(project: Project) -> None:
    project.write(ENV_FILE, ".env")
    entry = {"command": "a", "envFile": "${workspaceFolder}/.env", "env": {"C": "own"}}
    started = launch(vscode(project, entry))
    assert started.env == (
        ("A", "2"),
        ("B", "two words"),
        ("D", 'line\nbreak "quoted"'),
        ("E", ""),
        ("F", "https://h/"),
        ("C", "own"),
    )


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "envFile does not exist; create it or mend the path"),
        (b"A=\xff", "envFile is not UTF-8; save it as UTF-8"),
        (b"A=1\n" * 300_000, "envFile is no file of up to 1 MB; name the right one"),
    ],
)
def test_an_env_file_that_cannot_be_read_is_a_problem(project: Project, content: bytes | None, problem: str) -> None:
    if content is not None:
        project.write(content, ".env")
    assert cursor(project, {"command": "a", "envFile": ".env"}).problem == problem


def test_an_env_file_that_is_a_folder_or_a_number_is_a_problem(project: Project) -> None:
    assert (
        vscode(project, {"command": "a", "envFile": "."}).problem
        == "envFile is no file of up to 1 MB; name the right one"
    )
    assert vscode(project, {"command": "a", "envFile": 1}).problem == "envFile is not a string; quote it"
    assert vscode(project, {"command": "a", "envFile": "\0"}).problem is not None
