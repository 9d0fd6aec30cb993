"""npm launches: the package around the file, and the tree it reaches."""

from pathlib import Path

import pytest

from pytest_mcp.model.package import Ecosystem, Pin
from tests.packages.build import named, npm_package, program, run


@pytest.fixture
def root(tmp_path: Path) -> Path:
    server = npm_package(
        tmp_path,
        "@own/server",
        "1.2.3",
        dependencies={"a": "^1", "gone": "1", "../../../outside": "1"},
        optionalDependencies={"fsevents": "*"},
        peerDependencies={"peer": "*"},
        scripts={"postinstall": "node x.js", "test": "x"},
    )
    npm_package(tmp_path, "a", "1.0.0", dependencies={"b": "2", "@own/server": "*"})
    npm_package(server, "a", "1.9.0", dependencies={"b": "1"})
    npm_package(tmp_path, "b", "2.0.0")
    npm_package(tmp_path, "unrelated", "1.0.0")
    program(tmp_path / "path/node", "")
    (tmp_path / "node_modules/.bin").mkdir()
    (tmp_path / "node_modules/.bin/own-server").symlink_to("../@own/server/index.js")
    return tmp_path


@pytest.mark.parametrize(
    ("argv", "form"),
    [
        (["node", "node_modules/@own/server/index.js"], "node FILE"),
        (["node", "--import", "x", "node_modules/@own/server"], "node FILE"),
        (["node_modules/.bin/own-server"], "npm bin"),
        (["npx", "-y", "@own/server@1.2.3"], "npx"),
    ],
)
def test_the_package_and_the_tree_that_node_would_load(root: Path, argv: list[str], form: str) -> None:
    found = run(root, *argv)
    assert (found.form, found.ecosystem, found.name, found.version) == (form, Ecosystem.NPM, "@own/server", "1.2.3")
    assert named(found) == ["a 1.9.0", "b 2.0.0"]
    assert found.missing == ("../../../outside", "gone")
    assert found.install_scripts == ("postinstall",)
    assert found.folder == str(root / "node_modules/@own/server")


def test_a_project_of_its_own_is_not_from_npm(root: Path) -> None:
    (root / "package.json").write_text('{"name": "ours", "dependencies": {"b": "*"}}')
    (root / "dist").mkdir()
    (root / "dist/package.json").write_text('{"type": "module"}')
    (root / "dist/index.js").write_text("")
    found = run(root, "node", "dist/index.js")
    assert (found.ecosystem, found.name, named(found)) == (Ecosystem.NONE, "ours", ["b 2.0.0"])


@pytest.mark.parametrize(
    ("asked", "pin"),
    [
        ("@own/server", Pin.FLOATING),
        ("@own/server@^1.0.0", Pin.FLOATING),
        ("@own/server@1.2", Pin.FLOATING),
        ("@own/server@next", Pin.FLOATING),
        ("@own/server@latest", Pin.LATEST),
        ("@own/server@1.2.3", Pin.EXACT),
        ("@own/server@1.2.3-beta.1", Pin.EXACT),
        (f"github:own/server#{'a' * 40}", Pin.EXACT),
        ("github:own/server#main", Pin.FLOATING),
    ],
)
def test_how_firmly_npx_is_told_a_version(tmp_path: Path, asked: str, pin: Pin) -> None:
    found = run(tmp_path, "npx", "-y", asked, "--port", "1")
    assert (found.form, found.pin, found.requested) == ("npx", pin, asked)
    assert "not installed" in (found.problem or "")


def test_npx_uses_its_cache_by_what_it_noted_there(root: Path) -> None:
    cache = root / "home/.npm/_npx/0123"
    npm_package(cache, "far", "7.0.0")
    (cache / "package.json").write_text('{"_npx": {"packages": ["far@latest"]}}')
    assert run(root, "npx", "-y", "far@latest").version == "7.0.0"
    assert run(root, "npx", "-p", "far@latest", "some-bin").name == "far"
    assert run(root, "npx", "far").problem
    assert run(root, "npx", "@own/server@9.9.9").problem


def test_circles_and_links_end(root: Path) -> None:
    (root / "node_modules/loop").symlink_to("loop")
    npm_package(root, "round", "1.0.0", dependencies={"round": "*", "loop": "*"})
    assert run(root, "node", "node_modules/round/index.js").missing == ("loop",)


@pytest.mark.parametrize("content", ["[" * 100_000, "1", '{"name": 3}', '{"name": "x", "dependencies": [1]}', "\0"])
def test_hostile_manifests_break_nothing(root: Path, content: str) -> None:
    (root / "node_modules/@own/server/package.json").write_text(content)
    run(root, "node", "node_modules/@own/server/index.js")


@pytest.mark.parametrize("argv", [["node", "-e", "1"], ["node"], ["node", "gone.js"], ["npx", "-c", "x"], ["npx"]])
def test_what_cannot_be_decided_is_said(root: Path, argv: list[str]) -> None:
    assert run(root, *argv).problem
