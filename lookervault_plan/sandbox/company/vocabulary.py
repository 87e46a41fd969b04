"""Names and texts, from a seed."""

from __future__ import annotations

import itertools
from random import Random
from typing import Final

NOUNS: Final = (
    "Revenue", "Orders", "Churn", "Retention", "Billing", "Inventory", "Shipping", "Returns",
    "Headcount", "Pipeline", "Signups", "Traffic", "Uptime", "Tickets", "Forecast", "Margin",
)  # fmt: skip
SCOPES: Final = (
    "by Region", "EMEA", "Weekly", "Q1 'quoted'", "100%", "A/B", "net | gross", "Überblick",
    "📈", "收入", "under_score", "per Store", "YoY", "Top 10", "Drill", "Health",
)  # fmt: skip
FIRST: Final = ("Mei", "Ravi", "Liam", "Vera", "Zoë", "Ana", "Omar", "Åsa", "Jun", "Tess")
LAST: Final = ("Nakamura", "Patel", "O'Brien", "Haddad", "Åkesson", "Kowalski", "Santos", "Kim")
TEXTS: Final = (
    "Owned by the data team. See /dashboards/42 and /looks/9.",
    "Everything else lies in /folders/12; the start page is /boards/3.",
    "[last year](https://looker.example.com/dashboards/17?Region=EMEA) | <b>EMEA</b>",
    "# Funnel\n\n* one\n* two",
    "",
)
COLOURS: Final = ("#1A73E8", "#12B5CB", "#E8710A", "#7CB342", "#9334E6", "#80868B")


class Vocabulary:
    """Texts to take; titles never come twice."""

    def __init__(self, seed: int) -> None:
        self.random: Random = Random(f"{seed}:company")  # noqa: S311 - no secret
        self._pairs: itertools.cycle[tuple[str, str]] = itertools.cycle(
            self.random.sample(list(itertools.product(NOUNS, SCOPES)), len(NOUNS) * len(SCOPES))
        )
        self._round: int = 0

    def title(self) -> str:
        """A new title; from the second round through the words on it has a number."""
        noun, scope = next(self._pairs)
        self._round += 1
        lap = self._round // (len(NOUNS) * len(SCOPES))
        return f"{noun} {scope}" if lap == 0 else f"{noun} {scope} {lap}"

    def text(self) -> str:
        """A description or text tile."""
        return self.random.choice(TEXTS)

    def colour(self) -> str:
        """A colour."""
        return self.random.choice(COLOURS)

    def chance(self, share: float) -> bool:
        """True in that share of cases."""
        return self.random.random() < share
