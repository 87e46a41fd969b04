"""Every write endpoint of the table meets every fault, and nothing is lost without a word.

The endpoints come from the rows: a new row is drilled as soon as the company has such content.
DRILL_ALL=1 pairs each endpoint with each fault; else each endpoint meets one of them for good.
"""

import os
from collections.abc import Iterator

import pytest

from tests.drills.endpoints import FAULTS, REFUSALS, Endpoint, Scene, endpoints, scenes

ENDPOINTS = endpoints()
SCENES = ("elsewhere", "at home")
#: Nothing of these is planned yet: no test can reach them.
UNREACHED: frozenset[str] = frozenset()
LASTING = [
    (endpoint, name)
    for number, endpoint in enumerate(ENDPOINTS)
    for at, name in enumerate(FAULTS)
    if os.environ.get("DRILL_ALL") or at == number % len(FAULTS)
]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Scene]]:
    with scenes(tmp_path_factory.mktemp("endpoints")) as made:
        yield dict(zip(SCENES, made, strict=True))


def reached(scene: Scene) -> list[Endpoint]:
    return [each for each in ENDPOINTS if any(each.matches(*one) for one in scene.reached)]


def test_each_write_endpoint_of_the_table_is_drilled(both: dict[str, Scene]):
    found = {str(each) for scene in both.values() for each in reached(scene)}

    assert {str(each) for each in ENDPOINTS} - found == UNREACHED


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("where", SCENES)
def test_a_fault_once_at_each_endpoint_is_mended_or_told(
    both: dict[str, Scene], where: str, name: str
):
    scene = both[where]
    case = scene.begin()
    faults = scene.sandbox.faults
    faults.rules = [each.disturbed(FAULTS[name], count=1) for each in reached(scene)]

    end = case.apply()

    assert any(each.fault for each in scene.sandbox.requests)
    assert bool(end["failed"]) == (name in REFUSALS)
    if end["failed"]:
        assert all(each["error_message"] for each in case.letters())
        case.retry()
    assert case.letters() == []
    case.check()


@pytest.mark.parametrize(("endpoint", "name"), LASTING, ids=str)
def test_a_fault_that_lasts_is_told_and_leaves_nothing_that_a_retry_does_not_mend(
    both: dict[str, Scene], endpoint: Endpoint, name: str
):
    for scene in both.values():
        if endpoint not in reached(scene):
            continue
        case = scene.begin()
        scene.sandbox.faults.add(endpoint.disturbed(FAULTS[name]))

        end = case.apply()

        letters = case.letters()
        assert end["dead_letters"] == len(letters)
        failed = [each for each in letters if each["cause"] is None]
        assert all(each["step"] and each["error_message"] for each in failed)
        assert all(each["cause"] for each in letters if each not in failed)
        if failed:
            case.retry()
        if end["unlinked"]:
            case.link()
        assert case.letters() == []
        case.check()
