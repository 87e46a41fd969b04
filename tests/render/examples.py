"""Plans that tests of all formats share."""

from lookervault_plan.plan_file import KNOWN_AFTER_APPLY, Plan, Verb
from tests.builders import (
    a_change,
    a_diagnostic,
    a_guard,
    a_part,
    a_plan,
    a_reference,
    a_remap,
    an_action,
    some_parts,
)

_NOTE = "First line\nSecond line\nThird line\nFourth line\nFifth line\n"


def everything() -> Plan:
    """One of each thing that a plan can tell."""
    return a_plan(
        [
            an_action("create", "folder:12", name="EMEA", path=("Shared", "Finance/Controlling")),
            an_action("skip", "folder:1", name="Shared", path=(), reason="unchanged"),
            an_action("skip", "look:8", name="Kept", reason="modified-in-destination"),
            an_action(
                "create",
                "dashboard:41",
                name="Costs",
                depends_on=("folder:12",),
                deferred=("lookml_link_id",),
                parts={
                    "filters": some_parts(create=[a_part("1", "Date"), a_part("2", "Region")]),
                    "elements": some_parts(
                        create=[a_part("3", "Costs by month"), a_part("4", "Costs by team")],
                        blocked=[a_part("5", "Forecast", reason="look:99 is missing")],
                    ),
                    "components": some_parts(create=[a_part("6", ""), a_part("7", "")]),
                },
                references=[
                    a_reference("folder_id", "folder:12", KNOWN_AFTER_APPLY),
                    a_reference("user_id", "user:7"),
                    a_reference("look_id", "look:99", part="elements/5"),
                ],
            ),
            an_action(
                "update",
                "dashboard:42",
                name="Finance overview",
                destination_id="1042",
                matched_by="slug",
                changes=[
                    a_change("title", "Finance", "Finance overview"),
                    a_change("description", _NOTE, _NOTE.replace("Third", "3rd")),
                    a_change("query_timezone", None, "Europe/Berlin"),
                    a_change("refresh_interval", "1 hour", None),
                    a_change("webhook", None, None, sensitive=True),
                ],
                parts={
                    "elements": some_parts(
                        create=[a_part("31", "Revenue by month")],
                        update=[
                            a_part(
                                "32",
                                "Revenue by country",
                                changes=[
                                    a_change(
                                        "query.fields",
                                        ["orders.country", "orders.revenue"],
                                        ["orders.country", "orders.revenue", "orders.margin"],
                                    ),
                                    a_change("query.filters.orders.date", "7 days", "30 days"),
                                ],
                            )
                        ],
                        delete=[a_part(None, "Old tile", live_id="311")],
                    ),
                    "components": some_parts(
                        update=[
                            a_part("77", "Revenue by country", changes=[a_change("row", 0, 4)]),
                        ]
                    ),
                },
            ),
            an_action("delete", "board:3", name="Unused", path=(), destination_id="3"),
            an_action(
                "blocked",
                "folder:50",
                name="Sales",
                reason="two live folders match: 71, 72",
            ),
            an_action(
                "blocked",
                "look:51",
                name="Leads",
                reason="needs folder:50",
                references=(a_reference("folder_id", "folder:50"),),
            ),
            an_action(
                "blocked",
                "dashboard:52",
                name="Pipeline",
                references=(a_reference("look_id", "look:51"),),
                reason="needs look:51",
            ),
            an_action(
                "blocked",
                "dashboard:60",
                name="Stock",
                reason="needs folder:90",
                references=[a_reference("folder_id", "folder:90")],
            ),
        ],
        remaps=[
            a_remap(),
            a_remap("dashboard", "42", "1042", matched_by="slug", name="Finance overview"),
            a_remap("user", "8", "108", new=False),
        ],
        guards=[
            a_guard(),
            a_guard(
                "part-deletes",
                "live parts would be removed from 1 item",
                detail="1 element: Old tile",
                fix="",
                allowed=True,
            ),
        ],
        diagnostics=[a_diagnostic(), a_diagnostic("user:7 is missing", code="owner.missing")],
    )


def many(*, items: int = 600) -> Plan:
    """More than anyone reads: updates and creates of three types, and unchanged ones."""
    actions: list[Verb] = ["update", "create", "skip"]
    types = ["folder", "look", "dashboard"]
    return a_plan(
        [
            an_action(
                actions[number % 3],
                f"{types[number % 7 % 3]}:{number}",
                name=f"Item {number}",
                destination_id=None if number % 3 == 1 else str(number),
                changes=[a_change("title", f"Old {number}", f"Item {number}")]
                if number % 3 == 0
                else [],
                reason="unchanged" if number % 3 == 2 else None,
            )
            for number in range(items)
        ]
    )


#: names that would do harm if they were taken for markup, control or layout
NASTY_NAMES = (
    "[red]not markup[/red]",
    "pipe | in `code` ``` fence",
    "<script>alert(1)</script>",
    "@everyone see #123 and https://evil.example",
    "\x1b[31mescape\x1b[0m\x07",
    "line\nbreak\r\ttab",
    "\u202eright to left override",
    "דוח הכנסות",
    "売上ダッシュボード" * 6,
    "👩‍👩‍👧‍👦 🚀",
    "",
    "lone \ud800 surrogate",
    "'); DROP TABLE -- \\| \\` &amp; &#123;",
)


def nasty() -> Plan:
    return a_plan(
        [
            an_action(
                "update",
                f"dashboard:{number}",
                name=name,
                path=("Shared", name),
                destination_id=str(number),
                changes=[a_change("title", name, NASTY_NAMES[number - 1])],
                parts={"elements": some_parts(blocked=[a_part("1", name, reason=name)])},
            )
            for number, name in enumerate(NASTY_NAMES)
        ],
        remaps=[a_remap(name=name) for name in NASTY_NAMES],
        guards=[a_guard(name, name, detail=name, fix=name) for name in NASTY_NAMES],
        diagnostics=[a_diagnostic(name, detail=name, fix=name) for name in NASTY_NAMES],
    )
