"""Suggest the known word that resembles a mistyped one."""

from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Find the known word most like this one, ignoring case; None if none is similar."""
    from difflib import get_close_matches  # noqa: PLC0415 — only errors need it

    by_folded = {each.casefold(): each for each in known}
    found = get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str], *, as_sentence: bool = False) -> str:
    """Word a suggestion, for a fix or as a sentence; empty if no known word is similar."""
    found = nearest(word, known)
    start = "Did" if as_sentence else "did"
    return f"{start} you mean {found}?" if found else ""
