"""What somebody probably meant."""

from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like this one, if one is like it at all."""
    from difflib import get_close_matches  # noqa: PLC0415 — only errors need it

    found = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return found[0] if found else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A sentence for people, or nothing."""
    found = nearest(word, known)
    return f"Did you mean {found}?" if found else ""
