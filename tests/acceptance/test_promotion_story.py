"""A company goes from dev through stage to prod: three Lookers that differ in all they can.

Ids, mail domains, models, connections and behaviour differ; people there change things by hand; an
environment is refused. One reviewed file of environments and one of remaps for each stage hold it
together.
"""

from collections.abc import Iterator
from configparser import ConfigParser
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lookervault_plan.cli.app import main
from lookervault_plan.sandbox.behaviour import Behaviour
from lookervault_plan.sandbox.company import fill
from lookervault_plan.sandbox.lookml import Lookml
from lookervault_plan.sandbox.server import Sandbox
from tests.acceptance.command_line import call_sandbox as call
from tests.acceptance.companies import overlap_ids

BEHAVIOURS = {
    "dev": Behaviour(),
    "stage": Behaviour(tiles_move_updated_at=True, duplicate_status=409, inherited_roles=False),
    "prod": Behaviour(owner_by_patch="ignored", inline_query="refused", datagroups="qualified"),
}
SEEDS = {"dev": 7, "stage": 8, "prod": 9}
ENVIRONMENTS = """
[environments.dev]
section = "dev"

[environments.stage]
section = "stage"
state = "stage.db"
remaps = "stage.yml"
allow = ["users-across", "access-widened", "updates-share"]

[environments.prod]
section = "prod"
state = "prod.db"
remaps = "prod.yml"
allow = ["users-across", "access-widened", "updates-share"]
schedules = "disable"

[collections]
"group.users" = "add-only"

[ignore]
dashboard = ["refresh_interval"]
"""
REMAPS = """
emails:
  "*@example.com": "*@{stage}.example.com"
recipients:
  "*@example.com": "*@{stage}.example.com"
models:
  ecommerce: ecommerce_{stage}
  finance: finance_{stage}
  marketing: marketing_{stage}
  support: support_{stage}
connections:
  warehouse: warehouse_{stage}
"""


def renamed(lookml: Lookml, stage: str) -> Lookml:
    """The same LookML with the names of a stage."""

    def name(model: str) -> str:
        return model if model == "people" else f"{model}_{stage}"

    def connection(old: str) -> str:
        return f"{old}_{stage}" if old == "warehouse" else old

    return msgspec.structs.replace(
        lookml,
        models=tuple(
            msgspec.structs.replace(
                model,
                name=name(model.name),
                connections=tuple(map(connection, model.connections)),
            )
            for model in lookml.models
        ),
        connections=tuple(map(connection, lookml.connections)),
        datagroups=tuple(
            f"{name(model)}::{group}"
            for model, _, group in (each.partition("::") for each in lookml.datagroups)
        ),
    )


@pytest.fixture
def stages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Sandbox]]:
    """Three instances, and the files that name them in the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOOKERVAULT_PLAN_RETRY_SECONDS", "0.2")
    ini = ConfigParser()
    with ExitStack() as stack:
        found = {
            name: stack.enter_context(Sandbox(seed=seed, behaviour=BEHAVIOURS[name]))
            for name, seed in SEEDS.items()
        }
        for name, sandbox in found.items():
            overlap_ids(sandbox.looker, SEEDS[name])
            ini[name] = {
                "base_url": sandbox.url,
                "client_id": sandbox.client_id,
                "client_secret": sandbox.client_secret,
            }
            if name != "dev":
                for model in call(sandbox, "GET", "/lookml_models"):
                    call(sandbox, "DELETE", f"/lookml_models/{model['name']}")
                lookml = renamed(sandbox.looker.instance.lookml, name)
                sandbox.looker.install_lookml(lookml)
                (tmp_path / f"{name}.yml").write_text(REMAPS.format(stage=name))
        with (tmp_path / "looker.ini").open("w") as file:
            ini.write(file)
        (tmp_path / "lookervault-plan.toml").write_text(ENVIRONMENTS)
        fill(found["dev"].looker.call, seed=1, dashboards=5, looks=5, folders=4, users=4)
        for name in ("stage", "prod"):
            people_of(found[name], found["dev"], f"{name}.example.com")
        yield found


def people_of(sandbox: Sandbox, source: Sandbox, domain: str) -> None:
    """Give an instance two of the company's people, under its own mail domain."""
    listed = call(source, "GET", "/users", sorts="id")
    people = [each for each in listed if str(each["email"]).lower().endswith("@example.com")]
    for person in people[:2]:
        email = f"{person['email'].partition('@')[0]}@{domain}"
        made = call(sandbox, "POST", "/users", {"first_name": person["first_name"]})
        call(sandbox, "POST", f"/users/{made['id']}/credentials_email", {"email": email})


