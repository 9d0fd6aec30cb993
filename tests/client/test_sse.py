"""Server-Sent Events come out the same however the network cuts them."""

from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from pytest_mcp.client.sse import EventStream

LIMIT = 1 << 20
LINES = st.sampled_from(["data: a", "data:b", "data", "data:  c", ": note", "event: message", "id: 1", "", "x"])
ENDS = st.sampled_from(["\n", "\r\n", "\r"])


def read(*chunks: bytes) -> list[bytes]:
    stream = EventStream(LIMIT)
    return [payload for chunk in chunks for payload in stream.feed(chunk)]


def by_the_book(text: str) -> list[bytes]:
    """The standard's algorithm on the whole text: lines end with CRLF, LF or CR; the last one without an end waits."""
    *lines, _ = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    events, data = [], []
    for line in lines:
        name, _, value = line.partition(":")
        if line == "" and data:
            events.append("\n".join(data).encode())
            data = []
        elif name == "data":
            data.append(value.removeprefix(" "))
    return events


@given(
    lines=st.lists(st.tuples(LINES, ENDS), max_size=12),
    cuts=st.lists(st.integers(0, 200), max_size=8),
    bom=st.booleans(),
)
@example(lines=[("data: a", "\r\n"), ("data:b", "\r\n"), ("", "\r\n")], cuts=[8], bom=False)
def test_any_cutting_gives_the_events_of_the_standard(lines: list[tuple[str, str]], cuts: list[int], bom: bool) -> None:
    text = ("\ufeff" if bom else "") + "".join(line + end for line, end in lines)
    # a text that ends with CR is settled by what follows; what follows here is the end of a comment
    raw = f"{text}: end\n".encode()
    places = [0, *sorted(cut for cut in cuts if cut < len(raw)), len(raw)]
    pieces = [raw[start:end] for start, end in pairwise(places)]
    assert read(*pieces) == read(raw) == by_the_book(f"{text}: end\n")


def test_a_crlf_cut_in_two_ends_one_line() -> None:
    assert read(b"data: a\r", b"\ndata: b\r", b"\n\r", b"\n") == [b"a\nb"]


def test_a_cr_alone_ends_an_event_at_once() -> None:
    stream = EventStream(LIMIT)
    assert list(stream.feed(b"data: a\r\r")) == [b"a"]


def test_an_event_without_its_empty_line_is_not_told() -> None:
    assert read(b"data: a\n") == []


def test_an_event_over_the_limit_overflows_in_one_line_or_in_many() -> None:
    for chunk in (b"data: " + b"x" * 2000, b"data: x\n" * 2000):
        stream = EventStream(1000)
        assert list(stream.feed(chunk)) == []
        assert stream.overflow
