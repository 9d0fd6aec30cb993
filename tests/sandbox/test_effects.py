"""At L3 every effect is seen, and what a server does by itself is none."""

import pytest

from pytest_mcp.model.effects import Effects, FileEffect, Level, Touched
from tests.sandbox.conftest import Boxed, Start


@pytest.fixture
def boxed(start: Start) -> Boxed:
    return start(Level.L3)


def touched(effects: Effects) -> list[tuple[str, str, bool]]:
    return [(each.path, each.how.value, each.inside) for each in effects.files]


def test_files_that_are_read_written_made_moved_and_removed(boxed: Boxed) -> None:
    world, code = boxed.world, []
    code.append(f"open({world.text!r}).read()")
    code.append(f"open({world.missing!r}, 'w').write('x')")
    code.append("import os")
    code.append(f"os.mkdir({world.workspace + '/made'!r})")
    code.append(f"os.rename({world.missing!r}, {world.workspace + '/moved.txt'!r})")
    code.append(f"os.unlink({world.workspace + '/moved.txt'!r})")
    seen = touched(boxed.watched("\n".join(code)))
    assert seen == [
        (world.text, "read", True),
        (world.missing, "created", True),
        (f"{world.workspace}/made", "created", True),
        (world.missing, "removed", True),
        (f"{world.workspace}/moved.txt", "created", True),
        (f"{world.workspace}/moved.txt", "removed", True),
    ]


def test_what_lies_outside_the_workspace_is_told_apart_also_behind_a_link(boxed: Boxed) -> None:
    box = str(boxed.box.folder)
    seen = touched(
        boxed.watched(
            f"open({boxed.world.workspace + '/outer-link'!r}).read()\n"
            f"open({box + '/workspace_private/secret.txt'!r}).read()\nopen({box + '/outside/new'!r}, 'w').write('x')"
        )
    )
    assert seen == [
        (f"{box}/outside/secret.txt", "read", False),
        (f"{box}/workspace_private/secret.txt", "read", False),
        (f"{box}/outside/new", "created", False),
    ]


def test_a_refused_write_is_seen_as_refused(boxed: Boxed) -> None:
    seen = boxed.watched("open('/usr/evil', 'w')")
    assert FileEffect(path="/usr/evil", how=Touched.REFUSED, inside=False) in seen.files


def test_programs_and_their_arguments(boxed: Boxed) -> None:
    seen = boxed.watched("import subprocess\nsubprocess.run(['true', 'a b', '--x=\"y\"', 'ünï\\n'])")
    assert [each.argv for each in seen.spawned] == [("true", "a b", '--x="y"', "ünï\n")]


def test_a_fake_stands_in_for_what_acts_on_the_world(boxed: Boxed) -> None:
    seen = boxed.watched("import subprocess\nsubprocess.run(['kubectl', 'delete', 'pods', '--all\\n'])")
    assert [(each.argv, each.fake) for each in seen.spawned if each.fake] == [
        (("kubectl", "delete", "pods", "--all\n"), True)
    ]


def test_connections_that_are_tried_and_ports_that_are_listened_on(boxed: Boxed) -> None:
    seen = boxed.watched(
        "import socket\ntry: socket.create_connection(('192.0.2.1', 8123), timeout=1)\nexcept OSError: pass\n"
        "s = socket.socket(); s.bind(('0.0.0.0', 8765)); s.listen()"
    )
    assert [(each.address, each.port, each.listening) for each in seen.network] == [
        ("192.0.2.1", 8123, False),
        ("0.0.0.0", 8765, True),
    ]
    assert seen.network[0].reached is False


def test_what_is_done_when_nothing_is_asked_is_no_effect(boxed: Boxed) -> None:
    assert touched(boxed.watched("out = 1")) == []
    assert touched(boxed.watched("import xml.dom.minidom, email.mime.text")) == []


def test_each_call_has_its_own_effects_and_all_of_them_are_complete(boxed: Boxed) -> None:
    first = boxed.watched(f"open({boxed.world.text!r}).read()")
    second = boxed.watched(f"open({boxed.world.json!r}).read()")
    assert [each.path for each in first.files] == [boxed.world.text]
    assert [each.path for each in second.files] == [boxed.world.json]
    assert first.complete and second.complete
