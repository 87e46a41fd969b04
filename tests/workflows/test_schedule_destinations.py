"""Where schedules deliver to: what Looker fills in by itself was taken as it was sent."""

import json
from pathlib import Path

from lookervault_plan.sandbox.company import fill
from lookervault_plan.sandbox.server import Sandbox
from tests.acceptance.command_line import Workdir, call_sandbox

PLACES = (
    [{"type": "email", "address": "a@example.com", "format": "csv"}],
    [{"type": "webhook", "address": "https://hooks.example.com/HOOKSECRET", "format": "json"}],
)
OTHERS = (
    [{"type": "email", "address": "b@example.com", "format": "csv"}],
    [{"type": "webhook", "address": "https://hooks.example.com/OTHERSECRET", "format": "json"}],
)


def test_destinations_with_values_of_looker_s_own_are_taken_as_sent(tmp_path: Path):
    workdir = Workdir(tmp_path)
    with Sandbox(seed=7) as sandbox:
        fill(sandbox.looker.call, seed=1, dashboards=0, looks=1, folders=1, users=1)
        look = call_sandbox(sandbox, "GET", "/looks/search")[0]["id"]
        never = dict.fromkeys(("require_results", "require_no_results", "require_change"), False)
        ids: list[str] = []
        for number, place in enumerate(PLACES):
            body = {"name": f"S{number}", "look_id": look, "crontab": "0 5 * * *", **never}
            body |= {"scheduled_plan_destination": place}
            ids.append(call_sandbox(sandbox, "POST", "/scheduled_plans", body)["id"])
        backup = workdir.backup(sandbox, "looks", "scheduled_plans", "users", "folders")
        for id_, place in zip(ids, OTHERS, strict=True):
            body = {"scheduled_plan_destination": place}
            call_sandbox(sandbox, "PATCH", f"/scheduled_plans/{id_}", body)
        planned = workdir.plan(sandbox, backup, "--allow", "updates-share")
        assert planned.counts["update"] == len(ids)

        words = ("apply", planned.file, "--db-path", backup, "--json")
        out = workdir.run(sandbox, *words)

        assert json.loads(out.splitlines()[-1])["not_stored"] == []
        assert "SECRET" not in out
        assert workdir.plan(sandbox, backup).counts == {}
