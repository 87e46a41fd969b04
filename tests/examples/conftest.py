"""Two sandboxes and a repository with the two files that the pipelines expect."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lookervault_plan.sandbox.company import fill
from lookervault_plan.sandbox.server import Sandbox

SELECTORS = """selectors:
  - name: release
    definition: "+type:dashboard type:group"
"""


@pytest.fixture(scope="session")
def dev() -> Iterator[Sandbox]:
    with Sandbox(seed=21) as sandbox:
        fill(sandbox.looker.call, seed=1, dashboards=3, looks=2, folders=2, users=2)
        yield sandbox


@pytest.fixture
def prod() -> Iterator[Sandbox]:
    with Sandbox(seed=22) as sandbox:
        fill(sandbox.looker.call, seed=1, dashboards=0, looks=0, folders=0, users=2)
        yield sandbox


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    place = tmp_path / "repository"
    place.mkdir()
    (place / "selectors.yml").write_text(SELECTORS)
    (place / "remaps.yml").write_text("{}\n")
    return place


def titles(sandbox: Sandbox) -> list[str]:
    """The titles of all dashboards."""
    _, found = sandbox.looker.call("GET", "/dashboards/search", {"sorts": "id"})
    return sorted(each["title"] for each in found)
