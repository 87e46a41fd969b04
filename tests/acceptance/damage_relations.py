"""Damage to people, models, boards, schedules and access lists, and the writes that repair it."""

from collections.abc import Sequence
from typing import Any, Final

from tests.acceptance.damage import ANY, Damage, Do, Site, Write, linked_ids, patched, retold
from tests.acceptance.judge import Raw


def set_changed(site: Site, number: int) -> Damage | None:
    changes: Sequence[Raw] = (
        {"permissions": ["access_data"]},
        {"name": site.free_title()},
        {"permissions": ["access_data", "see_looks"], "name": site.free_title()},
    )
    return _not_built_in(site, number, "/permission_sets", changes)


def model_set_changed(site: Site, number: int) -> Damage | None:
    changes: Sequence[Raw] = ({"models": []}, {"name": site.free_title()}, {"models": ["finance"]})
    return _not_built_in(site, number, "/model_sets", changes)


def _not_built_in(site: Site, number: int, path: str, changes: Sequence[Raw]) -> Damage | None:
    rows = [row for row in site.rows(path) if row["name"].startswith(("Set ", "Models "))]
    row = site.pick(path, rows, number)
    change = changes[number % len(changes)]
    if row is None or any(row[name] == value for name, value in change.items()):
        return None
    where = f"{path}/{row['id']}"
    site.maker.change(where, change)
    # Looker adds what permissions imply, and keeps no order: sets are judged after the repair.
    body = {name: row[name] if name == "name" else ANY for name in change}
    return Damage(f"{change} in {where}", [Write("PATCH", where, body)])


def model_changed(site: Site, number: int) -> Damage | None:
    row = site.pick("model", [{"id": "1"}], 0)
    if row is None:
        return None
    path = "/lookml_models/people"
    if number % 3 == 0:
        site.maker.one("DELETE", path)
        return Damage("configuration of a model deleted", [Write("POST", "/lookml_models")])
    change: Raw = (
        {"allowed_db_connection_names": ["warehouse"]}
        if number % 3 == 1
        else {"unlimited_db_connections": False}
    )
    site.maker.change(path, change)
    body = dict.fromkeys(change, ANY)
    return Damage(f"{change} in a model", [Write("PATCH", path, body)])


# --- people ----------------------------------------------------------------------------------


def _people(site: Site) -> list[Raw]:
    """Users with an email, less the one that the API key belongs to."""
    return [row for row in site.rows("/users") if row["email"] and not row["credentials_api3"]]


def user_changed(site: Site, number: int) -> Damage | None:
    changes: Sequence[Raw] = (
        {"last_name": "Other"},
        {"first_name": "Other", "locale": "fr"},
        {"is_disabled": ANY},
        {"can_manage_api3_creds": ANY},
        {"home_folder_id": "lookml"},
    )
    row = site.pick("user", _people(site), number)
    if row is None:
        return None
    change = changes[number % len(changes)]
    change = {name: not row[name] if value is ANY else value for name, value in change.items()}
    path = f"/users/{row['id']}"
    site.maker.change(path, change)
    return Damage(f"{change} in user {row['email']}", [patched(path, row, change)])


def _groups(site: Site) -> list[Raw]:
    return [row for row in site.rows("/groups") if row["name"].endswith(" team")]


def group_changed(site: Site, number: int) -> Damage | None:
    row = site.pick("group", _groups(site), number)
    if row is None:
        return None
    change: Raw = (
        {"can_add_to_content_metadata": not row["can_add_to_content_metadata"]}
        if number % 2
        else {"name": site.free_title()}
    )
    path = f"/groups/{row['id']}"
    site.maker.change(path, change)
    return Damage(f"{change} in group {row['name']}", [patched(path, row, change)])


def member_gone(site: Site, number: int) -> Damage | None:
    row = site.pick("group", _groups(site), number)
    if row is None:
        return None
    for what, id_ in (("users", "user_id"), ("groups", "group_id")):
        members = site.rows(f"/groups/{row['id']}/{what}")
        if members and (number % 2 or what == "users"):
            gone = members[number % len(members)]["id"]
            path = f"/groups/{row['id']}/{what}"
            site.maker.one("DELETE", f"{path}/{gone}")
            return Damage(f"{gone} out of {path}", [Write("POST", path, {id_: gone})])
    return None


