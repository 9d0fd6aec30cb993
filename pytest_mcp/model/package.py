"""What a launch really runs: an installed package, its files, and what it depends on."""

from dataclasses import dataclass
from enum import StrEnum

from pytest_mcp.model.finding import Confidence, Severity


class Ecosystem(StrEnum):
    """Where a package comes from; ``none`` for files of the project itself, programs and images."""

    PYPI = "pypi"
    NPM = "npm"
    NONE = "none"


class Pin(StrEnum):
    """How firmly the command names a version.

    ``exact``: one version. ``floating``: a range, a tag or nothing, so another start may run other code. ``latest``:
    the newest one, asked for by name. ``installed``: the command fetches nothing; what is installed decides.
    """

    EXACT = "exact"
    FLOATING = "floating"
    LATEST = "latest"
    INSTALLED = "installed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    """One installed package that another needs, directly or not.

    ``version`` is empty where the installed files do not tell it; ``requires`` are name and version of what it needs
    itself; ``install_scripts`` the names of npm scripts that run when it is installed.
    """

    ecosystem: Ecosystem
    name: str
    version: str
    folder: str
    license: str = ""
    requires: tuple[tuple[str, str], ...] = ()
    install_scripts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """What a launch runs, as far as its installed files tell. All texts but ``form`` come from outside: hostile.

    ``problem`` says what could not be decided; then the fields are what the command alone tells, and nothing may be
    concluded from an empty one.
    """

    form: str
    """The launcher: ``npx``, ``uvx``, ``pipx run``, ``python -m``, ``console script``, ``docker`` ..."""
    ecosystem: Ecosystem
    name: str
    version: str = ""
    """As installed; empty when unknown."""
    requested: str = ""
    """The package as the command names it, with its version; empty when it names a file or a program."""
    pin: Pin = Pin.INSTALLED
    through: tuple[str, ...] = ()
    """Wrappers around it, outermost first: ``sh -c``, ``script``, ``uv run`` ..."""
    folder: str = ""
    """The folder of its own files; empty when they were not found."""
    sources: tuple[str, ...] = ()
    """Folders and files that are its own: several where a wheel installs several modules."""
    metadata: str = ""
    """Its ``*.dist-info`` folder, or its ``package.json``."""
    license: str = ""
    requires: tuple[tuple[str, str], ...] = ()
    """Name and version of what it needs itself."""
    install_scripts: tuple[str, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    """Everything reachable, sorted by name, version, folder."""
    missing: tuple[str, ...] = ()
    """Names that are required and not installed."""
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """One remark of a source scanner; ``test_id`` is ``unread`` for a file that it could not look at."""

    file: str
    line: int
    test_id: str
    severity: Severity
    confidence: Confidence
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Vulnerability:
    """A known vulnerability of one installed package. ``severity`` None means that the entry rates nothing."""

    id: str
    aliases: tuple[str, ...]
    ecosystem: Ecosystem
    name: str
    version: str
    summary: str
    severity: Severity | None
    fixed: tuple[str, ...] = ()
    """Versions that mend it, oldest first, as the entries name them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vulnerable:
    """The answer of an export of known vulnerabilities for one package and its dependencies.

    ``not_run`` is None when everything was compared; else it says why nothing was, and ``known`` being empty means
    nothing. ``unjudged`` names packages that could not be compared, with the reason.
    """

    known: tuple[Vulnerability, ...] = ()
    compared: int = 0
    unjudged: tuple[str, ...] = ()
    not_run: str | None = None
