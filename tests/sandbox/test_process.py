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


def test_a_thread_has_the_same_controls(fresh):
    control = f"{fresh.url}/_sandbox"
    fresh.looker.call("POST", "/dashboards", body={"title": "Dumped", "folder_id": "1"})

    assert requests.get(f"{control}/dump").json()["tables"]["dashboards"]
    assert requests.get(f"{control}/none").status_code == 404
    assert requests.put(f"{control}/faults", data='{"jitter_seconds": 0.001}').json()["rules"] == []
    assert fresh.faults.jitter_seconds == 0.001
    assert requests.put(f"{control}/faults", data='{"jitter": 1}').status_code == 400
    assert requests.post(f"{control}/save", data='{"path": "/nowhere/x"}').status_code == 400
    assert requests.delete(f"{control}/requests").status_code == 200
    assert requests.get(f"{fresh.url}/api/3.1/user").status_code == 401


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
    assert msgspec.to_builtins(fork.looker.instance.lookml) == msgspec.to_builtins(
        original.instance.lookml
    )


def test_the_behaviour_can_be_changed_and_read_over_http():
    with Sandbox(seed=3) as sandbox:
        url = f"{sandbox.url}/_sandbox/behaviour"

        changed = requests.put(url, json={"owner_by_patch": "ignored"}, timeout=5)
        found = requests.get(url, timeout=5).json()

        assert changed.status_code == 200
        assert found["owner_by_patch"] == "ignored"
        assert found["trash_keeps_titles"] is False
        assert sandbox.looker.instance.behaviour.owner_by_patch == "ignored"
        assert requests.put(url, json={"owner_by_patch": "odd"}, timeout=5).status_code == 400
