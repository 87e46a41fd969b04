"""Fair division of a limit among groups of different sizes."""

from collections.abc import Sequence


def fair_shares(sizes: Sequence[int], limit: int) -> list[int]:
    """Divide `limit` among groups: small groups get all they need, large ones share the rest."""
    given = [0] * len(sizes)
    left = limit
    for rank, number in enumerate(sorted(range(len(sizes)), key=lambda index: sizes[index])):
        given[number] = min(sizes[number], left // (len(sizes) - rank))
        left -= given[number]
    return given