def subgroup_gone(site: Site, number: int) -> Damage | None:
    rows = [row for row in _groups(site) if site.rows(f"/groups/{row['id']}/groups")]
    row = site.pick("group", rows, number)
    if row is None:
        return None
    path = f"/groups/{row['id']}/groups"
    gone = site.rows(path)[0]["id"]
    site.maker.one("DELETE", f"{path}/{gone}")
    return Damage(f"{gone} out of {path}", [Write("POST", path, {"group_id": gone})])


def member_more(site: Site, number: int) -> Damage | None:
    row = site.pick("group", _groups(site), number)
    if row is None:
        return None
    path = f"/groups/{row['id']}/users"
    held = {user["id"] for user in site.rows(path)}
    other = next((user for user in _people(site) if user["id"] not in held), None)
    if other is None:
        return None
    site.maker.one("POST", path, {"user_id": other["id"]})
    return Damage(
        f"{other['id']} into {path}",
        [Write("DELETE", f"{path}/{other['id']}")],
        allow=("part-deletes",),
    )


def group_deleted(site: Site, number: int) -> Damage | None:
    """Delete a group, and with it its members, its roles and its access entries."""
    row = site.pick("group", _groups(site), number)
    if row is None:
        return None
    id_ = row["id"]
    above = [one for one in _groups(site) if id_ in _ids(site, f"/groups/{one['id']}/groups")]
    roles = [one for one in _roles(site) if id_ in _ids(site, f"/roles/{one['id']}/groups")]
    lists = [one for one in _listed(site) if id_ in [e["group_id"] for e in _entries(site, one)]]
    touched = (("group", above), ("role", roles), ("access", lists))
    if any(site.is_taken(kind, rows) for kind, rows in touched):
        return None
    for kind, rows in touched:
        for one in rows:
            site.take(kind, one["id"])
    members, subgroups = _ids(site, f"/groups/{id_}/users"), _ids(site, f"/groups/{id_}/groups")
    site.maker.one("DELETE", f"/groups/{id_}")
    repair = [
        Write("POST", "/groups"),
        *[Write("POST", r"/groups/\d+/users")] * len(members),
        *[Write("POST", r"/groups/\d+/groups")] * len(subgroups),
        *(Write("POST", f"/groups/{one['id']}/groups") for one in above),
        *(Write("PUT", f"/roles/{one['id']}/groups") for one in roles),
        *[Write("POST", "/content_metadata_access")] * len(lists),
    ]
    return Damage(f"group {row['name']} deleted", repair)


def _ids(site: Site, path: str) -> list[str]:
    return [row["id"] for row in site.rows(path)]


# --- roles -----------------------------------------------------------------------------------


def _roles(site: Site) -> list[Raw]:
    return [row for row in site.rows("/roles") if row["name"].startswith("Role ")]


def role_changed(site: Site, number: int) -> Damage | None:
    row = site.pick("role", _roles(site), number)
    if row is None:
        return None
    changes: Sequence[Raw] = (
        {"model_set_id": "1"},
        {"permission_set_id": "6"},
        {"name": site.free_title()},
    )
    change = changes[number % 3]
    path = f"/roles/{row['id']}"
    site.maker.change(path, change)
    before = {
        "model_set_id": row["model_set"]["id"],
        "permission_set_id": row["permission_set"]["id"],
        "name": row["name"],
    }
    return Damage(f"{change} in role {row['name']}", [patched(path, before, change)])


def role_users(site: Site, number: int) -> Damage | None:
    return _assigned(site, number, "users")


def role_groups(site: Site, number: int) -> Damage | None:
    return _assigned(site, number, "groups")


def _assigned(site: Site, number: int, what: str) -> Damage | None:
    def path(row: Raw) -> str:
        direct = "?direct_association_only=true" if what == "users" else ""
        return f"/roles/{row['id']}/{what}{direct}"

    row = site.pick("role", [row for row in _roles(site) if site.rows(path(row))], number)
    if row is None:
        return None
    held = _ids(site, path(row))
    left = held[1:] if number % 2 else []
    put = f"/roles/{row['id']}/{what}"
    site.maker.one("PUT", put, left)
    return Damage(f"{put} are {left}", [Write("PUT", put)])


