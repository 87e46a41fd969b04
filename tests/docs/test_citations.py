"""Citations of docs/looker-api.md name sections that the page has."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "looker-api.md"
SOURCES = ("lookervault_plan", "tests", "docs")
SUFFIXES = {".py", ".md", ".sql", ".yml", ".toml"}

#: `looker-api.md 3.2`, `docs/looker-api.md, section 3.2`, `looker-api.md 2.1, 2.2 and 3.5`
NUMBER = r"\d+(?:\.\d+)?"
CITATION = re.compile(
    rf"looker-api\.md,?\s+(?:#\s+)?(?:sections?\s+)?({NUMBER}(?:(?:,|,? and| to)\s+{NUMBER})*)"
)
#: a letter and a section of a page that is not in the repository: "A", "3.2"
OLD_FORM = re.compile(r"\bA [1-7](?:\.\d+)?\b")


def texts() -> Iterator[tuple[str, str]]:
    """Path from the root, and text, of every source file and page."""
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in SUFFIXES and path != Path(__file__):
                yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def sections() -> set[str]:
    headings = re.findall(rf"^#+ ({NUMBER})\.? ", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return set(headings)


def cited(text: str) -> list[str]:
    return [number for found in CITATION.finditer(text) for number in re.findall(NUMBER, found[1])]


def test_every_cited_section_of_the_facts_page_exists():
    known = sections()

    missing = [
        f"{path}: {number}"
        for path, text in texts()
        for number in cited(text)
        if number not in known
    ]

    assert not missing


def test_citations_name_the_page():
    old = [f"{path}: {found[0]}" for path, text in texts() for found in OLD_FORM.finditer(text)]

    assert not old


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("unique in the trash too (looker-api.md 5)", ["5"]),
        ("Source: docs/looker-api.md, section 3.2.", ["3.2"]),
        ("looker-api.md 2.10, 2.11; 405 for sets", ["2.10", "2.11"]),
        ("looker-api.md 2.7 to 2.11 and 3.5", ["2.7", "2.11", "3.5"]),
        ("looker-api.md\n    1.1: the reference", ["1.1"]),
        ("looker-api.md says so in 3 places", []),
    ],
)
def test_a_citation_may_name_several_sections(text: str, numbers: list[str]):
    assert cited(text) == numbers
