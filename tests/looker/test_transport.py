"""What we rely on in looker-sdk beyond its documentation, and what the session is asked for."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest
from looker_sdk.rtl import (
    api_methods,
    api_settings,
    auth_session,
    auth_token,
    requests_transport,
    serialize,
    transport,
)

from lookervault_plan.errors import PlanError
from lookervault_plan.looker.client import ApiError, Client
from lookervault_plan.looker.transport import FixedSettings, LockedAuth, StatusTransport
from tests.looker.stub import Answer, Stub, not_found


def test_the_names_of_the_sdk_that_we_build_on():
    assert list(inspect.signature(auth_session.AuthSession.__init__).parameters) == [
        "self",
        "settings",
        "transport",
        "deserialize",
        "api_version",
    ]
    assert list(inspect.signature(auth_session.AuthSession._login).parameters) == [
        "self",
        "transport_options",
    ]
    assert list(inspect.signature(auth_session.AuthSession._get_token).parameters) == [
        "self",
        "transport_options",
    ]
    assert list(inspect.signature(requests_transport.RequestsTransport.request).parameters) == [
        "self",
        "method",
        "path",
        "query_params",
        "body",
        "authenticator",
        "transport_options",
    ]
    assert auth_token.AuthToken().lag_time == 10
    assert {"filename", "section", "sdk_version", "env_prefix"} <= set(
        inspect.signature(api_settings.ApiSettings.__init__).parameters
    )
    assert transport.Response(True, b"", transport.ResponseMode.STRING).ok
    assert "access_token" in inspect.signature(auth_token.AccessToken.__init__).parameters


def test_the_sdk_s_own_methods_work_through_our_transport():
    """Should anyone need a method of the SDK: same session, same login, our errors."""
    with Stub(lambda _: Answer({"id": "7"})) as stub:
        connection = stub.connection()
        settings = FixedSettings(connection, "test")
        ours = StatusTransport(settings, connection, workers=2)
        auth = LockedAuth(settings, ours, connection, on_login=lambda: None)
        sdk = api_methods.APIMethods(
            auth,
            serialize.deserialize40,  # pyright: ignore[reportArgumentType]
            serialize.serialize40,  # pyright: ignore[reportArgumentType]
            ours,
            "4.0",
        )
        for _ in range(2):
            assert sdk.get("/user", str, query_params={"fields": "id"}) == '{"id": "7"}'
        stub.answer = not_found
        with pytest.raises(ApiError) as caught:
            _ = sdk.post("/looks", str, body={"title": "x"})
        ours.close()

    assert stub.logins == 1
    assert [request.path for request in stub.requests] == ["/user", "/user", "/looks"]
    assert stub.requests[0].query == {"fields": "id"}
    assert caught.value.status == 404
    assert caught.value.path == "/looks"


def test_the_environment_s_proxy_is_used_once_it_is_known(monkeypatch: pytest.MonkeyPatch):
    with Stub(lambda _: Answer({"id": "1"})) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "")
        connection = proxy.connection(base_url="http://looker.example:9")
        with Client(connection) as client:
            monkeypatch.delenv("http_proxy")
            _ = client.request("GET", "/user")

    # A proxy for plain http is given the whole URL, which the stub takes apart.
    assert proxy.logins == 1
    assert proxy.requests[0].path == "/user"
    assert proxy.requests[0].headers["host"] == "looker.example:9"


def test_no_proxy_is_obeyed(monkeypatch: pytest.MonkeyPatch):
    with Stub(lambda _: Answer({"id": "1"})) as stub:
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        with Client(stub.connection()) as client:
            assert client.me() == {"id": "1"}


def test_certificates_that_are_not_there_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
    with Stub() as stub, pytest.raises(PlanError) as caught:
        _ = Client(stub.connection(base_url="https://looker.example"))

    assert caught.value.diagnostic.code == "looker.tls"
    assert "none.pem" in caught.value.diagnostic.detail


def test_looker_sdk_is_not_imported_before_a_client_is_made():
    code = (
        "import sys, lookervault_plan.looker.client, lookervault_plan.looker.settings;"
        "assert 'looker_sdk' not in sys.modules and 'requests' not in sys.modules"
    )

    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)

    assert done.returncode == 0, done.stderr
