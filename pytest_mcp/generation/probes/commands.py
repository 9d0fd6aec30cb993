"""Texts that a shell, or an interpreter, would take for something to run: it would leave a file behind."""

from collections.abc import Iterator

from pytest_mcp.generation.probes.draft import Ground
from pytest_mcp.generation.probes.leaves import Leaf
from pytest_mcp.generation.words import listed
from pytest_mcp.model.probe import Aim, Family, Probe

_FIRST = ("a substitution", "{value}$({run})")
"""Works unquoted and within double quotes."""
_MORE = (("out of single quotes", "{value}';{run};'"), ("a second command", "{value};{run};"))
_DEEP = (
    ("out of double quotes", '{value}";{run};"'),
    ("a pipe", "{value}|{run}"),
    ("a new line", "{value}\n{run}\n"),
    ("backticks", "{value}`{run}`"),
)
_CODE = (
    ("Python", "__import__('os').system('{run}')"),
    ("JavaScript", "process.mainModule.require('child_process').execSync('{run}')"),
    (
        "JavaScript out of a context",
        "this.constructor.constructor('return process')().mainModule.require('child_process').execSync('{run}')",
    ),
    ("a template", "{{ cycler.__init__.__globals__.os.popen('{run}').read() }}"),
    ("JavaScript with import", "process.getBuiltinModule('child_process').execSync('{run}')"),
)


def probes(ground: Ground) -> Iterator[Probe]:
    """One for every text; the whole set where the tool starts programs; code where a text is to be worked out."""
    for leaf in ground.texts:
        yield _shell(ground, leaf, *_FIRST)
        if ground.spawns or ground.deep:
            yield _made(ground, leaf, Aim.PLAIN, "a command", "{run}")
            for label, pattern in (*_MORE, *(_DEEP if ground.deep else ())):
                yield _shell(ground, leaf, label, pattern)
        for label, pattern in _CODE:
            if leaf.words & _WORKED_OUT or ground.deep:
                yield _made(ground, leaf, Aim.CODE, label, pattern)


_WORKED_OUT = listed(
    "expression expr equation formula math code script snippet eval filter query condition template function "
    "fn rule calculation value input prompt body html markdown"
)


def _shell(ground: Ground, leaf: Leaf, label: str, pattern: str) -> Probe:
    return _made(ground, leaf, Aim.SHELL, label, pattern)


def _made(ground: Ground, leaf: Leaf, aim: Aim, label: str, pattern: str) -> Probe:
    target = f"{ground.world.outside}/ran-{ground.mark(leaf, label)}"
    value = pattern.replace("{run}", f"touch {target}").replace("{value}", leaf.value or "x")
    return ground.probe(leaf, Family.COMMAND, aim, label, value, target=target)
