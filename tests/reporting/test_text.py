# ruff: noqa: RUF001
"""Server text is shown, never obeyed."""

import unicodedata

import pytest

from pytest_mcp.model.text import inert, inert_line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x9b1;31mred\x9bm", "red"),
        ("\x1b]0;title\x07", "‹U+001B›]0;title‹U+0007›"),
        ("\x1b[2J", "‹U+001B›[2J"),
        ("a\x00b\x9fc", "a‹U+0000›b‹U+009F›c"),
        ("safe\u202egnp.exe", "safe‹U+202E›gnp.exe"),
        ("zero\u200bwidth\ufeff", "zero‹U+200B›width‹U+FEFF›"),
        ("tag\U000e0041", "tag‹U+E0041›"),
        ("lone\ud800", "lone‹U+D800›"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("tab\tstays", "tab\tstays"),
        ("größe ✅️ 日本語", "größe ✅️ 日本語"),
    ],
)
def test_unseen_characters_are_spelled_and_visible_ones_are_kept(text: str, shown: str) -> None:
    assert inert(text) == shown


def test_every_code_point_comes_out_printable_and_encodable() -> None:
    shown = inert("".join(map(chr, range(0x110000))))
    shown.encode("utf-8")
    left = {character for character in shown if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")}
    assert left == {"\n", "\t"}
    steering = {"RLE", "LRE", "RLO", "LRO", "PDF", "RLI", "LRI", "PDI"}
    assert not any(unicodedata.bidirectional(character) in steering for character in shown)


def test_making_text_inert_twice_changes_nothing() -> None:
    once = inert("\x1b[1mx\u202e\r\n\x00")
    assert inert(once) == once


def test_a_line_has_no_line_breaks_of_any_kind() -> None:
    text = "a\nb\r\nc\x0bd\x0ce\x1cf\x85g\u2028h\u2029i"
    assert len(inert_line(text).splitlines()) == 1


def test_a_line_is_cut_with_an_ellipsis() -> None:
    assert inert_line("x" * 300, limit=10) == "x" * 9 + "…"
    assert inert_line("x" * 10, limit=10) == "x" * 10
