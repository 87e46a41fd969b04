"""Content of a personal folder that comes with a new user, whatever is selected beside the user."""

from pathlib import Path

import pytest

from lookervault_plan.sandbox.context import system_clock
from lookervault_plan.sandbox.server import Sandbox
from tests.acceptance.command_line import Workdir, call_sandbox


@pytest.fixture
def workdir(tmp_path: Path) -> Workdir:
    return Workdir(tmp_path)


def yesterday() -> float:
    return system_clock() - 86_400


def a_person(sandbox: Sandbox, name: str) -> tuple[str, str]:
    """A user, and his personal folder."""
    email = {"credentials_email": {"email": f"{name}@example.com"}}
    user = call_sandbox(sandbox, "POST", "/users", {"first_name": name, **email})
    return user["id"], user["personal_folder_id"]


@pytest.mark.parametrize("seed", [7, 8])
def test_a_selected_user_and_a_folder_of_his_come_without_his_personal_folder(
    workdir: Workdir, seed: int
):
    # With equal seeds ids coincide: one that is to come must not be taken for another folder.
    with Sandbox(seed=7) as source, Sandbox(seed=seed, clock=yesterday) as destination:
        user, home = a_person(source, "ann")
        folder = call_sandbox(source, "POST", "/folders", {"name": "Drafts", "parent_id": home})
        _, other_home = a_person(destination, "bob")
        assert (other_home == home) == (seed == 7)
        backup = workdir.path / "b.db"
        workdir.run(source, "backup", "--db-path", backup)
        selected = f"user:{user} folder:{folder['id']}"

        planned = workdir.plan(destination, backup, "--select", selected, "--allow", "users-across")
        workdir.apply(destination, planned)

        users = call_sandbox(destination, "GET", "/users")
        (ann,) = [each for each in users if each["first_name"] == "ann"]
        folders = call_sandbox(destination, "GET", "/folders")
        (drafts,) = [each for each in folders if each["name"] == "Drafts"]
        assert drafts["parent_id"] == ann["personal_folder_id"] != other_home
