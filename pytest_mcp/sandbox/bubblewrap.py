"""The command lines of L3: strace around bubblewrap around the program that becomes the server."""

from pathlib import Path

from pytest_mcp.sandbox.layout import MEMORY, MEMORY_BYTES, Layout

CALLS = (
    *("open", "openat", "openat2", "creat", "execve", "execveat", "connect", "bind", "listen"),
    *("unlink", "unlinkat", "rmdir", "rename", "renameat", "renameat2", "mkdir", "mkdirat", "truncate"),
    *("link", "linkat", "symlink", "symlinkat", "chmod", "fchmodat", "mknod", "mknodat"),
)
LONGEST = 4096


def traced(log: str, command: list[str]) -> list[str]:
    """The command with every call that has an effect written to ``log``; others are not slowed down."""
    known = ",".join(f"?{call}" for call in CALLS)
    how = ["-f", "--seccomp-bpf", "-qq", "-y", "-s", str(LONGEST), "-e", "signal=none", "-e", f"trace={known}"]
    return ["strace", *how, "-o", log, *command]


def boxed(layout: Layout, bound: tuple[str, ...], command: list[str]) -> list[str]:
    """The command in a box of this layout; ``bound`` are folders of ours that it reads and writes."""
    words = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--hostname", "box"]
    words += ["--proc", "/proc", "--dev", "/dev"]
    for path in sorted({*layout.memory, *layout.shown}, key=len):
        words += _private(path) if path in layout.memory else _visible(path)
    for source, target in layout.copies:
        words += ["--ro-bind", source, staged(target)]
    for path in bound:
        words += ["--bind", path, path]
    return [*words, "--", *command]


def _private(path: str) -> list[str]:
    mode = "1777" if path in MEMORY else "0700"
    return ["--perms", mode, "--size", str(MEMORY_BYTES), "--tmpfs", path]


def _visible(path: str) -> list[str]:
    link = Path(path)
    return ["--symlink", str(link.readlink()), path] if link.is_symlink() else ["--ro-bind", path, path]


def staged(path: str) -> str:
    """Where bubblewrap shows what the program inside copies to ``path``."""
    return f"/.mcp-staged{path}"
