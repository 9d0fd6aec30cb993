"""The example fleet is what it claims to be, and survives a careless installation."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.needs import FLEET


def program(name: str) -> ModuleType:
    """One of the fleet's programs, which are no package."""
    spec = importlib.util.spec_from_file_location(f"fleet_{name}", FLEET / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def installer() -> ModuleType:
    """The fleet's installer as a module."""
    return program("install")


@pytest.mark.timeout(700)
def test_every_server_offers_what_was_measured_over_every_transport(example_fleet: Path) -> None:
    verdicts = program("verify").verify(set())
    assert len(verdicts) == 20
    assert {name: complaint for name, complaint in verdicts.items() if complaint} == {}


def test_a_second_installation_finds_everything_done(example_fleet: Path) -> None:
    done = subprocess.run(
        [sys.executable, example_fleet / "install.py"], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "fleet: 17 servers ready\n"


def test_configuration_measurements_and_locks_name_the_same_servers(installer: ModuleType) -> None:
    configured = json.loads((FLEET / ".mcp.json").read_text())["mcpServers"]
    measured = [entry["id"] for entry in json.loads((FLEET / "fleet.json").read_text())["servers"]]
    assert list(configured) == measured
    assert sorted(configured) == sorted(installer.servers())


def test_locks_pin_the_measured_version_with_hashes() -> None:
    for entry in json.loads((FLEET / "fleet.json").read_text())["servers"]:
        if entry["ecosystem"] == "pypi":
            lock = (FLEET / "locks" / f"{entry['id']}.txt").read_text()
            assert f"{entry['package']}=={entry['version']} \\\n    --hash=sha256:" in lock
        else:
            lock = json.loads((FLEET / "locks" / entry["id"] / "package-lock.json").read_text())
            locked = lock["packages"][f"node_modules/{entry['package']}"]
            assert (locked["version"], "integrity" in locked) == (entry["version"], True)


def test_locks_name_no_host_to_download_from() -> None:
    for lock in (FLEET / "locks").rglob("*.txt"):
        assert "://" not in lock.read_text(), lock
    for lock in (FLEET / "locks").rglob("package-lock.json"):
        assert all("resolved" not in package for package in json.loads(lock.read_text())["packages"].values()), lock


def test_wrapper_scripts_are_executable_and_used() -> None:
    text = (FLEET / ".mcp.json").read_text() + (FLEET / "pytest_mcp.toml").read_text()
    for script in (FLEET / "bin").iterdir():
        assert script.stat().st_mode & 0o111, script
        assert f'"bin/{script.name}"' in text, script


def test_a_half_made_installation_is_made_again(installer: ModuleType, tmp_path: Path) -> None:
    target, lock = tmp_path / "server", tmp_path / "server.txt"
    lock.write_text("one==1\n")
    (target / "left-over").mkdir(parents=True)
    assert installer.ensure(target, [lock], [target.mkdir]) is True
    assert not (target / "left-over").exists()
    assert installer.ensure(target, [lock], [lambda: pytest.fail("done already")]) is False


def test_a_changed_lock_or_a_lost_interpreter_installs_again(installer: ModuleType, tmp_path: Path) -> None:
    target, lock = tmp_path / "server", tmp_path / "server.txt"
    lock.write_text("one==1\n")
    installer.ensure(target, [lock], [target.mkdir])
    lock.write_text("one==2\n")
    assert not installer.installed(target, [lock])
    installer.ensure(target, [lock], [target.mkdir])
    (target / "bin").mkdir()
    (target / "bin" / "python").symlink_to(tmp_path / "removed-python")
    assert not installer.installed(target, [lock])


def test_a_second_way_is_tried_from_nothing_when_the_first_fails(installer: ModuleType, tmp_path: Path) -> None:
    target, lock = tmp_path / "server", tmp_path / "server.txt"
    lock.write_text("one==1\n")

    def fails() -> None:
        (target / "half").mkdir(parents=True)
        raise installer.InstallError("no")

    assert installer.ensure(target, [lock], [fails, target.mkdir]) is True
    assert installer.installed(target, [lock])
    assert not (target / "half").exists()


def test_a_company_s_certificates_are_told_to_every_installer(
    installer: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CERT", "/company.pem")
    told = installer.certificates()
    assert {told[name] for name in ("SSL_CERT_FILE", "PIP_CERT", "NODE_EXTRA_CA_CERTS")} == {"/company.pem"}
    monkeypatch.delenv("PIP_CERT")
    assert "SSL_CERT_FILE" not in installer.certificates()


def test_a_step_that_fails_in_every_way_is_an_error_with_the_last_words_of_its_program(
    installer: ModuleType, tmp_path: Path
) -> None:
    lock, attempts = tmp_path / "server.txt", []
    lock.write_text("one==1\n")

    def install() -> None:
        attempts.append(1)
        installer.run("server", [sys.executable, "-c", "print('no such release'); raise SystemExit(3)"])

    with pytest.raises(installer.InstallError, match=r"^server: .+ ended with 3:\n +no such release$"):
        installer.ensure(tmp_path / "server", [lock], [install, install])
    assert len(attempts) == 2
    assert not installer.installed(tmp_path / "server", [lock])


def test_a_program_that_is_not_there_or_never_ends_is_an_error(
    installer: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(installer.InstallError, match=r"^git: cannot start .*no-such-program: No such file"):
        installer.run("git", [tmp_path / "no-such-program"])
    monkeypatch.setattr(installer, "STEP_SECONDS", 0.2)
    with pytest.raises(installer.InstallError, match=r"^npm: no end after 0.2 s"):
        installer.run("npm", [sys.executable, "-c", "import time; time.sleep(30)"])


@pytest.mark.parametrize(("version", "wanted"), [("v18.20.4", False), ("v20.0.0", True), ("v24.1.0", True)])
def test_only_a_node_that_is_new_enough_is_taken_from_the_machine(
    installer: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str, wanted: bool
) -> None:
    node = tmp_path / "node"
    node.write_text(f"#!/bin/sh\necho {version.lstrip('v')} /opt/node/bin/node\n")
    node.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert installer.machine_node() == ("/opt/node/bin/node" if wanted else None)
