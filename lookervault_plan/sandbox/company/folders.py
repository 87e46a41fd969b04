"""Folders of the company."""

from __future__ import annotations

from lookervault_plan.sandbox.company.builder import CompanyBuilder
from lookervault_plan.sandbox.json_fields import Row

SHARED = "1"
# A path four deep, with names that a joined path would get wrong.
DEEP = ("Finance", "Q1/Q2", "EMEA | APAC", "Übersicht 📈")


def make_folders(builder: CompanyBuilder, count: int) -> None:
    """A tree below Shared, four deep, and a folder in a personal one."""
    depth = {SHARED: 0}
    parent = SHARED
    for name in DEEP[:count]:
        parent = _make(builder, depth, name, parent)
    for n in range(count - len(DEEP)):
        places = [id_ for id_, level in depth.items() if level < len(DEEP)]
        parent = builder.vocabulary.random.choice(places)
        if n == 0 and builder.personal_ids:
            parent = builder.personal_ids[0]
            depth[parent] = 1
        _ = _make(builder, depth, builder.vocabulary.title(), parent)
    if count:
        return
    builder.folder_ids.append(SHARED)


def _make(builder: CompanyBuilder, depth: dict[str, int], name: str, parent: str) -> str:
    body: Row = {"name": name, "parent_id": parent}
    id_ = builder.make("/folders", body)
    depth[id_] = depth[parent] + 1
    builder.folder_ids.append(id_)
    return id_
