"""The run as one self-contained HTML file: no request, no font, no file beside it; all that servers said is inert."""

from pytest_mcp.reporting.html.folder import run_folder, write_report
from pytest_mcp.reporting.html.render import render

__all__ = ["render", "run_folder", "write_report"]
