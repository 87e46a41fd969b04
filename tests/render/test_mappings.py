"""Id mappings on a terminal."""

from lookervault_plan.render.mappings import MappingRow, mappings_text
from tests.render.screen import shown


def a_row(address: str, *, to: str = "https://b.example", session: str | None = "s-1"):
    type_, _, source_id = address.partition(":")
    return MappingRow(
        address=address,
        type=type_,
        source_id=source_id,
        destination_id=f"1{source_id}",
        source_instance="https://a.example",
        destination_instance=to,
        created_at="2026-03-01",
        session_id=session,
    )


def test_without_mappings_the_text_says_so():
    assert shown(mappings_text([])) == "No mappings.\n"


def test_each_pair_of_instances_has_a_table_of_its_own():
    rows = [
        a_row("look:1"),
        a_row("look:2", to="https://c.example"),
        a_row("folder:3", session=None),
    ]

    lines = [line.split() for line in shown(mappings_text(rows)).splitlines()]

    titles = ["Item", "Destination", "id", "Since", "Session"]
    assert lines == [
        ["https://a.example", "->", "https://b.example"],
        titles,
        ["look:1", "11", "2026-03-01", "s-1"],
        ["folder:3", "13", "2026-03-01", "by", "hand"],
        [],
        ["https://a.example", "->", "https://c.example"],
        titles,
        ["look:2", "12", "2026-03-01", "s-1"],
        [],
        ["3", "mappings."],
    ]
