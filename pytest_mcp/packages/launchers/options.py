"""Taking a launcher's own options off the words that follow it (pure)."""

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """``options`` in order with their values, empty for a flag; ``rest`` from the first word that is none."""

    options: tuple[tuple[str, str], ...]
    rest: tuple[str, ...]

    def last(self, *names: str) -> str:
        """The value that counts of an option under any of its names; empty when it is not there."""
        return next((value for name, value in reversed(self.options) if name in names), "")

    def all(self, *names: str) -> tuple[str, ...]:
        """Every value of an option that may be repeated."""
        return tuple(value for name, value in self.options if name in names)

    def has(self, *names: str) -> bool:
        """Whether an option is there at all."""
        return any(name in names for name, _ in self.options)


def take(words: tuple[str, ...], valued: Collection[str]) -> Taken:
    """Options up to ``--`` or the first plain word; those in ``valued`` take the next word unless ``=`` gives it.

    A short one may have its value attached, as in ``-Xdev``.
    """
    found: list[tuple[str, str]] = []
    at = 0
    while at < len(words):
        word = words[at]
        if word == "--":
            at += 1
            break
        if not word.startswith("-") or word == "-":
            break
        name, given, value = word.partition("=")
        short = word[:2]
        if word[:2] != "--" and word not in valued and short in valued and len(word) > 2:
            found.append((short, word[2:].removeprefix("=")))
        elif given or name not in valued:
            found.append((name, value))
        else:
            found.append((name, words[at + 1] if at + 1 < len(words) else ""))
            at += 1
        at += 1
    return Taken(options=tuple(found), rest=words[at:])