def role_deleted(site: Site, number: int) -> Damage | None:
    row = site.pick("role", _roles(site), number)
    if row is None:
        return None
    users = site.rows(f"/roles/{row['id']}/users?direct_association_only=true")
    groups = site.rows(f"/roles/{row['id']}/groups")
    site.maker.one("DELETE", f"/roles/{row['id']}")
    repair = [
        Write("POST", "/roles"),
        *([Write("PUT", r"/roles/\d+/users")] if users else []),
        *([Write("PUT", r"/roles/\d+/groups")] if groups else []),
    ]
    return Damage(f"role {row['name']} deleted", repair)


# --- access lists ----------------------------------------------------------------------------


def _owners(site: Site) -> list[Raw]:
    """Folders and boards that may have a list."""
    return [*site.folders(), *site.rows("/boards")]


def _listed(site: Site) -> list[Raw]:
    """List content metadata with an access list of their own."""
    found = [site.row(f"/content_metadata/{row['content_metadata_id']}") for row in _owners(site)]
    return [row for row in found if not row["inherits"]]


def _entries(site: Site, metadata: Raw) -> list[Raw]:
    return site.rows(f"/content_metadata_access?content_metadata_id={metadata['id']}")


def entry_gone(site: Site, number: int) -> Damage | None:
    row = site.pick("access", [one for one in _listed(site) if _entries(site, one)], number)
    if row is None:
        return None
    entries = _entries(site, row)
    entry = entries[number % len(entries)]
    site.maker.one("DELETE", f"/content_metadata_access/{entry['id']}")
    names = ("content_metadata_id", "permission_type", "group_id", "user_id")
    body = {name: entry[name] for name in names if entry[name]}
    return Damage(f"entry gone from {row['id']}", [Write("POST", "/content_metadata_access", body)])


def entry_more(site: Site, number: int) -> Damage | None:
    row = site.pick("access", _listed(site), number)
    if row is None:
        return None
    held = {entry["user_id"] for entry in _entries(site, row)}
    user = next((one["id"] for one in _people(site) if one["id"] not in held), None)
    if user is None:
        return None
    body = {"content_metadata_id": row["id"], "permission_type": "view", "user_id": user}
    new = site.maker.make("/content_metadata_access", body)
    return Damage(
        f"entry more in {row['id']}",
        [Write("DELETE", f"/content_metadata_access/{new}")],
        allow=("part-deletes",),
    )


def entry_changed(site: Site, number: int) -> Damage | None:
    row = site.pick("access", [one for one in _listed(site) if _entries(site, one)], number)
    if row is None:
        return None
    entries = _entries(site, row)
    entry = entries[number % len(entries)]
    other = {"view": "edit", "edit": "view"}[entry["permission_type"]]
    path = f"/content_metadata_access/{entry['id']}"
    site.maker.one("PUT", path, {"permission_type": other})
    return Damage(f"{path} is {other}", [Write("PUT", path, {"permission_type": ANY})])


def list_given_up(site: Site, number: int) -> Damage | None:
    """What it inherits again is copied: copies that are wanted stay, and others go."""
    rows = [row for row in _listed(site) if row["parent_id"]]
    row = site.pick("access", rows, number)
    if row is None:
        return None
    own = [_told(one) for one in _entries(site, row)]
    # What it inherits: that must not change before it is copied.
    above = site.row(f"/content_metadata/{row['parent_id']}")
    while above["inherits"]:
        above = site.row(f"/content_metadata/{above['parent_id']}")
    if site.is_taken("access", [above]):
        return None
    site.take("access", above["id"])
    copies = [_told(one) for one in _entries(site, above)]
    path = f"/content_metadata/{row['id']}"
    site.maker.change(path, {"inherits": True})
    repair = [
        Write("PATCH", path, {"inherits": False}),
        *[Write("DELETE", r"/content_metadata_access/\d+")] * sum(one not in own for one in copies),
        *[Write("POST", "/content_metadata_access")] * sum(one not in copies for one in own),
    ]
    return Damage(f"{path} inherits", repair)


def _told(entry: Raw) -> tuple[Any, ...]:
    return entry["group_id"], entry["user_id"], entry["permission_type"]


