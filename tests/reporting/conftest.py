"""A real Chromium for the report, and golden files that a person rewrites on purpose.

``PYTEST_MCP_REWRITE=1 pytest tests/reporting`` rewrites the golden files; then read the diff.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_mcp.model.run import Run
from pytest_mcp.reporting.html import write_report
from tests.needs import missing, program
from tests.reporting.example import history
from tests.reporting.screenshot import FLAGS

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compare a text with its golden file, or rewrite that."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if os.environ.get("PYTEST_MCP_REWRITE"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.is_file(), f"{path}: missing; write it with PYTEST_MCP_REWRITE=1"
        assert text == path.read_text(encoding="utf-8")

    return compare


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The distribution's Chromium with an empty profile, driven by playwright, which downloads nothing."""
    path = program("chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright", "install the dependency group tests")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


class Tab:
    """A page of the report with everything it complained about and asked for."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: (self.complaints.append("dialog"), dialog.dismiss()))
        page.on("request", lambda request: self.requests.append(request.url))

    def texts(self, selector: str) -> list[str]:
        """The visible and the folded text of every match."""
        return [text.strip() for text in self.page.locator(selector).all_text_contents()]

    def number(self, selector: str) -> int:
        """The one number a match shows."""
        (text,) = self.texts(selector)
        return int(text.replace(",", ""))


@pytest.fixture
def browse(chromium: Any, tmp_path: Path) -> Iterator[Callable[..., Tab]]:
    """Write a run's report and open it."""
    contexts = []

    def opened(run: Run, **options: Any) -> Tab:
        path = write_report(run, tmp_path / "reports", history=history())
        context = chromium.new_context(**({"viewport": {"width": 1280, "height": 900}} | options))
        contexts.append(context)
        tab = Tab(context.new_page())
        tab.page.goto(path.as_uri())
        if options.get("java_script_enabled", True):
            tab.page.wait_for_selector("#list:not([hidden])", state="attached")
        return tab

    yield opened
    for context in contexts:
        context.close()
