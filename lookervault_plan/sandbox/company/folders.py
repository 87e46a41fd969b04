"""Folders of the company."""

from __future__ import annotations

from lookervault_plan.sandbox.company.maker import Maker
from lookervault_plan.sandbox.shapes import Row

SHARED = "1"
# A path four deep, with names that a joined path would get wrong.
DEEP = ("Finance", "Q1/Q2", "EMEA | APAC", "Übersicht 📈")


def make_folders(maker: Maker, count: int) -> None:
    """A tree below Shared, four deep, and a folder in a personal one."""
    depth = {SHARED: 0}
    parent = SHARED
    for name in DEEP[:count]:
        parent = _make(maker, depth, name, parent)
    for n in range(count - len(DEEP)):
        places = [id_ for id_, level in depth.items() if level < len(DEEP)]
        parent = maker.words.random.choice(places)
        if n == 0 and maker.personal_ids:
            parent = maker.personal_ids[0]
            depth[parent] = 1
        _ = _make(maker, depth, maker.words.title(), parent)
    if count:
        return
    maker.folder_ids.append(SHARED)


def _make(maker: Maker, depth: dict[str, int], name: str, parent: str) -> str:
    body: Row = {"name": name, "parent_id": parent}
    id_ = maker.make("/folders", body)
    depth[id_] = depth[parent] + 1
    maker.folder_ids.append(id_)
    return id_
