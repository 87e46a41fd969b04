"""A company's restore into Lookers that answer the open questions either way, pair by pair."""

from collections.abc import Iterator
from itertools import combinations, product
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from lookervault_plan.sandbox.behaviour import Behaviour
from lookervault_plan.sandbox.server import Sandbox
from tests.acceptance.command_line import Workdir
from tests.acceptance.companies import overlap_ids
from tests.acceptance.whole import ACROSS, Whole, make_company

ITEMS = 12


def choices() -> dict[str, tuple[Any, ...]]:
    """Every answer to every question."""
    hints = get_type_hints(Behaviour)
    return {name: _answers(hint) for name, hint in hints.items()}


def _answers(hint: Any) -> tuple[Any, ...]:
    if hint is bool:
        return (False, True)
    found: list[Any] = []
    for each in get_args(hint):
        found += get_args(each) or [None if each is type(None) else each]
    return tuple(found)


def pairwise(options: dict[str, tuple[Any, ...]]) -> Iterator[dict[str, Any]]:
    """Few combinations in which each two answers to two questions occur together.

    They are the same in every process: pairs are sorted, and no order follows from a hash.
    """
    names = sorted(options)
    missing = {
        ((one, x), (other, y))
        for one, other in combinations(names, 2)
        for x, y in product(options[one], options[other])
    }
    while missing:
        row = dict(min(missing, key=repr))
        for name in names:
            if name not in row:
                row[name] = max(
                    options[name],
                    key=lambda value, name=name, row=row: sum(
                        _sorted((name, value), pair) in missing for pair in row.items()
                    ),
                )
        missing -= {_sorted(*pair) for pair in combinations(row.items(), 2)}
        yield row


def _sorted(one: tuple[str, Any], other: tuple[str, Any]) -> tuple[tuple[str, Any], ...]:
    return (one, other) if one[0] < other[0] else (other, one)


ROWS = list(pairwise(choices()))


@pytest.fixture(scope="module")
def source() -> Iterator[Sandbox]:
    with Sandbox(seed=7) as sandbox:
        overlap_ids(sandbox.looker, 7)
        make_company(sandbox.looker, ITEMS)
        yield sandbox


@pytest.fixture(scope="module")
def backup(source: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    workdir = Workdir(tmp_path_factory.mktemp("source"))
    path = workdir.path / "all.db"
    workdir.run(source, "backup", "--db-path", path)
    return path


def test_each_two_answers_occur_together():
    options = choices()
    for one, other in combinations(options, 2):
        found = {(row[one], row[other]) for row in ROWS}
        assert found == set(product(options[one], options[other]))


@pytest.mark.parametrize("row", ROWS, ids=range(len(ROWS)))
def test_a_company_is_restored_whichever_way_a_looker_answers(
    row: dict[str, Any], source: Sandbox, backup: Path, workdir: Workdir
):
    with Sandbox(seed=8, behaviour=Behaviour(**row)) as destination:
        overlap_ids(destination.looker, 8)
        planned = workdir.plan(destination, backup, *ACROSS)

        workdir.apply(destination, planned)

        wanted, made = Whole.of(source.looker.call), Whole.of(destination.looker.call)
        assert wanted.differences(made, same_instance=False) == []
        assert workdir.plan(destination, backup, *ACROSS).counts == {}
