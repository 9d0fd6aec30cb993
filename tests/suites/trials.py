"""Which servers the suites are tried on, and one run of pytest over many of them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pytest_mcp.model.finding import Finding
from pytest_mcp.model.run import CaseResult, Run, ServerFacts
from pytest_mcp.results import load_run_file
from tests.servers.defects import DEFECTS, Defect
from tests.servers.offer import Offer

SCRIPT = Path(__file__).parents[1] / "servers" / "mcp_server.py"
PATIENCE = 1.5
"""Seconds a reply of a server that keeps its client waiting is waited for."""
RUN_SECONDS = 200
_PLACES = (("legacy", "stdio"), ("modern", "http"), ("legacy", "http"), ("modern", "stdio"))
"""Eras and transports; the first two together have all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One test server as it is started: era, transport, whether it streams, its defects."""

    id: str
    era: str
    transport: str
    defects: tuple[Defect, ...] = ()
    streams: bool = False

    @property
    def deep(self) -> bool:
        """Whether it is started more than once: a good server, and one that is seen to be broken only then."""
        return not self.defects or any(defect.deep for defect in self.defects)

    @property
    def switches(self) -> list[str]:
        """The command line of the test server."""
        port = ["--port", "{port}"] if self.transport == "http" else []
        wrong = [switch for defect in self.defects for switch in ("--defect", defect.name)]
        streams = ["--sse"] if self.streams else []
        return ["-S", str(SCRIPT), "--era", self.era, "--transport", self.transport, *port, *streams, *wrong]

    @property
    def entry(self) -> dict[str, object]:
        """Its entry in ``.mcp.json``."""
        if self.transport == "http":
            return {"type": "http", "url": "http://127.0.0.1:1/mcp"}
        return {"command": sys.executable, "args": self.switches}

    @property
    def table(self) -> list[str]:
        """Its lines in ``pytest_mcp.toml``."""
        lines = []
        if any(defect.waits for defect in self.defects):
            lines += [f"[servers.{self.id}]", f"timeout = {PATIENCE}"]
        if self.transport == "http":
            lines += [
                f"[servers.{self.id}.transports.http]",
                'url = "http://127.0.0.1:{port}/mcp"',
                f"command = {json.dumps(sys.executable)}",
                f"args = {json.dumps(self.switches)}",
            ]
        return lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One defect on one server, or, without a defect, a good server."""

    subject: Subject
    defect: Defect | None = None

    def __str__(self) -> str:
        return f"{self.defect.name}-{self.subject.id}" if self.defect and self.shared else self.subject.id

    @property
    def shared(self) -> bool:
        """Whether other defects are on the same server, each on an element of its own."""
        return len(self.subject.defects) > 1

    @property
    def allowed(self) -> frozenset[str]:
        """The checks that may name it, or on a shared server one of those beside it."""
        assert self.defect
        beside = self.subject.defects if self.defect.group else (self.defect,)
        return frozenset(check for each in beside for check in (each.check, *each.also, *each.sometimes) if check)

    @property
    def element(self) -> str:
        """What its findings are about; an element without a usable name is called by its place in the list."""
        if self.defect is None or not self.defect.element.endswith("#"):
            return self.defect.element if self.defect else ""
        offer, members = (
            Offer(),
            {"tool": "tools", "resource": "resources", "template": "templates", "prompt": "prompts"},
        )
        listed = getattr(offer, members[self.defect.element.partition(":")[0]])
        for defect in self.subject.defects[: self.subject.defects.index(self.defect) + 1]:
            defect.behave(offer)
        return f"{self.defect.element}{len(listed) - 1}"


def _good() -> list[Subject]:
    plain = [
        Subject(id=f"good-{era}-{transport}", era=era, transport=transport)
        for era in ("legacy", "modern", "both")
        for transport in ("stdio", "http")
    ]
    streaming = [Subject(id=f"good-{era}-sse", era=era, transport="http", streams=True) for era in ("legacy", "modern")]
    return [*plain, *streaming]


def _alone(defect: Defect) -> list[Subject]:
    """A server of its own in each era and over each transport where it exists; one if it has to be waited for."""
    places = [place for place in _PLACES if defect.exists(*place)]
    both = [place for place in places if place in _PLACES[:2]]
    chosen = places[:1] if defect.waits else both if len(both) == 2 else places
    return [
        Subject(
            id=f"{defect.name}-{era}-{transport}",
            era="both" if defect.dual else era,
            transport=transport,
            defects=(defect,),
        )
        for era, transport in chosen
    ]


