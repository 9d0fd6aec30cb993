"""Where a report goes: a folder of its own per run, and ``latest`` that always points at a finished one."""

import os
import re
from collections.abc import Sequence
from datetime import UTC
from pathlib import Path

from pytest_mcp.errors import ReportError
from pytest_mcp.model.run import Run, RunSummary
from pytest_mcp.reporting.html.cut import short
from pytest_mcp.reporting.html.render import render
from pytest_mcp.results.whole import write_whole

PAGE = "index.html"
LATEST = "latest"
_REMEDY = "choose another folder with --mcp-report"


def run_folder(reports_dir: Path, run: Run) -> Path:
    """The folder of one run: sorts by time, unique by id; not made yet."""
    return reports_dir / f"{run.started_at.astimezone(UTC):%Y%m%d-%H%M%S}-{short(run.id)}"


def write_report(
    run: Run, reports_dir: Path, *, history: Sequence[RunSummary] = (), artifacts: Sequence[str] = ("results.ndjson",)
) -> Path:
    """Write the page into the run's folder, point ``latest`` at it, and return the page's path.

    ``artifacts`` are names of files in the same folder that the page links to.
    """
    page = render(run, history=history, artifacts=artifacts)
    folder = run_folder(reports_dir, run)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / PAGE, page)
        _point(reports_dir / LATEST, folder.name)
    except (FileExistsError, NotADirectoryError) as error:
        raise ReportError(f"{error.filename or reports_dir}: is no folder; remove it or {_REMEDY}") from error
    except OSError as error:
        raise ReportError(f"{folder}: cannot be written ({error.strerror}); {_REMEDY}") from error
    return folder / PAGE


def _point(link: Path, target: str) -> None:
    """Flip the link in one rename; a real file or folder of that name is the user's and stays an error."""
    if link.exists() and not link.is_symlink():
        raise FileExistsError(None, None, str(link))
    fresh = link.with_name(f".{link.name}.{re.sub(r'[^0-9a-z-]', '', target)}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target, target_is_directory=True)
    fresh.replace(link)