class Story:
    """Commands, as a pipeline runs them."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys
        self.out = self.err = ""

    def run(self, line: str, code: int = 0) -> str:
        _ = self.capsys.readouterr()
        ended = main(line.split())
        self.out, self.err = self.capsys.readouterr()
        assert ended == code, f"{line} ended with {ended}\n{self.out}\n{self.err}"
        return self.out

    def plan(self, stage: str) -> dict[str, Any]:
        self.run(f"plan --env {stage} --db-path dev.db --out {stage}.json")
        return msgspec.json.decode(Path(f"{stage}.json").read_bytes())


def written(plan: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        each["address"]: each
        for each in plan["actions"]
        if each["action"] not in ("skip", "blocked")
    }


def notes(plan: dict[str, Any]) -> list[str]:
    return [each["summary"] for each in plan["diagnostics"] if each["severity"] == "note"]


def models_of(sandbox: Sandbox) -> set[str]:
    looks = [
        call(sandbox, "GET", f"/looks/{e['id']}") for e in call(sandbox, "GET", "/looks/search")
    ]
    return {look["query"]["model"] for look in looks}


def test_from_dev_through_stage_to_prod(
    stages: dict[str, Sandbox], capsys: pytest.CaptureFixture[str]
):
    dev, stage, prod = stages["dev"], stages["stage"], stages["prod"]
    story = Story(capsys)

    # Before anything else: the file is right, the keys can do what is needed, and what this Looker
    # does where nobody knows is found out.
    story.run("environments check")
    assert [line.split()[1] for line in story.out.splitlines()] == ["dev", "stage", "prod"]
    assert "This key sees everything" in story.run("doctor --env prod")
    shared = next(e["id"] for e in call(prod, "GET", "/folders") if e["is_shared_root"])
    story.run(f"doctor --env prod --probe --folder {shared} --out report.json")
    assert prod.url not in Path("report.json").read_text()

    # A first release goes to stage, and then to prod.
    story.run("backup --env dev --db-path dev.db")
    for name, sandbox in (("stage", stage), ("prod", prod)):
        first = story.plan(name)
        assert first["environment"] == name
        assert first["summary"]["blocked"] == 0, story.out
        assert f"*@example.com -> *@{name}.example.com changes" in " ".join(story.out.split())
        story.run(f"apply --env {name} {name}.json --check-content")
        assert {model.rpartition("_")[2] for model in models_of(sandbox)} == {name}
        emails = {e["email"] for e in call(sandbox, "GET", "/users") if e["email"]}
        assert all(e.endswith((f"@{name}.example.com", "@sandbox.example.com")) for e in emails), (
            emails
        )
        assert written(story.plan(name)) == {}

    # A plan for prod can't reach stage.
    call(dev, "PATCH", "/looks/" + call(dev, "GET", "/looks/search", sorts="id")[0]["id"],
         {"description": "Released"})  # fmt: skip
    story.run("backup --env dev --db-path dev.db")
    story.plan("prod")
    before = len(stage.writes())
    story.run("apply --env stage prod.json", code=4)
    assert "this plan is for the environment prod, not for stage" in story.err
    assert "apply it with --env prod" in story.err
    assert len(stage.writes()) == before

    # People on stage and prod go on working: what is not managed, and what they made, stays.
    for sandbox in (stage, prod):
        dashboard = call(sandbox, "GET", "/dashboards/search", sorts="id")[0]
        call(sandbox, "PATCH", f"/dashboards/{dashboard['id']}", {"refresh_interval": "7 hours"})
        group = max(call(sandbox, "GET", "/groups"), key=lambda each: int(each["id"]))
        person = call(sandbox, "POST", "/users", {"first_name": "Local"})
        call(sandbox, "POST", f"/groups/{group['id']}/users", {"user_id": person["id"]})

    # An employee leaves: her content goes to a successor whom only the destination knows.
    leaver = call(dev, "GET", "/users", sorts="id")
    owned = call(dev, "GET", "/dashboards/search", sorts="id")[0]["user_id"]
    email = next(e["email"] for e in leaver if e["id"] == owned)
    for name, sandbox in (("stage", stage), ("prod", prod)):
        made = call(sandbox, "POST", "/users", {"first_name": "Zoe"})
        address = {"email": f"zoe@{name}.example.com"}
        call(sandbox, "POST", f"/users/{made['id']}/credentials_email", address)
        rules = f'owners: {{"{email}": zoe@{name}.example.com}}\n'
        Path(f"{name}.yml").write_text(REMAPS.format(stage=name) + rules)

    second = story.plan("stage")
    paths = {c["path"] for each in written(second).values() for c in each["changes"]}
    assert {"description", "user_id"} <= paths
    assert "refresh_interval" not in paths
    assert not any(
        parts["delete"] for each in written(second).values() for parts in each["parts"].values()
    )
    assert any("[ignore] leaves it alone" in each for each in notes(second)), notes(second)
    story.run("apply --env stage stage.json")
    zoe = next(e["id"] for e in call(stage, "GET", "/users") if e["first_name"] == "Zoe")
    assert any(e["user_id"] == zoe for e in call(stage, "GET", "/dashboards/search"))
    assert written(story.plan("stage")) == {}

    # prod ignores owners in a PATCH, as doctor has found out: it is said, and not tried for ever.
    third = story.plan("prod")
    changed = {
        change["path"]
        for each in written(third).values()
        if each["type"] in ("dashboard", "look")
        for change in each["changes"]
    }
    assert "user_id" not in changed
    assert any("this Looker keeps owners, says doctor --probe" in each for each in notes(third))
    story.run("apply --env prod prod.json")
    assert written(story.plan("prod")) == {}
    released = [e["description"] for e in call(prod, "GET", "/looks/search")]
    assert "Released" in released

    # All along the schedules of prod were made disabled.
    plans = call(prod, "GET", "/scheduled_plans", all_users=True)
    assert plans
    assert {each["enabled"] for each in plans} == {False}
