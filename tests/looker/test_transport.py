"""Proxies and certificates from the environment, and the time that imports take."""

import subprocess
import sys
from pathlib import Path

import pytest

from lookervault_plan.errors import PlanError
from lookervault_plan.looker.client import Client
from tests.looker.stub import Answer, Stub


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


def test_requests_is_not_imported_before_a_client_is_made():
    code = (
        "import sys, lookervault_plan.looker.client, lookervault_plan.looker.settings;"
        "assert 'looker_sdk' not in sys.modules and 'requests' not in sys.modules"
    )

    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)

    assert done.returncode == 0, done.stderr
