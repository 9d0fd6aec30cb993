"""Takes a picture of a report: ``python screenshot.py index.html report.png [light|dark] [width] [full]``."""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def take(page: Path, picture: Path, *, scheme: str = "light", width: int = 1280, full: bool = False) -> None:
    """Open the page in the distribution's Chromium, with a new empty profile, and save what it shows."""
    with sync_playwright() as play, tempfile.TemporaryDirectory() as profile:
        context = play.chromium.launch_persistent_context(
            profile,
            executable_path="/usr/bin/chromium",
            args=list(FLAGS),
            color_scheme=scheme,  # type: ignore[arg-type]
            viewport={"width": width, "height": 1060 if width > 700 else 900},
        )
        tab = context.new_page()
        tab.goto(page.resolve().as_uri())
        tab.wait_for_selector("#rows tr", state="attached")
        tab.screenshot(path=picture, full_page=full)
        context.close()


if __name__ == "__main__":
    source, target, *rest = sys.argv[1:]
    take(
        Path(source),
        Path(target),
        scheme=rest[0] if rest else "light",
        width=int(rest[1]) if len(rest) > 1 else 1280,
        full="full" in rest,
    )
