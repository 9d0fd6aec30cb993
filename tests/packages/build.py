"""Small fake installations: what installers write, without anything that runs."""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pytest_mcp.model.package import Package
from pytest_mcp.model.server import Launch
from pytest_mcp.packages import of


def venv(prefix: Path) -> Path:
    """An empty virtual environment; returns its prefix."""
    (prefix / "bin").mkdir(parents=True)
    (prefix / "lib/python3.11/site-packages").mkdir(parents=True)
    (prefix / "pyvenv.cfg").write_text("home = /usr/bin\n")
    program(prefix / "bin/python", "")
    return prefix


def program(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    path.chmod(0o755)
    return path


def distribution(
    prefix: Path,
    name: str,
    version: str,
    *,
    requires: Iterable[str] = (),
    modules: Mapping[str, str] | None = None,
    scripts: Iterable[str] = (),
    license: str = "MIT",  # noqa: A002
) -> Path:
    """Install a distribution; returns its dist-info."""
    site = prefix / "lib/python3.11/site-packages"
    own = name.replace("-", "_")
    info = site / f"{own}-{version}.dist-info"
    info.mkdir()
    lines = [f"Name: {name}", f"Version: {version}", f"License-Expression: {license}"]
    lines += [f"Requires-Dist: {one}" for one in requires]
    (info / "METADATA").write_text("Metadata-Version: 2.4\n" + "\n".join(lines) + "\n\nText.\n")
    files = {f"{own}/__init__.py": "", **(modules or {})}
    if scripts:
        entries = "".join(f"{one} = {own}:main\n" for one in scripts)
        (info / "entry_points.txt").write_text(f"[console_scripts]\n{entries}")
        for one in scripts:
            program(prefix / "bin" / one, f"#!{prefix}/bin/python\nimport sys\n")
    rows = []
    for file, content in files.items():
        (site / file).parent.mkdir(parents=True, exist_ok=True)
        (site / file).write_text(content)
        digest = base64.urlsafe_b64encode(hashlib.sha256(content.encode()).digest()).decode().rstrip("=")
        rows.append(f"{file},sha256={digest},{len(content)}")
    rows.append(f"{info.name}/RECORD,,")
    (info / "RECORD").write_text("\n".join(rows) + "\n")
    return info


def npm_package(folder: Path, name: str, version: str, **manifest: Any) -> Path:
    """A package in ``folder/node_modules``; returns its own folder."""
    own = folder / "node_modules" / name
    own.mkdir(parents=True)
    (own / "package.json").write_text(json.dumps({"name": name, "version": version, "license": "MIT", **manifest}))
    (own / "index.js").write_text("#!/usr/bin/env node\n")
    (own / "index.js").chmod(0o755)
    return own


def run(root: Path, *argv: str, cwd: str | None = None, **environ: str) -> Package:
    """The package of a command, in an environment that holds nothing else."""
    surroundings = {"HOME": str(root / "home"), "PATH": str(root / "path"), **environ}
    return of(Launch(command=argv[0], args=argv[1:], cwd=cwd), root, surroundings)


def named(package: Package) -> list[str]:
    return [f"{one.name} {one.version}" for one in package.dependencies]
