"""Which instance, which key, and what is said when that is unclear."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from looker_sdk.rtl.api_settings import ApiSettings

from lookervault_plan.errors import PlanError
from lookervault_plan.looker.settings import Connection, _from_file, resolve, server_url

SDK = {
    "LOOKERSDK_BASE_URL": "https://env.example",
    "LOOKERSDK_CLIENT_ID": "env-id",
    "LOOKERSDK_CLIENT_SECRET": "env-secret",
}
VAULT = {
    "LOOKERVAULT_API_URL": "https://vault.example/",
    "LOOKERVAULT_CLIENT_ID": "vault-id",
    "LOOKERVAULT_CLIENT_SECRET": "vault-secret",
}
INI = """
[Looker]
base_url=https://one.example:19999
client_id=one-id
client_secret="one-secret"
verify_ssl=true
[other]
base_url=https://two.example/api/4.0/
client_id=two-id
client_secret=two%%secret
verify_ssl=false
timeout=30
"""

COMPLETE = "base_url=https://x.example\nclient_id=x\nclient_secret=x\n"


@pytest.fixture
def ini(tmp_path: Path) -> Path:
    file = tmp_path / "looker.ini"
    _ = file.write_text(INI)
    return file


def refused(**options: object) -> str:
    """All that a person gets to see."""
    with pytest.raises(PlanError) as caught:
        _ = resolve(**options)  # pyright: ignore[reportArgumentType]
    told = caught.value.diagnostic
    assert told.code in ("looker.settings", "looker.url")
    assert told.fix
    text = f"{told.summary} | {told.detail} | {told.fix}"
    assert "secret" not in text.replace("client_secret", "").replace("CLIENT_SECRET", "").lower()
    return text


def test_variables_are_enough(tmp_path: Path):
    connection = resolve(
        SDK | {"LOOKERSDK_VERIFY_SSL": "false", "LOOKERSDK_TIMEOUT": "7"}, directory=tmp_path
    )

    assert connection == Connection(
        base_url="https://env.example",
        client_id="env-id",
        client_secret="env-secret",
        verify_ssl=False,
        timeout=7,
        origin="the LOOKERSDK_* variables",
    )


def test_lookervault_s_variables_serve_where_the_sdk_s_are_not_set(tmp_path: Path):
    fallback = resolve(VAULT | {"LOOKERSDK_TIMEOUT": "9"}, directory=tmp_path)
    both = resolve(VAULT | SDK, directory=tmp_path)

    assert (fallback.base_url, fallback.client_id) == ("https://vault.example", "vault-id")
    assert fallback.timeout == 9
    assert "LOOKERVAULT_*" in fallback.origin
    assert both.base_url == "https://env.example"


def test_variables_of_two_instances_are_not_mixed(tmp_path: Path):
    told = refused(
        environ={"LOOKERSDK_BASE_URL": "https://env.example"} | VAULT, directory=tmp_path
    )

    assert "LOOKERSDK_CLIENT_ID and LOOKERSDK_CLIENT_SECRET" in told
    assert "LOOKERVAULT_CLIENT_ID" in refused(
        environ={"LOOKERVAULT_API_URL": "https://x.example"}, directory=tmp_path
    )


def test_a_file_is_read_as_the_sdk_reads_it(ini: Path):
    first = resolve({}, config_file=ini)
    other = resolve({}, config_file=ini, section="other")

    assert (first.base_url, first.client_id, first.client_secret) == (
        "https://one.example:19999",
        "one-id",
        "one-secret",
    )
    assert first.origin == str(ini)
    assert (other.base_url, other.client_secret) == ("https://two.example", "two%secret")
    assert (other.verify_ssl, other.timeout) == (False, 30)
    assert "section other" in other.origin


def test_an_option_outranks_variables(ini: Path):
    assert resolve(SDK | VAULT, config_file=ini).client_id == "one-id"
    assert resolve(SDK, section="other", directory=ini.parent).client_id == "two-id"


def test_variables_complete_a_file_that_names_no_other_instance(ini: Path, tmp_path: Path):
    _ = ini.write_text("[a]\nbase_url=https://env.example/\n")
    nothing = tmp_path / "empty.ini"
    _ = nothing.write_text("[a]\n")

    completed = resolve(SDK, config_file=ini)

    assert completed.client_secret == "env-secret"
    assert "LOOKERSDK_* variables" in completed.origin
    assert resolve(SDK, config_file=nothing).base_url == "https://env.example"


def test_a_key_is_never_sent_to_the_instance_of_another(ini: Path):
    _ = ini.write_text("[a]\nbase_url=https://one.example\nclient_id=x\n")

    assert "different instances" in refused(environ=SDK, config_file=ini)


def test_a_file_in_the_current_directory_is_the_last_resort_and_is_named(ini: Path):
    connection = resolve({"LOOKERSDK_TIMEOUT": "9"}, directory=ini.parent)

    assert connection.client_id == "one-id"
    assert connection.timeout == 9
    assert connection.origin == "looker.ini in the current directory"
    assert resolve(SDK, directory=ini.parent).client_id == "env-id"
    assert resolve(VAULT, directory=ini.parent).client_id == "vault-id"


def test_a_file_beside_incomplete_variables_is_mentioned_and_not_used(ini: Path):
    told = refused(environ={"LOOKERSDK_CLIENT_ID": "x"}, directory=ini.parent)

    assert "LOOKERSDK_BASE_URL" in told
    assert f"--config-file {ini}" in told


def test_nothing_at_all(tmp_path: Path):
    assert "LOOKERSDK_BASE_URL" in refused(environ={"PATH": "/bin"}, directory=tmp_path)
    assert "LOOKERSDK_BASE_URL" in refused(environ={"LOOKERSDK_BASE_URL": " "}, directory=tmp_path)


def test_a_missing_file_and_a_missing_section(ini: Path, tmp_path: Path):
    assert "does not exist" in refused(environ={}, config_file=tmp_path / "none.ini")
    assert "looker.ini does not exist" in refused(
        environ=SDK, section="x", directory=tmp_path / "elsewhere"
    )
    told = refused(environ={}, config_file=ini, section="third")
    assert "[third]" in told
    assert "[Looker], [other]" in told


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("client_secret=my-secret\n", "line 1"),
        ("[a]\nmy-secret\n", "line 2"),
        ("[a]\nclient_secret=my%secret\n", "client_secret"),
        ("[a]\nclient_id=1\nclient_id=2\n", "client_id stands twice in [a]"),
        ("[a]\n[a]\n", "[a] stands there twice"),
        ("[a]\nbase_url=https://x.example\n", "no client_id"),
        ("[a]\nbase_url=\nclient_id=''\nclient_secret=x", "no base_url and no client_id"),
        (f"[a]\n{COMPLETE}timeout=soon\n", "timeout"),
        (f"[a]\n{COMPLETE}verify_ssl=maybe\n", "verify_ssl"),
    ],
)
def test_a_malformed_file_is_told_without_quoting_it(ini: Path, text: str, words: str):
    _ = ini.write_text(text)

    assert words in refused(environ={}, config_file=ini)


@given(
    st.dictionaries(
        st.sampled_from(["base_url", "client_id", "client_secret", "x"]),
        st.text(st.sampled_from("ab1 '\"=:;#/$"), max_size=8),
        min_size=1,
    )
)
def test_values_are_those_that_the_sdk_would_read(values: dict[str, str]):
    with TemporaryDirectory() as directory:
        file = Path(directory) / "some.ini"
        lines = [f"{name} = {value}" for name, value in values.items()]
        _ = file.write_text("\n".join(["[first]", *lines, "[second]", "client_id = no"]))
        theirs = ApiSettings(filename=str(file)).read_config()

        # Of a lone quotation mark the SDK makes an empty value, which is none to us.
        assert _from_file(file, None) == {name: value for name, value in theirs.items() if value}


def test_a_file_that_is_no_text(ini: Path):
    _ = ini.write_bytes(b"[a]\n\xff\xfe")

    assert "UTF-8" in refused(environ={}, config_file=ini)
    assert "does not exist" in refused(environ={}, config_file=ini.parent)


@pytest.mark.parametrize(
    ("name", "value"),
    [("VERIFY_SSL", "maybe"), ("TIMEOUT", "soon"), ("TIMEOUT", "0"), ("TIMEOUT", "-1")],
)
def test_malformed_variables(tmp_path: Path, name: str, value: str):
    told = refused(environ=SDK | {f"LOOKERSDK_{name}": value}, directory=tmp_path)

    assert name.lower() in told


@pytest.mark.parametrize(
    "url",
    [
        "https://looker.example:19999",
        "https://looker.example:19999/",
        " https://looker.example:19999/api/4.0 ",
        "https://looker.example:19999/api/4.0/",
        "https://LOOKER.example:19999/api",
        "HTTPS://looker.example:19999//",
    ],
)
def test_a_base_url_may_be_written_in_several_ways(url: str):
    assert server_url(url) == "https://looker.example:19999"


def test_other_hosts():
    assert server_url("http://localhost:8080") == "http://localhost:8080"
    assert server_url("http://[::1]:8080/") == "http://[::1]:8080"
    assert server_url("https://10.0.0.1") == "https://10.0.0.1"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "looker.example",
        "looker.example:19999",
        "ftp://looker.example",
        "https://",
        "https://looker example",
        "https://looker.example:many",
        "https://looker.example/dashboards/1",
        "https://looker.example?x=1",
        "https://id:my-secret@looker.example",
        "https://[::1",
    ],
)
def test_a_malformed_base_url_is_refused(url: str, tmp_path: Path):
    environ = SDK | {"LOOKERSDK_BASE_URL": url or "x"}

    assert "malformed" in refused(environ=environ, directory=tmp_path)


@given(st.text())
def test_any_text_is_a_url_or_is_refused(text: str):
    try:
        url = server_url(text)
    except PlanError:
        return
    assert server_url(url) == url


def test_the_key_is_not_in_what_is_printed():
    connection = resolve(SDK)
    shown = f"{connection!r} {connection} {list(connection.__rich_repr__())}"

    assert "env-secret" not in shown
    assert "env-id" not in shown
    assert "https://env.example" in shown
