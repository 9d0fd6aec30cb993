"""Runs inside the box, before the server and in its place: a program of its own, standard library only.

    python -I -S inside.py PLAN [PORT]

It copies the planted world to where it belongs, starts the stub and the relay of the box, sets the limits, and becomes
the server. At L2 it first makes the box itself: namespaces, mounts and Landlock, which bubblewrap does at L3. At L1 it
only takes Landlock's rules on itself. PORT replaces ``{port}`` in the server's arguments and environment.
"""

import contextlib
import ctypes
import json
import os
import resource
import shutil
import signal
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x20000, 0x4000000, 0x8000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 32, 4096, 16384, 1 << 18
PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS, PR_CAPBSET_DROP = 1, 38, 24
LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446
LANDLOCK_READ = 0b1101  # execute, read file, read directory
LANDLOCK_FILE = 0b111 | 1 << 14  # what means anything for a file that is no folder
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
LIBC = ctypes.CDLL(None, use_errno=True)
LIMITS = {
    "data": resource.RLIMIT_DATA,
    "file": resource.RLIMIT_FSIZE,
    "descriptors": resource.RLIMIT_NOFILE,
    "processes": resource.RLIMIT_NPROC,
    "cpu": resource.RLIMIT_CPU,
}
CHUNK = 65536
Plan = dict[str, Any]
BESIDE = "/.mcp-beside"


def checked(result: int, what: str) -> int:
    """The result of a system call; ends the box when it failed: half a box is none."""
    if result < 0:
        sys.exit(f"sandbox: {what}: {os.strerror(ctypes.get_errno())}")
    return result


def mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    """mount(2)."""
    done = LIBC.mount(source.encode(), target.encode(), kind.encode() if kind else None, flags, options.encode())
    checked(done, f"mount {target}")


# -- the box of L2 ----------------------------------------------------------------------------------------------------


def make_box(plan: Plan) -> None:
    """New namespaces; this process goes on as the second one in them, the first is there to reap."""
    user, group = os.geteuid(), os.getegid()
    wanted = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWPID
    checked(LIBC.unshare(wanted | (CLONE_NEWUSER if user else 0)), "unshare")
    if user:
        for file, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
            with open(f"/proc/self/{file}", "w") as written:
                written.write(text)
    stand_by(os.fork())
    stand_by(os.fork())
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV)
    loopback_up()
    furnish(plan)


def stand_by(child: int) -> None:
    """The parent hands on its child's end and dies with its own parent; the child returns."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if child == 0:
        return
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda received, _: os.kill(child, received))
    for descriptor in (0, 1, 2):  # an end of stdin or stdout must be seen by the other side
        os.close(descriptor)
    while True:
        ended, status = os.wait()
        if ended == child:
            os._exit(128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))


def loopback_up() -> None:
    """Loopback is there in a new network namespace, but down."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as talk:
        request = struct.pack("16sH14s", b"lo", 0, b"")
        reply = bytearray(request)
        import fcntl

        fcntl.ioctl(talk, SIOCGIFFLAGS, reply)
        flags = struct.unpack("16sH14s", reply)[1]
        fcntl.ioctl(talk, SIOCSIFFLAGS, struct.pack("16sH14s", b"lo", flags | IFF_UP, b""))


def furnish(plan: Plan) -> None:
    """Cover what is private with memory, and bring back what stays visible of it; what is copied stays in reach."""
    kept = {path: os.open(path, os.O_PATH) for path in plan["shown"]}
    plan["copies"] = [(f"/proc/self/fd/{os.open(source, os.O_RDONLY)}", target) for source, target in plan["copies"]]
    sizes = dict(plan["memory"])
    for path in sorted({*sizes, *kept}, key=len):  # a folder before what lies in it
        if path in sizes:
            os.makedirs(path, exist_ok=True)
            mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, f"size={sizes[path]},mode=0700")
        elif any(path.startswith(f"{cover}/") for cover in sizes):
            show(kept[path], path, writable=path == plan["talk"])


