"""Looks of the company."""

from __future__ import annotations

from lookervault_plan.sandbox.company.maker import Maker
from lookervault_plan.sandbox.shapes import Row


def make_looks(maker: Maker, count: int) -> None:
    """Looks in all folders, some in personal ones, some public, a few in the trash."""
    words = maker.words
    for n in range(count):
        body: Row = {
            "title": words.title(),
            "folder_id": maker.pick(maker.folder_ids),
            "query_id": maker.pick(maker.query_ids),
            "description": words.text(),
            "is_run_on_load": n % 2 == 0,
        }
        if n % 3 == 0 and maker.user_ids:
            body["user_id"] = maker.pick(maker.user_ids)
        if n % 10 == 0:
            body["public"] = True
            body["certification_metadata"] = {
                "certification_status": "certified",
                "notes": "checked | ✔",
            }
        if n % 12 == 5 and maker.personal_ids:
            body["folder_id"] = maker.pick(maker.personal_ids)
        id_ = maker.make("/looks", body)
        if n % 20 == 19:
            _ = maker.one("PATCH", f"/looks/{id_}", {"deleted": True})
        else:
            maker.look_ids.append(id_)
