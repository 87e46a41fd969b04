"""The permissions there are, and which come with which.

Source:
    docs/looker-api.md, section 2.10: a set's permissions must be among GET /permissions; the server
    adds implied ones. The tree is a part of Looker's; the parent of each is implied by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

# permission -> parent
PARENTS: Final[Mapping[str, str | None]] = {
    "access_data": None,
    "administer": None,
    "can_create_forecast": "see_looks",
    "clear_cache_refresh": "access_data",
    "create_alerts": "see_looks",
    "create_custom_fields": "explore",
    "create_table_calculations": "explore",
    "deploy": "develop",
    "develop": "see_lookml",
    "download_with_limit": "see_looks",
    "download_without_limit": "see_looks",
    "explore": "see_looks",
    "follow_alerts": "see_looks",
    "manage_models": None,
    "manage_spaces": "see_looks",
    "mobile_app_access": None,
    "save_content": "see_looks",
    "save_dashboards": "save_content",
    "save_looks": "save_content",
    "schedule_look_emails": "see_looks",
    "see_drill_overlay": "access_data",
    "see_lookml": "see_looks",
    "see_lookml_dashboards": "access_data",
    "see_looks": "access_data",
    "see_pdts": "access_data",
    "see_schedules": None,
    "see_sql": "see_looks",
    "see_user_dashboards": "see_looks",
    "see_users": None,
    "send_outgoing_webhook": "see_looks",
    "send_to_s3": "see_looks",
    "send_to_sftp": "see_looks",
    "use_sql_runner": "see_lookml",
}
# What comes along besides the parents (looker-api.md 2.10).
BRINGS: Final[Mapping[str, tuple[str, ...]]] = {"save_content": ("save_looks", "save_dashboards")}


def expanded(names: Iterable[str]) -> list[str]:
    """The permissions with all that they imply, in the server's order."""
    found: set[str] = set()
    ahead = list(names)
    while ahead:
        name = ahead.pop()
        if name not in found:
            found.add(name)
            ahead.extend(BRINGS.get(name, ()))
            parent = PARENTS[name]
            ahead.extend((parent,) if parent is not None else ())
    return sorted(found)