def _shared(defects: Iterable[Defect]) -> list[Subject]:
    """The servers of a group: one for each era and transport, with all its defects that are tried there."""
    places: dict[tuple[str, str], list[Defect]] = {
        (one.era, one.transport): [] for defect in defects for one in _alone(defect)
    }
    for defect in defects:
        for one in _alone(defect):
            places[one.era, one.transport].append(defect)
    return [
        Subject(id=f"{each[0].group}-{era}-{transport}", era=era, transport=transport, defects=tuple(each))
        for (era, transport), each in places.items()
    ]


def _together(defects: Sequence[Defect]) -> list[Subject]:
    """Wrong elements do not know each other: one server lists them all, among the good ones."""
    return [
        Subject(
            id=f"elements-{era}-{transport}",
            era=era,
            transport=transport,
            defects=tuple(defect for defect in defects if defect.exists(era, transport)),
        )
        for era, transport in _PLACES[:2]
    ]


ELEMENTS = tuple(defect for defect in DEFECTS.values() if defect.element)
HOSTILE = DEFECTS["hostile-names"]
SINGLES = tuple(defect for defect in DEFECTS.values() if not defect.element and defect is not HOSTILE)
GROUPS = tuple(
    subject
    for group in dict.fromkeys(defect.group for defect in SINGLES if defect.group)
    for subject in _shared([defect for defect in SINGLES if defect.group == group])
)
GOOD = tuple(_good())
TOGETHER = tuple(_together(ELEMENTS))
TRIALS = (
    *(Trial(subject=subject) for subject in GOOD),
    *(Trial(subject=subject, defect=defect) for subject in TOGETHER for defect in subject.defects),
    *(Trial(subject=subject, defect=defect) for subject in GROUPS for defect in subject.defects),
    *(Trial(subject=subject, defect=defect) for defect in SINGLES if not defect.group for subject in _alone(defect)),
)
SUBJECTS = tuple(dict.fromkeys(trial.subject for trial in TRIALS))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Seen:
    """What a run told, ready to be asked about one server."""

    run: Run
    output: str
    exit_code: int

    @property
    def deep(self) -> bool:
        """Whether servers were started more than once."""
        return "--mcp-deep" in self.run.command

    def cases(self, server: str) -> list[CaseResult]:
        """Every result of a server."""
        return [case for case in self.run.cases if case.server == server]

    def findings(self, server: str) -> list[Finding]:
        """Every finding on a server."""
        return [finding for case in self.cases(server) for finding in case.findings]

    def named(self, check: str) -> list[Finding]:
        """Every finding of a check, on whatever server."""
        return [finding for case in self.run.cases if case.check == check for finding in case.findings]

    def facts(self, server: str) -> ServerFacts:
        """What the run tells of a server."""
        return next(facts for facts in self.run.servers if facts.id == server)


def start(folder: Path, subjects: Sequence[Subject], *options: str, suite: str = "unit") -> "subprocess.Popen[str]":
    """Write a project that is configured to use these servers, and start a suite on it."""
    table = [line for each in subjects for line in each.table]
    return launched(folder, {subject.id: subject.entry for subject in subjects}, table, *options, suite=suite)


def launched(
    folder: Path, entries: Mapping[str, object], table: Sequence[str], *options: str, suite: str
) -> "subprocess.Popen[str]":
    """The same for entries of ``.mcp.json`` and lines of ``pytest_mcp.toml``."""
    folder.joinpath(".mcp.json").write_text(json.dumps({"mcpServers": entries}))
    folder.joinpath("pytest_mcp.toml").write_text("\n".join(table))
    folder.joinpath("pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    command = [sys.executable, "-m", "pytest", "--mcp", "--mcp-suite", suite, "--mcp-db", "none"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
    return subprocess.Popen(
        [*command, "-p", "no:cacheprovider", *options],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(folder: Path, started: "subprocess.Popen[str]") -> Seen:
    """Wait for the run and read its results."""
    try:
        output, _ = started.communicate(timeout=RUN_SECONDS)
    except subprocess.TimeoutExpired:
        started.terminate()
        started.communicate()
        raise
    results = folder / "reports" / "latest" / "results.ndjson"
    assert results.exists(), output[-5000:]
    return Seen(run=load_run_file(results), output=output, exit_code=started.returncode)
