"""Replies of 200 that are not what Looker answers: for every verb they count as lost."""

from typing import Any

import pytest

from lookervault_plan.content.node import Ref
from lookervault_plan.execution.walk import Finished, Wait
from lookervault_plan.looker.http_reply import Reply
from lookervault_plan.steps.step_id import StepId
from tests.execution.content import a_folder, creating, deleting
from tests.execution.fakes import answered, lost
from tests.execution.test_perform import DONE, FAILED, UPDATE, Bench, an_update

PAGE = (b"<!DOCTYPE html><title>Sign in</title>", "text/html")
SPOILED = {
    "a login page": PAGE,
    "cut": (b'{"id": "70", "na', "application/json"),
    "null": (b"null", "application/json"),
    "nothing": (b"", "application/json"),
    "a list": (b'["ok"]', "application/json"),
    "no object of Looker's": (b'{"status": "ok"}', "application/json"),
}


def spoil(bench: Bench, method: str, body: tuple[bytes, str], times: int = 1) -> Bench:
    """Answer such requests with this body, and carry them out all the same."""
    request, left = bench.looker.request, [times]

    def spoiled(verb: str, path: str, **more: Any) -> Reply:
        reply = request(verb, path, **more)
        if verb != method or not left[0]:
            return reply
        left[0] -= 1
        data, type_ = body
        return Reply(status=200, headers={"content-type": type_}, body=data, path=path)

    setattr(bench.looker, "request", spoiled)  # noqa: B010
    return bench


def a_role(users: list[str]) -> Bench:
    raw = {"id": "5", "name": "Viewer", "role_users": [{"user_id": id_} for id_ in users]}
    return Bench("role", raw, creating("role", raw))


def a_membership() -> Bench:
    raw = {"id": "5", "name": "Sales", "group_users": [{"user_id": "8"}]}
    bench = Bench("group", raw, creating("group", raw))
    assert bench.perform("group:5#create") == DONE
    return bench


MEMBER = "group:5/group_user:8#create"


@pytest.mark.parametrize("body", SPOILED.values(), ids=SPOILED)
def test_an_update_whose_reply_is_spoiled_is_sent_again(body: tuple[bytes, str]):
    bench = spoil(an_update(), "PATCH", body)

    assert isinstance(bench.perform(UPDATE), Wait)
    assert bench.perform(UPDATE) == DONE
    assert bench.sent == ["PATCH /folders/70"] * 2


def test_an_update_answered_with_another_object_is_sent_again():
    bench = spoil(an_update(), "PATCH", (b'{"id": "71"}', "application/json"))

    assert isinstance(bench.perform(UPDATE), Wait)
    assert bench.perform(UPDATE) == DONE


def test_an_update_that_never_gets_its_own_reply_fails_and_names_the_reason():
    bench = spoil(an_update(), "PATCH", PAGE, times=9)

    assert [bench.perform(UPDATE) for _ in range(3)][-1] == FAILED
    assert "text/html" in bench.performer.failures[StepId.parse(UPDATE)].error


@pytest.mark.parametrize("body", SPOILED.values(), ids=SPOILED)
def test_a_create_whose_reply_is_spoiled_is_looked_for(body: tuple[bytes, str]):
    bench = spoil(Bench(), "POST", body)
    assert isinstance(bench.perform(), Wait)
    bench.looker.lists["/folders/search"] = bench.looker.made["folders"]

    assert bench.perform() == DONE
    assert bench.sent.count("POST /folders") == 1
    assert bench.performer.in_doubt == {"folder:7"}


@pytest.mark.parametrize("body", SPOILED.values(), ids=SPOILED)
def test_a_spoiled_list_never_means_that_the_object_is_absent(body: tuple[bytes, str]):
    bench = spoil(Bench().failing("POST", "/folders", lost(), after=True), "GET", body)
    assert isinstance(bench.perform(), Wait)
    bench.looker.lists["/folders/search"] = bench.looker.made["folders"]

    assert isinstance(bench.perform(), Wait)
    assert bench.perform() == DONE
    assert bench.sent.count("POST /folders") == 1


@pytest.mark.parametrize("body", [PAGE, (b"<html>", ""), (b"[]", ""), (b"", ""), (b"null", "")])
def test_a_delete_whose_reply_is_spoiled_is_sent_again(body: tuple[bytes, str]):
    bench = spoil(Bench(action=deleting("folder", a_folder(), "70")), "DELETE", body)

    assert isinstance(bench.perform("folder:7#delete"), Wait)
    assert bench.perform("folder:7#delete") == DONE


@pytest.mark.parametrize("body", [b'""', b"Deleted."])
def test_a_delete_may_be_answered_with_a_short_text(body: bytes):
    bench = spoil(Bench(action=deleting("folder", a_folder(), "70")), "DELETE", (body, ""))

    assert bench.perform("folder:7#delete") == DONE


@pytest.mark.parametrize("body", [PAGE, (b"{}", ""), (b"[1]", ""), (b"null", "")])
def test_a_list_that_is_replaced_is_sent_again_until_it_is_answered_with_a_list(
    body: tuple[bytes, str],
):
    bench = a_role(["8"])
    assert bench.perform("role:5#create") == DONE
    spoil(bench, "PUT", body)

    assert isinstance(bench.perform("role:5/role_user#update"), Wait)
    assert bench.perform("role:5/role_user#update") == DONE


@pytest.mark.parametrize(
    "answer",
    [answered(409), answered(422, code="already_exists"), answered(400, message="is already in")],
)
def test_a_membership_that_exists_after_a_lost_reply_is_done(answer: Exception):
    bench = a_membership().failing("POST", "/groups/1001/users", lost(), answer)

    assert isinstance(bench.perform(MEMBER), Wait)
    assert bench.perform(MEMBER) == DONE
    assert bench.performer.in_doubt == {"group:5"}


def test_a_membership_that_exists_without_a_lost_reply_fails():
    bench = a_membership().failing("POST", "/groups/1001/users", answered(409))

    assert bench.perform(MEMBER) == FAILED


def test_a_membership_refused_for_another_reason_fails_even_after_a_lost_reply():
    bench = a_membership().failing("POST", "/groups/1001/users", lost(), answered(400))

    assert isinstance(bench.perform(MEMBER), Wait)
    assert bench.perform(MEMBER) == FAILED


def test_a_membership_of_a_killed_run_that_exists_is_done():
    bench = a_membership().failing("POST", "/groups/1001/users", answered(409))
    bench.performer.note_earlier_attempt(bench.steps[MEMBER], 1)

    assert bench.perform(MEMBER) == Finished(succeeded=True)


def test_an_access_entry_that_exists_after_a_lost_reply_is_adopted_with_its_id():
    raw = {
        **a_folder(),
        "content_metadata_id": "20",
        "access": {
            "content_metadata_id": "20",
            "inherits": False,
            "entries": [
                {
                    "id": "30",
                    "content_metadata_id": "20",
                    "group_id": "4",
                    "permission_type": "view",
                }
            ],
        },
    }
    bench = Bench("folder", raw, creating("folder", raw))
    entry = "folder:7/access_entry:30#create"
    bench.space.put(Ref("content_access", "20"), "120")
    bench.failing("POST", "/content_metadata_access", lost(), answered(409))
    bench.looker.lists["/content_metadata_access"] = [
        {"id": "77", "content_metadata_id": "120", "group_id": "4", "permission_type": "view"}
    ]

    assert isinstance(bench.perform(entry), Wait)
    assert bench.perform(entry) == DONE
    assert bench.space.resolve(Ref("access_entry", "30")) == "77"