def show(descriptor: int, path: str, *, writable: bool) -> None:
    """Bring back what was covered."""
    source = f"/proc/self/fd/{descriptor}"
    if os.path.isdir(source):
        os.makedirs(path, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
    mount(source, path, None, MS_BIND | MS_REC)
    if not writable:
        LIBC.mount(b"none", path.encode(), None, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_REC, None)


def confine(plan: Plan) -> None:
    """Landlock: read what is shown, write what is private, nothing else; for good, and for every child."""
    version = LIBC.syscall(LANDLOCK_CREATE, None, 0, 1)
    if version < 1:
        sys.exit("sandbox: this kernel has no Landlock")
    every = (1 << (13 + (version >= 2) + (version >= 3))) - 1
    ruleset = checked(LIBC.syscall(LANDLOCK_CREATE, struct.pack("Q", every), 8, 0), "landlock")
    for paths, access in ((plan["readable"], LANDLOCK_READ), (plan["writable"], every)):
        for path in paths:
            with contextlib.suppress(OSError):
                descriptor = os.open(path, os.O_PATH)
                allowed = access & every & (every if os.path.isdir(path) else LANDLOCK_FILE)
                LIBC.syscall(LANDLOCK_ADD, ruleset, 1, struct.pack("=Qi", allowed, descriptor), 0)
                os.close(descriptor)
    LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    checked(LIBC.syscall(LANDLOCK_RESTRICT, ruleset, 0), "landlock")
    os.close(ruleset)


def drop_capabilities() -> None:
    """Root in the box must not be able to undo it; without effect, and without need, for anybody else."""
    for number in range(64):
        LIBC.prctl(PR_CAPBSET_DROP, number, 0, 0, 0)
    header = struct.pack("=Ii", 0x20080522, 0)
    LIBC.capset(header, struct.pack("=6I", *(0,) * 6))


def put_in_place(plan: Plan) -> None:
    """Copy what the server may change, and lay the links."""
    for source, target in plan["copies"]:
        if os.path.isdir(source):
            shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
        else:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copy2(source, target)
    for target, path in plan["links"]:
        with contextlib.suppress(FileExistsError):
            os.symlink(target, path)
    for path in plan["folders"]:
        os.makedirs(path, exist_ok=True)
    sources = {target: source for source, target in plan["copies"]}
    plan["world"] = sources[plan["workspace"]]
    plan["beside"] = [(sources[planted], place) for planted, place in plan["beside"]]


# -- what stands beside the server ------------------------------------------------------------------------------------


def beside(work: Callable[..., None], *arguments: object) -> None:
    """Do some work in a process of its own that ends with this one, and holds none of the server's streams."""
    parent = os.getpid()
    if os.fork():
        return
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)
    with contextlib.suppress(OSError):
        os.open(BESIDE, os.O_RDONLY)  # seen in the trace: what this process does is not the server's doing
    null = os.open("/dev/null", os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    try:
        work(*arguments)
    finally:
        os._exit(0)


def relay(path: str, port: int) -> None:
    """Connections to the Unix socket go on to the server's port in here."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(128)
    while True:
        near, _ = listener.accept()
        try:
            far = socket.create_connection(("127.0.0.1", port), timeout=10)
            far.settimeout(None)
            near.sendall(b"+")  # told before anything else: somebody is there
        except OSError:
            near.close()
            continue
        for one, other in ((near, far), (far, near)):
            threading.Thread(target=pour, args=(one, other), daemon=True).start()


def pour(source: socket.socket, sink: socket.socket) -> None:
    """Bytes of one direction, and its end."""
    with contextlib.suppress(OSError):
        while chunk := source.recv(CHUNK):
            sink.sendall(chunk)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def keep(plan: Plan) -> None:
    """Answer our own side: put the world back as it was planted, plant it elsewhere, tell what the server was told."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(plan["keeper"])
    listener.listen(8)
    while True:
        near, _ = listener.accept()
        with near, contextlib.suppress(OSError, ValueError):
            asked = json.loads(near.makefile("rb").readline())
            told = []
            if asked["do"] == "plant":
                plant(plan, asked["where"])
            elif asked["do"] == "told":
                told = told_folders(plan)
            elif asked["do"] == "listed":
                told = list(listed(place.replace("{where}", asked["where"]) for _, place in plan["beside"]))
            near.sendall(json.dumps(told).encode() + b"\n")


def plant(plan: Plan, where: str) -> None:
    """The world, the links in it that lead out, and what lies beside it."""
    put_back(plan["world"], where)
    for name, target in plan["lures"]:
        with contextlib.suppress(OSError):
            os.symlink(target, f"{where}/{name}")
    for source, place in plan["beside"]:
        with contextlib.suppress(OSError):
            os.makedirs(place.replace("{where}", where), exist_ok=True)
            put_back(source, place.replace("{where}", where))


def listed(folders: Iterable[str]) -> Iterator[str]:
    """Every file in these, with the time of its last change and its size."""
    for folder in folders:
        for path, _, names in os.walk(folder):
            for name in names:
                with contextlib.suppress(OSError):
                    state = os.lstat(f"{path}/{name}")
                    yield f"{state.st_mtime_ns}:{state.st_size}:{path}/{name}"


def put_back(source: str, target: str) -> None:
    """Every planted file and folder in place of what became of it; what the server made beside them stays."""
    for name in os.listdir(source):
        there, planted = f"{target}/{name}", f"{source}/{name}"
        with contextlib.suppress(OSError):
            (shutil.rmtree if os.path.isdir(there) and not os.path.islink(there) else os.unlink)(there)
        with contextlib.suppress(OSError):
            if os.path.isdir(planted) and not os.path.islink(planted):
                shutil.copytree(planted, there, symlinks=True)
            else:
                shutil.copy2(planted, there, follow_symlinks=False)


def told_folders(plan: Plan) -> list[str]:
    """Folders below the project or the box that are named in the environment or the arguments of a process in here."""
    found: dict[str, None] = {}
    for number in filter(str.isdigit, os.listdir("/proc")):
        if int(number) in (1, os.getpid()):
            continue
        for file in ("environ", "cmdline"):
            with contextlib.suppress(OSError), open(f"/proc/{number}/{file}", "rb") as told:
                for word in told.read().split(b"\0"):
                    name, _, value = os.fsdecode(word).rpartition("=")
                    if name not in plan["own"] and value.startswith(tuple(plan["roots"])) and os.path.isdir(value):
                        found[os.path.normpath(value)] = None
    return list(found)


def become_stub(plan: Plan) -> None:
    """The stub is a program of its own, so that what it does can be told from what the server does."""
    os.execve(plan["python"], [plan["python"], "-I", "-S", *map(str, plan["stub"])], {"PATH": os.defpath})


# -- the server -------------------------------------------------------------------------------------------------------


def main() -> None:
    """Make the box and become the server."""
    with open(sys.argv[1]) as file:
        plan = json.load(file)
    port = sys.argv[2] if len(sys.argv) > 2 else ""
    if plan["level"] == "L2":
        make_box(plan)
    put_in_place(plan)
    if plan["pids"]:
        with contextlib.suppress(OSError), open("/proc/sys/kernel/pid_max", "w") as most:
            most.write(str(plan["pids"]))
    if plan["stub"]:
        beside(become_stub, plan)
    beside(keep, plan)
    if plan["relay"]:
        beside(relay, plan["relay"], int(port))
    for name, most in plan["limits"].items():
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(LIMITS[name], (most, most))
    if plan["level"] == "L2":
        drop_capabilities()
    if plan["level"] in ("L2", "L1"):
        confine(plan)
    argv = [part.replace("{port}", port) for part in plan["argv"]]
    env = {name: value.replace("{port}", port) for name, value in plan["env"].items()}
    try:
        os.chdir(plan["cwd"])
        os.execvpe(argv[0], argv, env)
    except OSError as error:
        sys.exit(f"sandbox: {argv[0]}: {error.strerror}")


if __name__ == "__main__":
    main()
