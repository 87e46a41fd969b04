"""Suggest the known word that a misspelt one probably means."""

from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word most similar to this one, or None if none is similar."""
    from difflib import get_close_matches  # noqa: PLC0415 — only errors need it

    similar = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return similar[0] if similar else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return the suggestion as a sentence, or an empty text."""
    similar = nearest(word, known)
    return f"Did you mean {similar}?" if similar else ""
