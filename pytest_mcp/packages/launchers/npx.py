"""``npx NAME@VERSION`` and its relatives: the project's ``node_modules`` first, then npx's own cache."""

from collections.abc import Iterator
from pathlib import Path

from pytest_mcp.model.package import Ecosystem, Package, Pin
from pytest_mcp.packages import npm
from pytest_mcp.packages.launchers.invocation import Invocation
from pytest_mcp.packages.launchers.options import take
from pytest_mcp.packages.reading import json_object, names, real
from pytest_mcp.packages.specs import Spec, npm_spec

_VALUED = ("-p", "--package", "-c", "--call", "--registry", "--cache", "--prefix", "-w", "--workspace", "--userconfig")
_WORDS = {
    ("npx",): "npx",
    ("npm", "exec"): "npx",
    ("npm", "x"): "npx",
    ("pnpx",): "pnpm dlx",
    ("pnpm", "dlx"): "pnpm dlx",
    ("yarn", "dlx"): "yarn dlx",
    ("bunx",): "bunx",
    ("bun", "x"): "bunx",
}


def read(call: Invocation) -> Package | Invocation | None:
    """The package that it runs, as installed where it looks."""
    taken, form = call.args, _WORDS.get((call.program,))
    if form is None and taken:
        form, taken = _WORDS.get((call.program, taken[0])), taken[1:]
    if form is None:
        return None
    found = take(taken, _VALUED)
    if found.has("-c", "--call"):
        return call.undecided(form, "a line for a shell after --call; name the program itself")
    asked = found.all("-p", "--package") or found.rest[:1]
    if not asked:
        return call.undecided(form, "no package is named")
    spec = npm_spec(asked[0])
    own = _installed(call, spec, asked, found.last("--cache")) if form == "npx" else None
    if own is not None:
        return npm.package(call, form, own, spec)
    if form == "npx":
        problem = (
            "not installed in the version asked for where npx looks: node_modules from the working folder upwards, "
            "and _npx in npm's cache; start it once, then test"
        )
    else:
        problem = f"where {form} keeps its packages is not looked into"
    return call.undecided(form, problem, ecosystem=Ecosystem.NPM, name=spec.name, requested=spec.text, pin=spec.pin)


def _installed(call: Invocation, spec: Spec, asked: tuple[str, ...], cache: str) -> npm.Manifest | None:
    """A local one counts when it is what was asked for; ``latest`` and places are always fetched."""
    if not spec.name:
        return None
    local = _local(call.cwd, spec.name) if spec.pin is not Pin.LATEST and not spec.place else None
    if local is not None and _fits(local, spec):
        return local
    return next((one for one in _cached(call, spec.name, asked, cache) if _fits(one, spec)), None)


def _local(start: Path, name: str) -> npm.Manifest | None:
    places = (folder / "node_modules" / name for folder in (start, *start.parents))
    return next((one for place in places if (one := npm.manifest(real(place)))), None)


def _cached(call: Invocation, name: str, asked: tuple[str, ...], cache: str) -> Iterator[npm.Manifest]:
    """npx has a folder for each set of packages it was asked for, and notes the set in it."""
    said = cache or call.environ.get("npm_config_cache") or call.environ.get("NPM_CONFIG_CACHE")
    top = (call.at(said) if said else call.home / ".npm") / "_npx"
    for folder in names(top):
        noted = (json_object(top / folder / "package.json") or {}).get("_npx")
        packages = noted.get("packages") if isinstance(noted, dict) else None
        if isinstance(packages, list) and sorted(map(str, packages)) == sorted(asked):
            found = npm.manifest(real(top / folder / "node_modules" / name))
            if found is not None:
                yield found


def _fits(one: npm.Manifest, spec: Spec) -> bool:
    """A range was judged by npm when it filled the folder; only an exact version can be wrong here."""
    return spec.pin is not Pin.EXACT or not spec.version or one.version == spec.version
