"""A sandbox in a process of its own; saved and loaded content."""

import msgspec
import pytest
import requests

from lookervault_plan.sandbox.faults import Fault, Faults
from lookervault_plan.sandbox.looker import Looker
from lookervault_plan.sandbox.server import Sandbox, SandboxProcess
from tests.sandbox.conftest import Client


def test_a_process_serves_and_is_steered_over_http(tmp_path):
    with SandboxProcess(seed=3, company="small") as sandbox:
        client = Client(sandbox)
        with client.session:
            assert len(client.ok("GET", "/dashboards/search")) == 12
            client.new("/dashboards")
            assert [request.path for request in sandbox.writes()] == ["/dashboards"]
            sandbox.clear_requests()
            assert sandbox.requests == []
            sandbox.set_faults(Faults(rules=[Fault(kind="error", status=500)]))
            assert client.reply("GET", "/user").status_code == 500
            sandbox.set_faults(Faults())
            assert client.ok("GET", "/user")
            sandbox.save(tmp_path / "saved.json")
            assert sandbox.overlaps == []
            dump = requests.get(f"{sandbox.url}/_sandbox/dump").json()
            assert dump["tables"]["dashboards"]
            assert requests.get(f"{sandbox.url}/_sandbox/none").status_code == 404
            assert requests.put(f"{sandbox.url}/_sandbox/faults", data="{").status_code == 400


@pytest.mark.parametrize("file", ["saved.json", "saved.msgpack"])
def test_an_instance_can_be_forked(tmp_path, file):
    original = Looker(seed=3)
    _, made = original.call("POST", "/dashboards", body={"title": "Forked", "folder_id": 1})
    original.save(tmp_path / file)

    with Sandbox(seed=4, load=tmp_path / file) as fork:
        client = Client(fork)
        with client.session:
            assert client.ok("GET", f"/dashboards/{made['id']}")["slug"] == made["slug"]
            assert client.ok("GET", "/folders/1")["dashboards"]
            assert int(client.new("/dashboards")) == int(made["id"]) + 1
    assert msgspec.to_builtins(fork.looker.world.lookml) == msgspec.to_builtins(
        original.world.lookml
    )
