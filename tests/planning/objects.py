"""Raw Looker objects with a default for everything a test does not care about."""

from copy import deepcopy
from typing import Any

from msgspec.structs import replace

from lookervault_plan.content.identity import identify
from lookervault_plan.content.node import Node, Ref
from lookervault_plan.content.normalise import normalise
from lookervault_plan.content.overrides import Overrides, apply_overrides
from lookervault_plan.content.table.kinds import ITEM_KINDS
from lookervault_plan.errors import Diagnostic
from lookervault_plan.plan_file import ContentWriting
from lookervault_plan.planning.decide import Decisions, Inputs, decide
from lookervault_plan.planning.match.twins import Known, match

CREATED = "2024-05-01T10:00:00.000+00:00"


def a_folder(id_: str = "7", name: str = "Sales", parent: str | None = "1", **more: Any) -> dict:
    return {"id": id_, "name": name, "parent_id": parent, "created_at": CREATED, **more}


SHARED = a_folder("1", "Shared", None, is_shared_root=True, created_at=None)


def a_query(id_: str = "900", **more: Any) -> dict:
    return {"id": id_, "model": "ecommerce", "view": "orders", "fields": ["orders.count"], **more}


def a_look(id_: str = "9", title: str = "Orders", folder: str = "7", **more: Any) -> dict:
    query = more.pop("query", a_query())
    return {
        "id": id_,
        "title": title,
        "folder_id": folder,
        "query_id": query["id"] if query else "900",
        **({"query": query} if query else {}),
        "created_at": CREATED,
        "deleted": False,
        **more,
    }


def a_tile(id_: str = "70", title: str | None = "Revenue", layout: str = "60", **more: Any) -> dict:
    return {
        "id": id_,
        "dashboard_id": "42",
        "dashboard_layout_id": layout,
        "type": "vis",
        "title": title,
        "query_id": None,
        "look_id": None,
        "merge_result_id": None,
        **more,
    }


def a_component(id_: str, tile: str, row: int = 0, layout: str = "60", **more: Any) -> dict:
    place = {"row": row, "column": 0, "width": 8, "height": 4}
    return {
        "id": id_,
        "dashboard_layout_id": layout,
        "dashboard_element_id": tile,
        **place,
        **more,
    }


def a_dashboard(
    id_: str = "42",
    title: str = "KPIs",
    folder: str = "7",
    *,
    tiles: list[dict] | None = None,
    components: list[dict] | None = None,
    filters: list[dict] | None = None,
    **more: Any,
) -> dict:
    tiles = [] if tiles is None else tiles
    if components is None:
        components = [a_component(f"c{tile['id']}", tile["id"]) for tile in tiles]
    layout = {
        "id": "60",
        "dashboard_id": id_,
        "type": "newspaper",
        "active": True,
        "order": 0,
        "label": None,
        "dashboard_layout_components": components,
    }
    return {
        "id": id_,
        "title": title,
        "slug": f"slug-{title}",
        "folder_id": folder,
        "created_at": CREATED,
        "deleted": False,
        "dashboard_filters": filters or [],
        "dashboard_elements": tiles,
        "dashboard_layouts": [layout],
        **more,
    }


def a_user(id_: str, email: str, **more: Any) -> dict:
    return {"id": id_, "email": email, "credentials_email": {"email": email}, **more}


def a_group(id_: str, name: str = "Sales team", **more: Any) -> dict:
    return {"id": id_, "name": name, **more}


def plan_of(
    desired: dict[str, list[dict]],
    live: dict[str, list[dict]],
    *,
    same_instance: bool = False,
    state: dict[Ref, str] | None = None,
    remaps: dict[Ref, str] | None = None,
    selected: set[Ref] | None = None,
    partial: dict[Ref, frozenset[str]] | None = None,
    unseen: dict[Ref, frozenset[str]] | None = None,
    live_partial: dict[Ref, frozenset[str]] | None = None,
    unreadable: dict[Ref, Diagnostic] | None = None,
    overrides: Overrides | None = None,
    **more: Any,
) -> Decisions:
    """Decide over raw objects given by kind, as a plan would.

    `partial` are collections of which the backup holds some parts; `unseen` and `live_partial`
    are those of which Looker shows no parts, or some.
    """

    def load_desired(ref: Ref) -> Node | Diagnostic:
        if unreadable and ref in unreadable:
            return unreadable[ref]
        raw = deepcopy(mine[ref])
        overridden = apply_overrides(ref.kind, raw, overrides) if overrides else {}
        node = normalise(ref.kind, raw)
        partial_here = (partial or {}).get(ref, node.partial)
        return replace(node, partial=partial_here, overridden=overridden)

    def load_live(ref: Ref) -> Node:
        node = normalise(ref.kind, theirs[ref])
        hidden = (unseen or {}).get(ref, frozenset())
        parts = {name: nodes for name, nodes in node.parts.items() if name not in hidden}
        some = (live_partial or {}).get(ref, frozenset())
        return replace(node, parts=parts, unseen=hidden, partial=some)

    mine = {Ref(kind, raw["id"]): raw for kind, raws in desired.items() for raw in raws}
    theirs = {Ref(kind, raw["id"]): raw for kind, raws in live.items() for raw in raws}
    identities = {ref: identify(ref.kind, raw) for ref, raw in mine.items()}
    live_identities = {ref: identify(ref.kind, raw) for ref, raw in theirs.items()}
    known = Known(same_instance=same_instance, state=state or {}, remaps=remaps or {})
    return decide(
        Inputs(
            desired=identities,
            live=live_identities,
            selected=set(mine) if selected is None else selected,
            matches=match(identities, live_identities, known),
            load_desired=load_desired,
            same_instance=same_instance,
            stored=state or {},
            **{
                "load_live": load_live,
                "listed": frozenset(ITEM_KINDS),
                **more,
            },
        )
    )


def content_writing(decisions: Decisions) -> list[ContentWriting]:
    """The creates and updates, in order."""
    return [action for action in decisions.actions if isinstance(action, ContentWriting)]


def by_address(decisions: Decisions) -> dict[str, Any]:
    return {action.address: action for action in decisions.actions}