def list_of_its_own(site: Site, number: int) -> Damage | None:
    found = [site.row(f"/content_metadata/{row['content_metadata_id']}") for row in site.folders()]
    row = site.pick("access", [one for one in found if one["inherits"]], number)
    if row is None:
        return None
    path = f"/content_metadata/{row['id']}"
    site.maker.change(path, {"inherits": False})
    return Damage(f"{path} has a list", [Write("PATCH", path, {"inherits": True})])


# --- boards ----------------------------------------------------------------------------------


def board_changed(site: Site, number: int) -> Damage | None:
    row = site.pick("board", site.rows("/boards"), number)
    if row is None:
        return None
    change: Raw = {"description": "other"} if number % 2 else {"title": site.free_title()}
    path = f"/boards/{row['id']}"
    site.maker.change(path, change)
    return Damage(f"{change} in {path}", [patched(path, row, change)])


def board_deleted(site: Site, number: int) -> Damage | None:
    """For good: board, sections, items; it starts with a list of its own, and All Users on it."""
    row = site.pick("board", site.rows("/boards"), number)
    if row is None:
        return None
    metadata = {"id": row["content_metadata_id"]}
    sections = row["board_sections"]
    items = [item for section in sections for item in section["board_items"]]
    touched = (("access", [metadata]), ("section", sections), ("item", items))
    if any(site.is_taken(kind, rows) for kind, rows in touched):
        return None
    for kind, rows in touched:
        for one in rows:
            site.take(kind, one["id"])
    site.maker.one("DELETE", f"/boards/{row['id']}")
    repair = [
        Write("POST", "/boards"),
        *[Write("POST", "/board_sections")] * len(sections),
        *[Write("POST", "/board_items")] * len(items),
    ]
    return Damage(f"board {row['title']} deleted", repair)


def board_trashed(site: Site, number: int) -> Damage | None:
    """Taken out of the trash, not made anew."""
    row = site.pick("board", site.rows("/boards"), number)
    if row is None:
        return None
    path, gone = f"/boards/{row['id']}", {"deleted_at": "2025-01-18T16:35:39.392+00:00"}
    change: Raw = gone | {"title": site.free_title()} if number % 2 else gone
    site.maker.change(path, change)
    return Damage(f"{change} in {path}", [patched(path, row, change)])


def board_order(site: Site, number: int) -> Damage | None:
    rows = [row for row in site.rows("/boards") if len(row["board_sections"]) > 1]
    row = site.pick("board", rows, number)
    if row is None or site.is_taken("section", row["board_sections"]):
        return None
    path = f"/boards/{row['id']}"
    order = row["section_order"]
    site.maker.change(path, {"section_order": order[::-1]})
    return Damage(f"order of {path}", [Write("PATCH", path, {"section_order": order})])


def _sections(site: Site) -> list[Raw]:
    return [section for row in site.rows("/boards") for section in row["board_sections"]]


def section_changed(site: Site, number: int) -> Damage | None:
    row = site.pick("section", _sections(site), number)
    if row is None:
        return None
    changes: Sequence[Raw] = (
        {"description": "other"},
        {"title": "Other"},
        {"deleted_at": "2025-01-18T16:35:39.392+00:00"},
    )
    change = changes[number % len(changes)]
    path = f"/board_sections/{row['id']}"
    site.maker.change(path, change)
    return Damage(f"{change} in {path}", [patched(path, row, change)])


def section_more(site: Site, number: int) -> Damage | None:
    row = site.pick("board", site.rows("/boards"), number)
    if row is None:
        return None
    made = site.maker.make("/board_sections", {"board_id": row["id"], "title": "Too many"})
    return Damage(
        f"a section more in board {row['id']}",
        [Write("DELETE", f"/board_sections/{made}")],
        allow=("part-deletes",),
    )


def item_order(site: Site, number: int) -> Damage | None:
    rows = [row for row in _sections(site) if len(row["item_order"]) > 1]
    row = site.pick("section", rows, number)
    if row is None or site.is_taken("item", row["board_items"]):
        return None
    path = f"/board_sections/{row['id']}"
    order = row["item_order"]
    site.maker.change(path, {"item_order": order[::-1]})
    return Damage(f"order of {path}", [Write("PATCH", path, {"item_order": order})])


