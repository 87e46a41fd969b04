"""Looks of the company."""

from __future__ import annotations

from lookervault_plan.sandbox.company.builder import CompanyBuilder
from lookervault_plan.sandbox.json_fields import Row


def make_looks(builder: CompanyBuilder, count: int) -> None:
    """Looks in all folders, some in personal ones, some public, a few in the trash."""
    words = builder.vocabulary
    for n in range(count):
        body: Row = {
            "title": words.title(),
            "folder_id": builder.pick(builder.folder_ids),
            "query_id": builder.pick(builder.query_ids),
            "description": words.text(),
            "is_run_on_load": n % 2 == 0,
        }
        if n % 3 == 0 and builder.user_ids:
            body["user_id"] = builder.pick(builder.user_ids)
        if n % 10 == 0:
            body["public"] = True
            body["certification_metadata"] = {
                "certification_status": "certified",
                "notes": "checked | ✔",
            }
        if n % 12 == 5 and builder.personal_ids:
            body["folder_id"] = builder.pick(builder.personal_ids)
        id_ = builder.make("/looks", body)
        if n % 20 == 19:
            _ = builder.one("PATCH", f"/looks/{id_}", {"deleted": True})
        else:
            builder.look_ids.append(id_)
