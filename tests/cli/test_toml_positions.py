"""Where keys stand in a TOML file."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from lookervault_plan.cli.toml_positions import Position, positions

TEXT = """\
# [not.this]
workers = 3
  state = "a"

[plan]
report = [
  "markdown=a = b.md",  # key = 1
  "[x]",
]
[ environments . "prod eu" ]
'section' = \"\"\"
fake = 1
\"\"\"
sandbox.serve.port = 1
[[lists]]
a = 1
"""


def test_keys_and_tables_are_found_by_their_whole_path():
    found = positions(TEXT)

    assert found == {
        ("workers",): Position(2, 1),
        ("state",): Position(3, 3),
        ("plan",): Position(5, 1),
        ("plan", "report"): Position(6, 1),
        ("environments", "prod eu"): Position(10, 1),
        ("environments", "prod eu", "section"): Position(11, 1),
        ("environments", "prod eu", "sandbox", "serve", "port"): Position(14, 1),
        ("lists",): Position(15, 1),
        ("lists", "a"): Position(16, 1),
    }


names = st.text("abc.-_ é\"'\\", max_size=4)


@given(st.dictionaries(names, st.dictionaries(names, st.integers(), max_size=3), max_size=4))
def test_every_key_of_a_generated_file_is_found(tables: dict[str, dict[str, int]]):
    def quoted(name: str) -> str:
        return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'

    lines: list[str] = []
    expected: dict[tuple[str, ...], int] = {}
    for table, keys in tables.items():
        lines.append(f"[{quoted(table)}]")
        expected[(table,)] = len(lines)
        for key, value in keys.items():
            lines.append(f"{quoted(key)} = {value}")
            expected[table, key] = len(lines)
    text = "\n".join(lines)
    assert tomllib.loads(text) == tables

    assert {path: place.line for path, place in positions(text).items()} == expected
