"""``docker run IMAGE``: the image's name; what is in it is not looked into."""

import re

from pytest_mcp.model.package import Ecosystem, Package, Pin
from pytest_mcp.packages.launchers.invocation import Invocation
from pytest_mcp.packages.launchers.options import take

_PROGRAMS = ("docker", "podman", "nerdctl")
_FLAGS = frozenset(
    {
        "--rm",
        "-i",
        "-t",
        "-it",
        "-ti",
        "-d",
        "--interactive",
        "--tty",
        "--detach",
        "--init",
        "--privileged",
        "--read-only",
        "--no-healthcheck",
        "-P",
        "--publish-all",
        "--sig-proxy",
        "--oom-kill-disable",
        "--disable-content-trust",
        "-q",
        "--quiet",
        "--debug",
        "-D",
        "--tls",
        "--tlsverify",
    }
)
_IMAGE = re.compile(r"(?P<name>[^@]+?)(?::(?P<tag>[\w.-]+))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?")


def read(call: Invocation) -> Package | Invocation | None:
    """Only a digest pins an image: tags are moved."""
    if call.program not in _PROGRAMS:
        return None
    valued = {word for word in call.args if word.startswith("-") and word not in _FLAGS}
    outer = take(call.args, valued & {"-H", "--host", "-c", "--context", "--config", "-l", "--log-level"})
    words = outer.rest[1:] if outer.rest[:1] == ("container",) else outer.rest
    if words[:1] != ("run",):
        return call.undecided("docker", "a command that runs no image")
    found = take(words[1:], valued)
    image = _IMAGE.fullmatch(found.rest[0]) if found.rest else None
    if image is None:
        return call.undecided("docker", "no image is named")
    pin = Pin.FLOATING
    if image["digest"]:
        pin = Pin.EXACT
    elif image["tag"] in (None, "latest"):
        pin = Pin.LATEST
    problem = "what is inside an image is not looked into"
    return call.undecided("docker", problem, ecosystem=Ecosystem.NONE, name=image["name"], requested=image[0], pin=pin)
