"""No plan ever writes to an item whose identity was ambiguous."""

from hypothesis import given, settings
from hypothesis import strategies as st

from lookervault_plan.content.identity import identify
from lookervault_plan.content.node import Ref
from lookervault_plan.plan_file import Blocked, ContentWriting, Update
from lookervault_plan.planning.match.twins import Ambiguous, Known, NoTwin, Twin, match
from tests.planning.objects import (
    CREATED,
    SHARED,
    a_dashboard,
    a_folder,
    a_look,
    by_address,
    plan_of,
)

LATER = "2025-09-09T10:00:00.000+00:00"
#: ways to match that say which one it is, whatever others look like
CERTAIN = {"remaps.yml", "state", "id", "owner"}

small = st.sampled_from(["1", "2", "3", "4"])
times = st.sampled_from([CREATED, LATER, None])
titles = st.sampled_from(["A", "B"])
slugs = st.sampled_from(["s", "t", None])
parents = st.sampled_from(["1", "12", "13"])
folders = st.dictionaries(
    st.sampled_from(["11", "12", "13", "14"]), st.tuples(titles, parents, times), max_size=4
)
dashboards = st.dictionaries(
    small, st.tuples(titles, parents, slugs, times, st.booleans()), max_size=4
)
looks = st.dictionaries(small, st.tuples(titles, parents, times, st.booleans()), max_size=4)
sides = st.tuples(folders, dashboards, looks)
mapped = st.dictionaries(
    st.builds(Ref, st.sampled_from(["dashboard", "look"]), st.sampled_from("1234")),
    st.sampled_from("1234"),
    max_size=2,
)


def objects(side, *, may_be_trashed):
    """Raw objects of a side; with doubles that only a careless instance would hold."""
    tree, boards, charts = side
    return {
        "folder": [SHARED]
        + [a_folder(i, n, p, created_at=at) for i, (n, p, at) in tree.items() if p != i],
        "dashboard": [
            a_dashboard(i, t, p, slug=slug, created_at=at, deleted=gone and may_be_trashed)
            for i, (t, p, slug, at, gone) in boards.items()
        ],
        "look": [
            a_look(i, t, p, created_at=at, deleted=gone and may_be_trashed)
            for i, (t, p, at, gone) in charts.items()
        ],
    }


def matched(desired, live, **known):
    def of(side):
        found = (identify(kind, raw) for kind, raws in side.items() for raw in raws)
        return {identity.ref: identity for identity in found}

    return match(of(desired), of(live), Known(**known)).by_ref


@settings(max_examples=400)
@given(sides, sides, st.booleans(), mapped, mapped)
def test_no_plan_writes_to_an_item_whose_identity_was_ambiguous(
    desired, live, same_instance, remaps, state
):
    mine, theirs = objects(desired, may_be_trashed=False), objects(live, may_be_trashed=True)
    known = {"same_instance": same_instance, "remaps": remaps, "state": state}
    matches = matched(mine, theirs, **known)

    decisions = plan_of(mine, theirs, **known)

    contested = {
        candidate
        for found in matches.values()
        if isinstance(found, Ambiguous)
        for candidate in found.candidates
    }
    written = []
    for action in decisions.actions:
        found = matches.get(Ref(action.type, action.source_id), NoTwin())
        assert not (isinstance(action, ContentWriting) and isinstance(found, Ambiguous))
        if isinstance(action, Update):
            assert isinstance(found, Twin)
            assert found.live == Ref(action.type, action.destination_id)
            assert found.matched_by in CERTAIN or found.live not in contested
            written.append(found.live)
    assert len(written) == len(set(written))


@settings(max_examples=200)
@given(sides, sides, st.booleans(), st.randoms())
def test_who_is_asked_first_does_not_matter(desired, live, same_instance, random):
    mine, theirs = objects(desired, may_be_trashed=False), objects(live, may_be_trashed=True)
    shuffled = [
        {kind: random.sample(raws, len(raws)) for kind, raws in side.items()}
        for side in (mine, theirs)
    ]

    found = matched(mine, theirs, same_instance=same_instance)
    again = matched(*shuffled, same_instance=same_instance)

    assert {ref: type(one) for ref, one in found.items()} == {
        ref: type(one) for ref, one in again.items()
    }
    assert {ref: one.live for ref, one in found.items() if isinstance(one, Twin)} == {
        ref: one.live for ref, one in again.items() if isinstance(one, Twin)
    }


def test_what_an_ambiguous_item_might_be_is_nobody_elses_by_a_natural_key():
    """`1` has the title of both live ones, `2` the slug of one: that one may be either."""
    desired = {
        "folder": [SHARED],
        "dashboard": [a_dashboard("1", "A", "1", slug="x"), a_dashboard("2", "B", "1", slug="t")],
    }
    live = {
        "folder": [SHARED],
        "dashboard": [a_dashboard("8", "A", "1", slug="s"), a_dashboard("9", "A", "1", slug="t")],
    }

    decisions = plan_of(desired, live)

    actions = by_address(decisions)
    assert [actions[f"dashboard:{id_}"].verb for id_ in "12"] == ["blocked", "blocked"]
    assert "may be dashboard:1 as well" in (actions["dashboard:2"].reason or "")


def test_below_an_ambiguous_folder_a_path_says_nothing():
    desired = {
        "folder": [SHARED, a_folder("7", "A"), a_folder("8", "B", "7")],
        "look": [a_look(folder="8")],
    }
    live = {
        "folder": [SHARED, a_folder("70", "A"), a_folder("71", "A"), a_folder("80", "B", "70")],
        "look": [a_look("5", folder="80")],
    }

    decisions = plan_of(desired, live)

    assert {a.address for a in decisions.actions if isinstance(a, Blocked)} == {
        "folder:7",
        "folder:8",
        "look:9",
    }


def test_below_a_folder_that_two_claim_a_path_says_nothing():
    twins = [a_folder("7", "A"), a_folder("9", "A")]
    desired = {"folder": [SHARED, *twins, a_folder("8", "B", "7"), a_folder("10", "C", "8")]}
    live = {
        "folder": [
            SHARED,
            a_folder("70", "A"),
            a_folder("80", "B", "70"),
            a_folder("90", "C", "80"),
        ]
    }

    found = matched(desired, live, same_instance=False)

    assert isinstance(found[Ref("folder", "7")], Ambiguous)
    assert isinstance(found[Ref("folder", "8")], NoTwin)
    assert isinstance(found[Ref("folder", "10")], NoTwin)


def test_ids_that_the_backup_does_not_hold_can_be_mapped():
    """A look whose folder was not backed up: the file or the state know what became of it."""
    live = {"folder": [SHARED, a_folder("70", "Sales")]}
    by_file = plan_of({"look": [a_look(folder="7")]}, live, remaps={Ref("folder", "7"): "70"})
    by_state = plan_of({"look": [a_look(folder="7")]}, live, state={Ref("folder", "7"): "70"})

    for decisions in (by_file, by_state):
        assert by_address(decisions)["look:9"].verb == "create"
        (remap,) = decisions.remaps
        assert (remap.source_id, remap.destination_id, remap.new) == ("7", "70", False)
