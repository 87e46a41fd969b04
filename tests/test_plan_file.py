"""The plan as a file: deterministic, one action a line, safe against edits and cuts."""

import hashlib
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookervault_plan import plan_file
from lookervault_plan.errors import Exit, PlanError, Refused
from tests.builders import a_plan, an_action


def test_a_plan_survives_the_file():
    plan = plan_file.with_id(a_plan(actions=(an_action(),)))

    assert plan_file.decode(plan_file.encode(plan)) == plan


def test_there_is_one_action_a_line():
    actions = tuple(an_action(address=f"look:{n}") for n in range(3))
    lines = plan_file.encode(a_plan(actions=actions)).decode().splitlines()

    assert [line for line in lines if '"address":"look:' in line and line.startswith("    {")]
    assert sum('"address":"look:' in line for line in lines) == 3


def test_two_plans_of_the_same_inputs_differ_in_time_and_id_only():
    one, other = (
        json.loads(plan_file.encode(a_plan(created_at=at)))
        for at in ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z")
    )

    assert {key for key in one if one[key] != other[key]} == {"created_at", "plan_id"}


@pytest.mark.parametrize(
    ("edit", "code", "exit_code"),
    [
        (lambda data: data[: len(data) // 2], "plan.malformed", Exit.ERROR),
        (lambda _: b"", "plan.malformed", Exit.ERROR),
        (lambda _: b"\x00\xff", "plan.malformed", Exit.ERROR),
        (lambda _: b"[]", "plan.malformed", Exit.ERROR),
        (lambda _: b"{}", "plan.malformed", Exit.ERROR),
        (lambda data: data.replace(b"Orders", b"Ordres"), "plan.edited", Exit.REFUSED),
        (lambda data: data.replace(b'"1.0"', b'"2.0"'), "plan.format", Exit.REFUSED),
    ],
    ids=["cut", "empty", "binary", "a list", "an object", "edited", "newer format"],
)
def test_a_file_that_is_no_longer_the_plan_is_refused(edit, code, exit_code):
    data = plan_file.encode(a_plan(actions=(an_action(name="Orders"),)))

    with pytest.raises(PlanError) as caught:
        plan_file.decode(edit(data))

    assert caught.value.diagnostic.code == code
    assert caught.value.exit_code == exit_code


def test_keys_of_a_newer_minor_version_are_ignored_and_still_signed():
    document = json.loads(plan_file.encode(a_plan()))
    document |= {"format_version": "1.7", "novelty": {"a": 1}}
    document["plan_id"] = plan_file.plan_id_of(document)

    assert plan_file.decode(json.dumps(document).encode()).format_version == "1.7"

    document["novelty"] = {"a": 2}
    with pytest.raises(PlanError):
        plan_file.decode(json.dumps(document).encode())


def test_the_id_is_what_anybody_can_compute():
    document = json.loads(plan_file.encode(a_plan(actions=(an_action(name="Ünï 🚀"),))))
    plan_id = document.pop("plan_id")
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    assert hashlib.sha256(text.encode()).hexdigest() == plan_id


@given(st.text(), st.text(max_size=9))
def test_any_name_survives(name, reason):
    actions = (
        an_action(name=name),
        an_action("blocked", "dashboard:43", name=name, reason=reason),
    )
    plan = plan_file.with_id(a_plan(actions=actions))

    assert plan_file.decode(plan_file.encode(plan)) == plan


def test_the_schema_describes_the_file():
    schema = msgspec.json.decode(msgspec.json.encode(plan_file.schema()))

    for name in ("Create", "Update", "Skip", "Delete", "Blocked"):
        assert schema["$defs"][name]["properties"]["action"] == {"enum": [name.lower()]}


def test_every_action_shows_every_key_in_one_order():
    verbs: tuple[plan_file.Verb, ...] = ("create", "update", "skip", "delete", "blocked")
    plan = a_plan(actions=tuple(an_action(verb, f"look:{verb}") for verb in verbs))

    written = json.loads(plan_file.encode(plan))["actions"]

    assert len({tuple(action) for action in written}) == 1
    assert len(written[0]) == 19


def test_an_action_that_this_version_does_not_know_is_refused():
    document = json.loads(plan_file.encode(a_plan(actions=(an_action(),))))
    document["actions"][0]["action"] = "adopt"
    document["plan_id"] = plan_file.plan_id_of(document)

    with pytest.raises(PlanError) as caught:
        plan_file.decode(json.dumps(document).encode())

    assert caught.value.diagnostic.code == "plan.malformed"


def test_a_plan_whose_digests_compare_otherwise_is_refused():
    plan = a_plan()
    older = msgspec.structs.replace(plan, normal_form_version=plan.normal_form_version - 1)

    plan_file.check_normal_form(plan)
    with pytest.raises(PlanError, match="this program compares version") as refused:
        plan_file.check_normal_form(older)

    assert refused.value.exit_code is Exit.REFUSED


def forged(**changes: object) -> bytes:
    """A plan file with changes, whose id fits them."""
    document = json.loads(
        plan_file.encode(a_plan(actions=(an_action(), an_action("skip", "look:1"))))
    )
    document |= changes
    return json.dumps(document | {"plan_id": plan_file.plan_id_of(document)}).encode()


def one(**changes: object) -> dict[str, object]:
    actions = json.loads(plan_file.encode(a_plan(actions=(an_action(),))))["actions"]
    return actions[0] | changes


@pytest.mark.parametrize(
    ("actions", "why"),
    [
        ([one(), one()], "dashboard:42 has two actions"),
        ([one(address="nonsense")], "nonsense is not an address of a dashboard"),
        ([one(type="widget", address="widget:1")], "widget:1 is not an address"),
        ([one(type="look")], "dashboard:42 is not an address of a look"),
        ([one(parts={"gizmos": {"create": [{"key": "1"}]}})], "dashboard:42 has no gizmos"),
        ([one(parts={"elements": {"delete": [{"live_id": "../1"}]}})], "live id that is none"),
        ([one(depends_on=["dashboard:42"])], "dashboard:42 wait for each other"),
        (
            [
                one(depends_on=["look:1"]),
                one(address="look:1", type="look", depends_on=["dashboard:42"]),
            ],
            "dashboard:42, look:1 wait for each other",
        ),
    ],
)
def test_a_plan_that_no_planner_makes_is_refused_though_its_id_fits(actions: list, why: str):
    with pytest.raises(Refused, match="not as lookervault-plan writes plans") as caught:
        plan_file.decode(forged(actions=actions))

    assert why in str(caught.value)


def test_a_remap_to_what_is_no_id_is_refused():
    remap = {"type": "folder", "source_id": "1", "destination_id": "..", "matched_by": "id"}
    with pytest.raises(Refused, match="mapped to what is no id"):
        plan_file.decode(forged(remaps=[remap | {"name": "", "new": False}]))


def test_waiting_for_an_action_before_it_is_fine():
    later = one(address="look:1", type="look", depends_on=["dashboard:42", "folder:9"])

    assert len(plan_file.decode(forged(actions=[one(), later])).actions) == 2


def test_a_repeated_key_is_refused_though_the_id_fits():
    data = plan_file.encode(a_plan()).replace(b"{", b'{"format_version": "1.0",', 1)

    with pytest.raises(Refused, match="format_version' stands twice"):
        plan_file.decode(data)


def test_a_byte_order_mark_is_taken():
    data = plan_file.encode(a_plan())

    assert plan_file.decode(b"\xef\xbb\xbf" + data) == plan_file.decode(data)


@pytest.mark.parametrize(
    "data",
    [
        b'{"actions":' + b"[" * 99_999,
        b'{"format_version":"1.0","a":' + b"[" * 9999 + b"]" * 9999 + b"}",
        b'{"format_version":"1.0","actions":[' + b"[" * 9999 + b"]" * 9999 + b"]}",
    ],
)
def test_a_plan_nested_without_end_is_refused_in_one_line(data: bytes):
    with pytest.raises(PlanError, match=r"is no plan file|not a complete plan"):
        plan_file.decode(data)
