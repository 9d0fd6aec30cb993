"""What is said while servers start."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from pytest_mcp.model.interface import ElementKind, Interface
from pytest_mcp.model.text import inert_line
from pytest_mcp.reporting import terminal


class Progress:
    """What is said meanwhile: one line, rewritten in place on a tty; with ``-v`` a line for each server."""

    def __init__(self, config: pytest.Config, total: int) -> None:
        self._terminal: Any = config.pluginmanager.get_plugin("terminalreporter")
        self._verbosity = config.get_verbosity() if self._terminal else -1
        if config.option.collectonly:
            self._verbosity = -1
        self._total, self._seen, self._connected = total, 0, 0
        self._began = time.monotonic()
        self._rewrite()

    def one(self, interface: Interface, redact: Callable[[str], str]) -> None:
        """A server is known now."""
        self._seen += 1
        self._connected += interface.connected
        if self._verbosity >= 1:
            self._line(inert_line(redact(_told(interface))))
        self._rewrite()

    def whole(self) -> None:
        """All of them are."""
        if self._verbosity < 0:
            return
        line = terminal.probed(self._connected, self._total, time.monotonic() - self._began)
        if self._terminal.isatty and self._verbosity == 0:
            self._terminal.rewrite(line, erase=True)
            self._terminal.write_line("")
        else:
            self._line(line)

    def _rewrite(self) -> None:
        if self._verbosity == 0 and self._terminal.isatty:
            self._terminal.rewrite(f"probing MCP servers: {self._seen}/{self._total}", erase=True)

    def _line(self, line: str) -> None:
        self._terminal.ensure_newline()
        self._terminal.write_line(line)


def _told(interface: Interface) -> str:
    if interface.failure:
        return f"no connection to {interface.server}: {interface.failure.reason}"
    listed = [(len(interface.of_kind(kind)), kind.value) for kind in ElementKind]
    counts = [f"{count} {noun}" if count == 1 else f"{count} {noun}s" for count, noun in listed if count]
    return f"probed {interface.server} in {interface.seconds:.1f} s: {', '.join([str(interface.revision), *counts])}"