def item_changed(site: Site, number: int) -> Damage | None:
    items = [item for row in _sections(site) for item in row["board_items"]]
    row = site.pick("item", items, number)
    if row is None:
        return None
    changes: Sequence[Raw] = (
        {"custom_title": "other"},
        {"use_custom_title": not row["use_custom_title"]},
        {"custom_description": "other"},
        {"order": row["order"] + 17},
    )
    change = changes[number % len(changes)]
    path = f"/board_items/{row['id']}"
    site.maker.change(path, change)
    return Damage(f"{change} in {path}", [patched(path, row, change)])


def item_gone(site: Site, number: int) -> Damage | None:
    """The last one of the order comes last again by itself; others are put in order."""
    row = site.pick("section", [one for one in _sections(site) if one["board_items"]], number)
    if row is None:
        return None
    order = row["item_order"]
    gone = order[number % len(order)]
    if site.is_taken("item", row["board_items"]):
        return None
    for item in row["board_items"]:
        site.take("item", item["id"])
    site.maker.one("DELETE", f"/board_items/{gone}")
    repair = [Write("POST", "/board_items")]
    if gone != order[-1]:
        repair.append(Write("PATCH", f"/board_sections/{row['id']}", {"item_order": ANY}))
    return Damage(f"item {gone} deleted", repair)


def item_more(site: Site, number: int) -> Damage | None:
    row = site.pick("section", _sections(site), number)
    if row is None:
        return None
    body = {"board_section_id": row["id"], "custom_url": "https://else.example.com"}
    made = site.maker.make("/board_items", body)
    return Damage(
        f"an item more in section {row['id']}",
        [Write("DELETE", f"/board_items/{made}")],
        allow=("part-deletes",),
    )


# --- schedules -------------------------------------------------------------------------------


def _schedules(site: Site) -> list[Raw]:
    """List schedules that can be recreated as they were: enabled ones that need secrets can't."""
    return [
        row
        for row in site.rows(PLANS)
        if not (row["enabled"] and any(one["type"] == "s3" for one in row[DESTINATIONS]))
    ]


def schedule_changed(site: Site, number: int) -> Damage | None:
    row = site.pick("schedule", _schedules(site), number)
    if row is None:
        return None
    changes: Sequence[Raw] = (
        {"timezone": "Asia/Tokyo"},
        {"pdf_landscape": not row["pdf_landscape"], "long_tables": not row["long_tables"]},
        {"name": site.free_title()},
        {"color_theme": "other", "custom_url_label": "other"},
        {"filters_string": "?Region=other"},
        {"enabled": not row["enabled"]},
        {"include_links": not row["include_links"], "inline_table_width": 77},
        {"run_as_recipient": not row["run_as_recipient"]},
        {"scheduled_plan_destination": [dict(EMAIL)]},
    )
    change = changes[number % len(changes)]
    path = f"/scheduled_plans/{row['id']}"
    site.maker.change(path, change)
    allow = ("schedules-enable",) if row["enabled"] and "enabled" in change else ()
    body = {name: row[name] if name != DESTINATIONS else ANY for name in change}
    return Damage(f"{change} in {path}", [Write("PATCH", path, body)], allow=allow)


PLANS: Final = "/scheduled_plans?all_users=true"
DESTINATIONS: Final = "scheduled_plan_destination"
EMAIL: Final = {"type": "email", "format": "csv", "address": "other@example.com"}


def schedule_deleted(site: Site, number: int) -> Damage | None:
    row = site.pick("schedule", _schedules(site), number)
    if row is None:
        return None
    site.maker.one("DELETE", f"/scheduled_plans/{row['id']}")
    return Damage(f"schedule {row['id']} deleted", [Write("POST", "/scheduled_plans")])


# --- alerts ----------------------------------------------------------------------------------


def alert_changed(site: Site, number: int) -> Damage | None:
    """What PATCH takes."""
    row = site.pick("alert", site.reading.alerts, number)
    if row is None:
        return None
    changes: Sequence[Raw] = (
        {"threshold": 7.25},
        {"is_disabled": not row["is_disabled"]},
        {"is_public": not row["is_public"], "threshold": 3.5},
    )
    change = changes[number % len(changes)]
    path = f"/alerts/{row['id']}"
    reason = {"disabled_reason": "noise"} if change.get("is_disabled") else {}
    site.maker.change(path, change | reason)
    repair = Write("PATCH", path, {name: row[name] for name in change}, also=REASON)
    turned_on = "is_disabled" in change and not row["is_disabled"]
    allow = ("schedules-enable",) if turned_on else ()
    return Damage(f"{change} in {path}", [repair], allow=allow)


