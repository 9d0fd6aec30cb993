"""Programs that act on the world beyond this machine: in the box each is a fake that writes down how it was called."""

import shutil
from functools import cache
from pathlib import Path

NAMES = (
    *(
        "adb",
        "aws",
        "az",
        "docker",
        "docker-compose",
        "fastboot",
        "flyctl",
        "gcloud",
        "gh",
        "heroku",
        "helm",
        "kubectl",
    ),
    *("mail", "mysql", "podman", "psql", "rsync", "scp", "sendmail", "ssh", "systemctl", "terraform", "vercel"),
)
WHERE_ABSENT = (
    *("ansible", "ansible-playbook", "argocd", "bq", "clickhouse-client", "claude", "code", "codex"),
    *("consul", "convert", "dig", "doctl", "exiftool", "fastlane", "ffmpeg", "ffprobe", "flutter", "flux"),
    *("gemini", "gsutil", "host", "idb", "istioctl", "kind", "magick", "minikube", "mongosh", "nmap"),
    *("nomad", "nslookup", "oci", "ollama", "open", "osascript", "packer", "pandoc", "pbcopy", "pbpaste"),
    *("pdftotext", "ping", "redis-cli", "sqlcmd", "tesseract", "traceroute", "vagrant", "vault", "virsh"),
    *("whois", "xcodebuild", "xcrun", "yt-dlp"),
)
"""Programs that servers are made around: faked only on machines that do not have them."""
LOG = ".log"
_SCRIPT = """#!/bin/sh
# A fake of the sandbox: notes its arguments, each followed by a NUL, and says something harmless.
{ printf '%s\\0' "${0##*/}" "$@"; printf '\\n'; } >> "${0%/*}/LOG"
case " $* " in
*json*) echo '{"items": []}' ;;
*) echo "fake ${0##*/}: ok" ;;
esac
"""


@cache
def names() -> tuple[str, ...]:
    """Every program that is faked on this machine."""
    return (*NAMES, *(name for name in WHERE_ABSENT if shutil.which(name) is None))


def plant(folder: Path) -> None:
    """Put every fake into a folder that is to be first on PATH; they write to ``LOG`` in it."""
    for name in names():
        path = folder / name
        path.write_text(_SCRIPT.replace("LOG", LOG))
        path.chmod(0o755)


def calls(log: bytes) -> list[tuple[str, ...]]:
    """The calls in a log, each as its argv."""
    ended = log.split(b"\0\n")
    return [tuple(part.decode("utf-8", "replace") for part in call.split(b"\0")) for call in ended if call]
