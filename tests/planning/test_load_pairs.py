"""Items are loaded in batches, and completed only where they were changed since the last apply."""

from collections.abc import Sequence
from typing import Any

import pytest

from lookervault_plan.content.node import Ref, tree_digest
from lookervault_plan.content.normalise import normalise
from lookervault_plan.planning.load_pairs import batches
from tests.planning.objects import SHARED, a_folder, a_look, by_address, plan_of

LOOK = Ref("look", "9")


@pytest.mark.parametrize(("kind", "size"), [("look", 256), ("dashboard", 32)])
def test_items_are_loaded_a_few_at_a_time(kind: str, size: int):
    refs = [Ref(kind, f"{number:03}") for number in range(600)]

    split = list(batches(reversed(refs), lambda ref: ref.id))

    assert [ref for batch in split for ref in batch] == refs
    assert {len(batch) for batch in split[:-1]} == {size}
    assert 0 < len(split[-1]) <= size


def test_items_that_one_list_completes_are_loaded_together():
    refs = [Ref("look", f"{number:03}") for number in range(600)]

    split = list(batches(refs, lambda ref: ref.id[-1:]))

    assert len(split) == 2
    assert not {ref.id[-1:] for ref in split[0]} & {ref.id[-1:] for ref in split[1]}


class Destination:
    """A live look whose list leaves out the body of its query, and a count of how it is read."""

    def __init__(self, *, is_lacking: bool = True, **live: Any) -> None:
        self.is_lacking = is_lacking
        self.listed = a_look(**live)
        self.whole = dict(self.listed)
        del self.listed["query"]
        self.completed: list[Ref] = []
        self.loads = 0

    def complete(self, refs: Sequence[Ref]) -> Sequence[Ref]:
        self.completed += refs
        self.listed = self.whole
        return refs if self.is_lacking else ()

    def load(self, _ref: Ref) -> Any:
        self.loads += 1
        return normalise("look", self.listed)

    def plan(self, applied: tuple[dict, dict] | None, **desired: Any) -> Any:
        live = {"folder": [SHARED, a_folder()], "look": [a_look()]}
        digests = {"look:9": tuple(tree_digest(normalise("look", each)) for each in applied or ())}
        decisions = plan_of(
            {"folder": live["folder"], "look": [a_look(**desired)]},
            live,
            selected={LOOK},
            load_live=self.load,
            complete=self.complete,
            applied=digests if applied else {},
        )
        return by_address(decisions)["look:9"]


def test_a_look_without_changes_since_the_last_apply_is_not_completed():
    destination = Destination()

    action = destination.plan((a_look(), a_look()))

    assert (action.verb, destination.completed, destination.loads) == ("skip", [], 1)


def test_a_look_that_was_never_applied_is_completed_before_it_is_loaded():
    destination = Destination(title="Other")

    action = destination.plan(None)

    assert [change.path for change in action.changes] == ["title"]
    assert (destination.completed, destination.loads) == ([LOOK], 1)


def test_a_look_that_changed_in_the_backup_is_completed_before_it_is_loaded():
    destination = Destination()

    action = destination.plan((a_look(), a_look()), title="New")

    assert [change.path for change in action.changes] == ["title"]
    assert (destination.completed, destination.loads) == ([LOOK], 1)


def test_a_look_that_changed_in_the_destination_is_loaded_again_once_it_is_completed():
    destination = Destination(title="Changed there")

    action = destination.plan((a_look(), a_look()))

    assert [change.path for change in action.changes] == ["title"]
    assert (destination.completed, destination.loads) == ([LOOK], 2)


def test_a_changed_look_that_lacks_nothing_is_loaded_once():
    destination = Destination(is_lacking=False, title="Changed there")

    action = destination.plan((a_look(), a_look()))

    assert [change.path for change in action.changes] == ["title"]
    assert destination.loads == 1