REASON: Final = frozenset({"disabled_reason"})


def alert_rewritten(site: Site, number: int) -> Damage | None:
    """What PATCH does not take is written with all the rest."""
    row = site.pick("alert", site.reading.alerts, number)
    if row is None:
        return None
    path = f"/alerts/{row['id']}"
    names = ("owner_id", "field", "destinations", "threshold", "is_disabled", "disabled_reason")
    body = {name: row[name] for name in (*names, "dashboard_element_id") if row[name] is not None}
    body |= {"cron": "0 9 * * *", "comparison_type": "EQUAL_TO"}
    site.maker.one("PUT", path, body)
    return Damage(f"{path} rewritten", [Write("PUT", path)])


def alert_gone(site: Site, number: int) -> Damage | None:
    row = site.pick("alert", site.reading.alerts, number)
    if row is None:
        return None
    site.maker.one("DELETE", f"/alerts/{row['id']}")
    return Damage(f"alert {row['id']} deleted", [Write("POST", "/alerts")])


def alert_more(site: Site, number: int) -> Damage | None:
    row = site.pick("alert", site.reading.alerts, number)
    if row is None:
        return None
    names = ("owner_id", "field", "destinations", "threshold", "cron", "comparison_type")
    body = {name: row[name] for name in (*names, "dashboard_element_id")}
    made = site.maker.make("/alerts", body | {"custom_title": "One too many"})
    return Damage(
        f"alert {made} more", [Write("DELETE", f"/alerts/{made}")], allow=("alerts-lost",)
    )


def look_deleted_with_its_ties(site: Site, number: int) -> Damage | None:
    """A look that stands on boards or is sent: all of that goes with it, and comes back."""
    tied = site.tied("look_id") - linked_ids(site.reading, "looks")
    row = site.pick("look", [one for one in site.reading.looks if one["id"] in tied], number)
    if row is None:
        return None
    id_ = row["id"]
    tiles = [one for one in site.reading.parts("dashboard_elements") if one["look_id"] == id_]
    sections = [
        one for one in _sections(site) if any(item["look_id"] == id_ for item in one["board_items"])
    ]
    items = [item for one in sections for item in one["board_items"]]
    plans = [one for one in site.rows(PLANS) if one["look_id"] == id_]
    if any(plan not in _schedules(site) for plan in plans):
        return None
    touched = (("tile", tiles), ("section", sections), ("item", items), ("schedule", plans))
    if any(site.is_taken(kind, rows) for kind, rows in touched):
        return None
    for kind, rows in touched:
        for one in rows:
            site.take(kind, one["id"])
    site.maker.one("DELETE", f"/looks/{id_}")
    repair = [
        Write("POST", "/looks"),
        *(retold(one, {"look_id": ANY}) for one in tiles),
        *[Write("POST", "/board_items")] * sum(item["look_id"] == id_ for item in items),
        *[Write("POST", "/scheduled_plans")] * len(plans),
    ]
    for one in sections:
        shown = {item["id"]: item["look_id"] == id_ for item in one["board_items"]}
        order = one["item_order"]
        gone = [item for item in order if shown[item]]
        # Made anew they come last: right only where they were the last ones before.
        if order[-len(gone) :] != gone:
            repair.append(Write("PATCH", f"/board_sections/{one['id']}", {"item_order": ANY}))
    return Damage(f"look {row['title']!r} deleted with its ties", repair)


#: All that may be combined at random.
ALL: Final[Sequence[Do]] = (
    set_changed,
    model_set_changed,
    model_changed,
    user_changed,
    group_changed,
    member_gone,
    subgroup_gone,
    member_more,
    group_deleted,
    role_changed,
    role_users,
    role_groups,
    role_deleted,
    entry_gone,
    entry_more,
    entry_changed,
    list_given_up,
    list_of_its_own,
    board_changed,
    board_deleted,
    board_trashed,
    board_order,
    section_changed,
    section_more,
    item_order,
    item_changed,
    item_gone,
    item_more,
    schedule_changed,
    schedule_deleted,
    alert_changed,
    alert_rewritten,
    alert_gone,
    alert_more,
    look_deleted_with_its_ties,
)
