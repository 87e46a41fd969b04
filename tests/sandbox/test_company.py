"""The generated company uses everything there is to use."""

from collections.abc import Iterable

import pytest

from lookervault_plan.sandbox import bodies, company
from lookervault_plan.sandbox.looker import Looker
from lookervault_plan.sandbox.rules.table import KINDS
from lookervault_plan.sandbox.server import Sandbox
from tests.sandbox.conftest import Client

# Fields that a company has no use for: aliases, nested twins of an id, what must not be sent.
UNUSED = {
    "dashboards": {"folder"},
    "looks": {"folder", "query"},
    "dashboard_elements": {"look", "query", "result_maker", "result_maker_id"},
    "users": {"credentials_email"},
    "roles": {"permission_set", "model_set"},
    "scheduled_plans": {"dashboard_filters", "run_once"},
    "board_items": {"custom_image_data_base64"},
    "lookml_models": set(),
}
EMPTY = (None, "", [], {})


@pytest.fixture(scope="module")
def full():
    looker = Looker(seed=7)
    company.fill(looker.call, seed=3, dashboards=60, looks=60, folders=20, users=20)
    return looker


def used(rows: Iterable, field, default):
    return any(row.get(field) not in (*EMPTY, default) for row in rows)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.table)
def test_every_writable_field_is_used_somewhere(full, kind):
    writable = set(bodies.writable(kind.update_model or kind.model))
    writable |= set(bodies.writable(kind.create_model or kind.model))
    rows = list(full.store.table(kind.table).values())

    unused = {
        field
        for field in writable - UNUSED.get(kind.table, set())
        if not used(rows, field, kind.defaults.get(field))
    }

    assert unused == set()


@pytest.mark.parametrize("model", ["Query", "MergeQuery"])
def test_every_field_of_queries_is_used(full, model):
    table = {"Query": "queries", "MergeQuery": "merge_queries"}[model]
    rows = list(full.store.table(table).values())

    assert [field for field in bodies.writable(model) if not used(rows, field, None)] == []


def dashboards(looker):
    return looker.call("GET", "/dashboards/search", {"sorts": "id"})[1]


def test_the_company_has_what_is_hard_to_restore(full):
    shown = dashboards(full)
    elements = [element for row in shown for element in row["dashboard_elements"]]
    titles = [row["title"] for row in shown]

    assert any(titles.count(title) > 1 for title in titles)
    assert any(len(row["dashboard_layouts"]) > 1 for row in shown)
    assert any(row["folder"]["is_personal"] for row in shown)
    assert any("/" in row["title"] or "|" in row["title"] for row in shown)
    assert any(not title.isascii() for title in titles)
    assert any(element["look_id"] for element in elements)
    assert any(element["merge_result_id"] for element in elements)
    assert any(element["filter_id"] for element in elements)
    assert any(element["rich_content_json"] for element in elements)
    assert any("/dashboards/42" in (row["description"] or "") for row in shown)
    assert any(
        filterable["listen"]
        for element in elements
        for filterable in (element["result_maker"] or {}).get("filterables", [])
    )
    assert full.call("GET", "/dashboards/search", {"deleted": "true"})[1]


def test_some_tiles_are_twins_and_some_have_no_title(full):
    pairs = [
        [(row["title"], row["query_id"], row["type"]) for row in shown["dashboard_elements"]]
        for shown in dashboards(full)
    ]

    assert any(len(tiles) != len(set(tiles)) for tiles in pairs)
    assert any(title is None for tiles in pairs for title, _, _ in tiles)


def test_queries_are_shared(full):
    of_looks = {row["query_id"] for row in full.call("GET", "/looks")[1]}
    of_tiles = {
        element["query_id"] for row in dashboards(full) for element in row["dashboard_elements"]
    }

    assert of_looks & of_tiles


def test_people_and_access_are_nested(full):
    folders = {row["id"]: row for row in full.call("GET", "/folders")[1]}

    def depth(row):
        parent = folders.get(row["parent_id"])
        return 0 if parent is None else 1 + depth(parent)

    assert max(map(depth, folders.values())) == 4
    groups = full.call("GET", "/groups/search/with_hierarchy")[1]
    assert any(row["parent_group_ids"] for row in groups)
    assert any(row["role_ids"] for row in groups)
    users = full.call("GET", "/users")[1]
    assert any(row["is_disabled"] for row in users)
    own = [row for row in full.store.table("content_metadata").values() if not row["inherits"]]
    assert sum(bool(row.get("parent_id")) for row in own if row.get("folder_id")) >= 3
    owners = {row["user_id"] for row in dashboards(full)}
    assert len(owners) > 2


def test_two_seeds_share_no_ids_and_no_birthdays():
    made = []
    for seed in (1, 2):
        looker = Looker(seed=seed)
        company.fill(looker.call, seed=3, dashboards=8, looks=5, folders=6, users=4)
        made.append(looker)
    stores = [looker.store for looker in made]

    for table in ("users", "folders", "queries", "groups"):
        first, second = ({*store.table(table)} for store in stores)
        assert len(first & second) < len(first) / 2, table
    born = [
        {row["created_at"][:19] for row in store.table("dashboards").values()} for store in stores
    ]
    assert not born[0] & born[1]
    titles = [
        sorted(row["title"] for row in store.table("dashboards").values()) for store in stores
    ]
    assert titles[0] == titles[1]


def test_the_company_can_be_built_over_http():
    with Sandbox(seed=9) as sandbox:
        client = Client(sandbox)

        def call(method, path, query=None, body=None):
            reply = client.reply(method, path, body, **(query or {}))
            return reply.status_code, reply.json() if reply.content else None

        with client.session:
            company.fill(call, dashboards=2, looks=2, folders=5, users=3)
        assert sandbox.looker.overlaps == []
        assert {request.status for request in sandbox.requests} <= {200, 204}


def test_large_companies_are_made_fast():
    looker = Looker(seed=7)
    calls = 0

    def call(method, path, query=None, body=None):
        nonlocal calls
        calls += 1
        return looker.call(method, path, query, body)

    company.fill(call)

    assert calls > 6000
    assert len(looker.store.table("dashboards")) == 300
