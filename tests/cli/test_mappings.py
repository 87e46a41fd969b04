"""`mappings`: looking at the ids in the state, and changing them."""

import io
import sys
from pathlib import Path

import pytest
import yaml

from lookervault_plan.state.rows import IdMapping
from lookervault_plan.state.store import open_state
from tests.cli.conftest import Run

DEV, PROD = "https://dev.example.com", "https://prod.example.com"
STAGE = "https://stage.example.com"
STATE = Path(".lookervault-plan/state.db")


def fill(*mappings: tuple[str, str, str], source: str = DEV, destination: str = PROD):
    with open_state(STATE) as state:
        state.import_mappings(
            source, destination, (IdMapping(*each) for each in mappings), at="2025-01-01T00:00:00Z"
        )


@pytest.fixture
def filled(away_from_home: Path):
    fill(("dashboard", "42", "142"), ("dashboard", "9", "109"), ("look", "7", "107"))


@pytest.mark.usefixtures("filled")
def test_list_shows_all_mappings_or_those_of_a_type(run: Run):
    everything, looks = run("mappings", "list", "--json"), run("mappings", "list", "looks")

    assert [(one["address"], one["destination_id"]) for one in everything.json] == [
        ("dashboard:42", "142"),
        ("dashboard:9", "109"),
        ("look:7", "107"),
    ]
    assert everything.json[0] == {
        "address": "dashboard:42",
        "type": "dashboard",
        "source_id": "42",
        "destination_id": "142",
        "source_instance": DEV,
        "destination_instance": PROD,
        "created_at": "2025-01-01T00:00:00Z",
        "session_id": None,
    }
    assert f"{DEV} -> {PROD}" in looks.out
    assert "look:7" in looks.out
    assert "dashboard" not in looks.out
    assert "1 mapping." in looks.out


def test_an_empty_state_has_none(run: Run):
    assert run("mappings", "list", "--json").json == []
    assert "No mappings." in run("mappings", "list").out
    assert not STATE.exists()


@pytest.mark.usefixtures("filled")
def test_get_prints_the_id_alone(run: Run):
    assert run("mappings", "get", "dashboards:42").out == "142\n"
    assert run("mappings", "get", "look:7", "--json").json["destination_id"] == "107"

    missing = run("mappings", "get", "look:8", "--json")
    assert missing.code == 1
    assert missing.error["code"] == "mappings.unknown"


@pytest.mark.usefixtures("filled")
def test_set_shows_the_earlier_value(run: Run):
    ran = run("mappings", "set", "dashboard:42", "200")

    assert ran.code == 0
    assert "dashboard:42 is 200" in ran.out
    assert "it was 142" in ran.out
    assert run("mappings", "get", "dashboard:42").out == "200\n"


def test_a_new_state_must_be_told_the_instances(run: Run):
    told = run("mappings", "set", "user:1", "2", "--json")
    assert told.error["code"] == "mappings.unknown-pair"

    where = ("--source-instance", f"{DEV}:443/", "--destination", PROD.upper().replace("S:", "s:"))
    assert run("mappings", "set", "user:1", "2", *where).code == 0

    (one,) = run("mappings", "list", "--json").json
    assert (one["source_instance"], one["destination_instance"]) == (DEV, PROD)


@pytest.mark.usefixtures("filled")
def test_of_several_pairs_one_must_be_named(run: Run):
    fill(("look", "7", "307"), destination=STAGE)

    several = run("mappings", "get", "look:7", "--json")
    assert several.error["code"] == "mappings.several-pairs"
    assert STAGE in several.error["detail"]

    assert run("mappings", "get", "look:7", "--destination", STAGE).out == "307\n"
    assert len(run("mappings", "list", "--json").json) == 4
    assert len(run("mappings", "list", "--destination", STAGE, "--json").json) == 1


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("set", "dashbord:42", "1"), "no content type dashbord"),
        (("set", "42", "1"), "42 is not an address"),
        (("set", "look:", "1"), "is not an ID"),
        (("set", "look:7", "1 2"), "is not an ID"),
        (("get", "query:7"), "no content type query"),
        (("remove",), "no mappings to remove were given"),
        (("list", "quries"), "no content type quries"),
    ],
)
def test_an_address_of_no_item_is_refused(run: Run, words, what):
    ran = run("mappings", *words, "--json")

    assert ran.code == 1
    assert what in f"{ran.error['summary']} {ran.error['detail']}"


@pytest.mark.usefixtures("filled")
def test_remove_takes_all_or_nothing(run: Run):
    wrong = run("mappings", "remove", "look:7", "look:8")
    assert wrong.code == 1
    assert run("mappings", "get", "look:7").code == 0

    ran = run("mappings", "remove", "look:7", "dashboard:9", "--json")
    assert ran.json == {"removed": 2}
    assert [one["address"] for one in run("mappings", "list", "--json").json] == ["dashboard:42"]


@pytest.mark.usefixtures("filled")
def test_clear_needs_consent(run: Run, monkeypatch: pytest.MonkeyPatch):
    assert run("mappings", "clear").code == 4

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal("no\n"))
    assert run("mappings", "clear").code == 4
    assert len(run("mappings", "list", "--json").json) == 3

    monkeypatch.setattr(sys, "stdin", Terminal("yes\n"))
    assert "Forgot 1 mapping." in run("mappings", "clear", "looks").out
    assert run("mappings", "clear", "--auto-approve", "--json").json == {"removed": 2}


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("format_", ["yaml", "json"])
def test_exported_mappings_can_be_imported_and_used_as_remaps(run: Run, format_):
    assert run("mappings", "export", "--format", format_, "-o", "remaps.yml").code == 0
    wanted = {"dashboard": {"42": "142", "9": "109"}, "look": {"7": "107"}}
    assert yaml.safe_load(Path("remaps.yml").read_text()) == wanted

    where = ("--source-instance", DEV, "--destination", STAGE)
    ran = run("mappings", "import", "remaps.yml", *where, "--json")

    assert ran.json == {"added": 3, "changed": 0, "unchanged": 0, "left_out": {}}
    exported = run("mappings", "export", "--json", "--destination", STAGE)
    assert exported.json == wanted


@pytest.mark.usefixtures("filled")
def test_import_changes_differing_mappings_and_names_lines_that_are_no_ids(run: Run):
    Path("remaps.yml").write_text(
        "dashboards: {42: 142, 9: 900}\nemails: {a@x: b@x}\nmodels: {dev: prod}\nuser: {1: 2}\n"
    )

    ran = run("mappings", "import", "remaps.yml")

    assert "Took over 2 mappings; 1 unchanged." in ran.out
    assert "Left out, since they are no ids: emails (1), models (1)" in ran.out
    assert run("mappings", "get", "dashboard:9").out == "900\n"


@pytest.mark.usefixtures("filled")
def test_a_malformed_file_changes_nothing(run: Run):
    Path("remaps.yml").write_text("look: {7: 8}\nlok: {}\n")

    ran = run("mappings", "import", "remaps.yml", "--json")

    assert ran.error["code"] == "remaps.malformed"
    assert ran.error["fix"] == "did you mean look?"
    assert run("mappings", "get", "look:7").out == "107\n"
    assert run("mappings", "import", "nowhere.yml", "--json").error["code"] == "remaps.unreadable"
