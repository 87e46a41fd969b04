"""An older Looker as the destination: what it does not know is left out by name, once."""

from typing import Any

import msgspec
import pytest

from lookervault_plan.sandbox.looker import Looker
from tests.acceptance.command_line import Workdir
from tests.acceptance.conftest import Serve
from tests.acceptance.whole import ACROSS, Whole, make_company

UNKNOWN = "explore"


def forget_permission(looker: Looker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make it an instance that neither lists the permission nor takes it (looker-api.md 2.10)."""
    answer = looker.answer

    def answered(
        method: str, path: str, query: dict[str, str], body: Any, *, user_id: str | None
    ) -> Any:
        if isinstance(body, dict) and UNKNOWN in (body.get("permissions") or ()):
            return 422, {"message": f"no such permission: {UNKNOWN}"}, None
        status, reply, total = answer(method, path, query, body, user_id=user_id)
        return status, without(msgspec.json.decode(msgspec.json.encode(reply))), total

    monkeypatch.setattr(looker, "answer", answered)


def without(value: Any) -> Any:
    """The reply with no word of it."""
    if isinstance(value, list):
        kept = [one for one in value if one != UNKNOWN]
        return [without(one) for one in kept if not is_unknown(one)]
    if isinstance(value, dict):
        return {key: without(one) for key, one in value.items()}
    return value


def is_unknown(one: Any) -> bool:
    return isinstance(one, dict) and one.get("permission") == UNKNOWN


def test_an_email_that_is_not_taken_with_the_user_is_sent_by_itself(
    workdir: Workdir, serve: Serve, monkeypatch: pytest.MonkeyPatch
):
    """Once for each user, and only where the reply lacks it (looker-api.md 2.7)."""
    source, destination = serve(7), serve(8)
    make_company(source.looker, 50)
    backup = workdir.path / "all.db"
    workdir.run(source, "backup", "--db-path", backup)
    answer = destination.looker.answer

    def answered(
        method: str, path: str, query: dict[str, str], body: Any, *, user_id: str | None
    ) -> Any:
        if (method, path) == ("POST", "/users"):
            body = {name: value for name, value in body.items() if name != "credentials_email"}
        return answer(method, path, query, body, user_id=user_id)

    monkeypatch.setattr(destination.looker, "answer", answered)
    planned = workdir.plan(destination, backup, *ACROSS)
    destination.requests.clear()

    workdir.apply(destination, planned)

    made = [one for one in destination.writes() if one.method == "POST"]
    users = [one for one in made if one.path == "/users"]
    emails = [one for one in made if one.path.endswith("/credentials_email")]
    assert len(emails) == len(users) > 0
    wanted, found = Whole.of(source.looker.call), Whole.of(destination.looker.call)
    assert wanted.differences(found, same_instance=False) == []
    assert workdir.plan(destination, backup, *ACROSS).counts == {}


def test_a_permission_that_the_destination_does_not_know_is_left_out(
    workdir: Workdir, serve: Serve, monkeypatch: pytest.MonkeyPatch
):
    source, destination = serve(7), serve(8)
    make_company(source.looker, 50)
    forget_permission(destination.looker, monkeypatch)
    workdir.run(source, "backup", "--db-path", workdir.path / "all.db")
    backup = workdir.path / "all.db"

    planned = workdir.restore(destination, backup, *ACROSS)

    sets = [row for row in source.looker.call("GET", "/permission_sets")[1] if not row["built_in"]]
    concerned = {
        f"permission_set:{row['id']}"
        for row in sets
        if UNKNOWN in row["permissions"] and row["name"].startswith("Set ")
    }
    told = [
        one
        for one in planned.document["diagnostics"]
        if one["code"] == "value.left-out" and one["address"] in concerned
    ]
    assert concerned
    assert {one["address"] for one in told} == concerned
    assert all(UNKNOWN in one["summary"] for one in told)
    wanted, made = Whole.of(source.looker.call), Whole.of(destination.looker.call)
    for key, held in wanted.relations.items():
        if key.startswith("permission set Set "):
            held["permissions"] = [name for name in held["permissions"] if name != UNKNOWN]
    ours = [
        line
        for line in wanted.differences(made, same_instance=False)
        if not line.startswith("permission set ") or line.startswith("permission set Set ")
    ]
    assert ours == []
    assert workdir.plan(destination, backup, *ACROSS).counts == {}
