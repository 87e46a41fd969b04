"""The glossary's names exist in the code."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_name_of_the_glossary_is_in_the_code():
    page = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    code = "\n".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "lookervault_plan").rglob("*.py")
    )
    words = set(re.findall(r"\w+", code))

    rows = [line.split("|") for line in page.splitlines() if line.startswith("| ")]
    names = {name for row in rows for name in re.findall(r"`(\w+)`", row[-2])}

    assert names - words == set()
    assert {"Node", "Action", "Step"} <= names
