"""What a body may hold, and parameters."""

import pytest

from lookervault_plan.sandbox import bodies
from lookervault_plan.sandbox.refusals import RefusedError

DASHBOARD = {"title": "Bodies", "folder_id": "1"}


@pytest.mark.parametrize(
    ("extra", "error"),
    [
        ({"colour": "red"}, ("colour", "unknown")),
        ({"id": "3"}, ("id", "read_only")),
        ({"dashboard_elements": []}, ("dashboard_elements", "read_only")),
        ({"hidden": "yes"}, ("hidden", "invalid")),
        ({"title": 3}, ("title", "invalid")),
        ({"appearance": {"tile_shadow": 1}}, ("appearance.tile_shadow", "invalid")),
        ({"appearance": {"shadow": True}}, ("appearance.shadow", "unknown")),
        (
            {"certification_metadata": {"certification_status": "fine"}},
            ("certification_metadata.certification_status", "invalid"),
        ),
        ({"title": None}, ("title", "missing_field")),
        ({"user_id": {}}, ("user_id", "invalid")),
        ({"appearance": []}, ("appearance", "invalid")),
    ],
)
def test_each_wrong_field_is_named(api, extra, error):
    assert api.no("POST", "/dashboards", DASHBOARD | extra) == (422, [error])


def test_all_errors_are_given_at_once(api):
    status, errors = api.no("POST", "/dashboards", {"title": "x", "hidden": 1, "x": 1})

    assert status == 422
    assert {code for _, code in errors} == {"invalid", "unknown", "missing_field"}


def test_ids_are_taken_as_numbers_and_given_as_strings(api):
    made = api.ok("POST", "/dashboards", {"title": "By number", "folder_id": 1})

    assert made["folder_id"] == "1"
    assert isinstance(made["id"], str)


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "text/plain"])
def test_json_must_be_called_json(api, sandbox, content_type):
    url, headers = f"{sandbox.url}/api/4.0/dashboards", {"Content-Type": content_type}

    assert api.session.post(url, data=b"{}", headers=headers).status_code == 400
    # looker-sdk names no type at all (looker-api.md 1.7).
    assert api.session.post(url, data=b'{"title": "Typeless"}').status_code == 422


@pytest.mark.parametrize("raw", [b"", b"{", b"title=x"])
def test_a_body_is_needed_and_must_be_json(api, sandbox, raw):
    reply = api.session.post(f"{sandbox.url}/api/4.0/dashboards", data=raw)

    assert reply.status_code == 400


def test_unknown_parameters_and_operations_are_refused(api):
    assert api.no("GET", "/dashboards/search", colour="red") == 400
    assert api.no("GET", "/roles/2", fields="id") == 400
    assert api.no("GET", "/nothing") == 404
    assert api.no("POST", "/dashboard_layout_components", {"row": 1}) == 404
    assert api.no("PUT", "/dashboards/1", {}) == 404


def test_without_strictness_wrong_fields_are_dropped_as_looker_does(fresh):
    fresh.looker.instance.strict = False

    status, made = fresh.looker.call("POST", "/dashboards", body=DASHBOARD | {"id": 3, "x": 1})

    assert status == 200
    assert made["id"] != "3"


FLAGS = [
    (model, flag)
    for model, found in bodies.models().items()
    for flag in bodies.writable(model)
    if found.fields[flag] == "boolean" and flag not in bodies.NULLABLE_FLAGS.get(model, ())
]


@pytest.mark.parametrize(("model", "flag"), FLAGS)
def test_boolean_fields_refuse_null(model, flag):
    with pytest.raises(RefusedError) as refusal:
        bodies.check(model, {flag: None})

    assert (flag, "invalid") in [(one["field"], one["code"]) for one in refusal.value.errors or ()]


def test_creates_and_updates_refuse_null_for_a_boolean(api):
    made = api.new("/dashboards")

    refused = (422, [("hidden", "invalid")])
    assert api.no("POST", "/dashboards", DASHBOARD | {"hidden": None}) == refused
    assert api.no("PATCH", f"/dashboards/{made}", {"hidden": None}) == refused
    refused = (422, [("appearance.tile_shadow", "invalid")])
    body = {"appearance": {"tile_shadow": None}}
    assert api.no("PATCH", f"/dashboards/{made}", body) == refused
