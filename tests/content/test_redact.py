"""What is hidden, and what is not."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookervault_plan.content.redact import scrub, scrub_texts, scrubbed, without_secrets

HOOK = "https://hooks.example.com/T0"
SENT = {
    "name": "Nightly",
    "destinations": [
        {"type": "webhook", "address": HOOK, "parameters": f'{{"to": "{HOOK}"}}'},
        {"type": "email", "address": "team@example.com", "parameters": '{"a": 1}'},
        {"type": "s3", "address": "s3://bucket", "secret_parameters": '{"key": "T1"}'},
        {"destination_type": "ACTION_HUB", "action_hub_form_params_json": '{"key": "T2"}'},
    ],
    "token": "",
}


def test_credentials_are_hidden_and_other_values_are_not():
    assert without_secrets(SENT) == {
        "name": "Nightly",
        "destinations": [
            {"type": "webhook", "address": "(sensitive)", "parameters": '{"to":"(sensitive)"}'},
            {"type": "email", "address": "team@example.com", "parameters": '{"a": 1}'},
            {"type": "s3", "address": "(sensitive)", "secret_parameters": "(sensitive)"},
            {"destination_type": "ACTION_HUB", "action_hub_form_params_json": "(sensitive)"},
        ],
        "token": "",
    }


def test_an_error_that_quotes_a_secret_is_scrubbed():
    text = f'address {HOOK} is wrong, so is {{"key": "T2"}}; team@example.com is not'

    assert scrubbed(text, SENT) == (
        "address (sensitive) is wrong, so is (sensitive); team@example.com is not"
    )


def test_a_secret_that_is_part_of_another_hides_no_less_of_it():
    sent = {"token": "abc", "password": "abc-and-more", "api_key": "abc-and"}

    assert scrubbed("it was abc-and-more, abc-and and abc", sent) == (
        "it was (sensitive), (sensitive) and (sensitive)"
    )


def test_everything_below_a_secret_key_is_hidden_wherever_it_is_quoted():
    sent = {
        "credentials": {"user": "ann", "keys": ["k1", {"pem": "k2"}]},
        "items": [{"token": "k3"}],
    }

    assert scrubbed("ann k1 k2 k3", sent) == " ".join(["(sensitive)"] * 4)


def test_addresses_in_lists_and_numbers_under_secret_keys_are_hidden():
    sent = {"address": ["ann@x.example", "https://hook/T0"], "api_key": 12345}

    assert without_secrets(sent) == {
        "address": ["ann@x.example", "(sensitive)"],
        "api_key": "(sensitive)",
    }
    assert scrubbed("key 12345", sent) == "key (sensitive)"


# --- secrets of every kind, anywhere ------------------------------------------------------------

ORDINARY_KEYS = ("title", "map", "series_labels", "type", "url", "message", "note", "0")
ORDINARY = st.sampled_from(
    (
        "Sales per region",
        "ann@example.com",
        "Ask Ann <ann@example.com>, or bob@example.com",
        "Password: ask Ann. The token is in her desk.",
        "https://example.com/dashboards/42?Region=EU&email=ann@example.com",
        "https://example.com:9999/x?to=ann@example.com",
        "{{ _user_attributes['region'] }} = 'EU'",
        "<p class='api'>Sold = 3</p>",
        '{"type": "looker_line"}',
        "see https://example.com/webhooks and https://example.com/hooks",
    )
)
KEYS = st.sampled_from(
    (
        *("api key", "password", "token", "secret", "mapbox token", "client secret", "passphrase"),
        *("access key id", "secret access key", "private key", "webhook url", "credentials"),
        *("sftp password", "aws access key", "my auth", "user pwd", "hub params json"),
    )
)
SPELLINGS: tuple[Callable[[str], str], ...] = (
    lambda words: words.replace(" ", "_"),
    lambda words: words.replace(" ", "-").upper(),
    lambda words: words.replace(" ", "."),
    lambda words: words.title().replace(" ", ""),
    lambda words: words[0] + words.title().replace(" ", "")[1:],
    lambda words: words,
)
SECRETS = st.text("abcdef0123456789", min_size=8, max_size=12).map(lambda text: f"zq9{text}")


def spelled(words: str, spelling: int) -> str:
    return SPELLINGS[spelling](words)


secret_keys = st.builds(spelled, KEYS, st.integers(0, len(SPELLINGS) - 1))


@st.composite
def planted(draw: st.DrawFn, secret: str) -> Any:
    """Draw JSON that holds the secret, in one of the ways that a reader can know it for one."""
    kind = draw(st.integers(0, 5))
    address = draw(st.sampled_from(("https://hooks.example.com/", "hooks.example.com/s/", "s3://")))
    value: Any = (
        {draw(secret_keys): secret},
        {draw(secret_keys): {"a": ["b", secret]}},
        {"type": "webhook", draw(st.sampled_from(("address", "hub_Address"))): address + secret},
        f"copy to sftp://joe:{secret}@example.com/x or //{secret}@example.com",
        {"name": draw(secret_keys), "value": secret},
        f"POST https://hooks.example.com/services/{secret}",
    )[kind]
    for _ in range(draw(st.integers(0, 5))):
        beside = draw(ORDINARY)
        key = draw(st.sampled_from(ORDINARY_KEYS))
        value = draw(
            st.sampled_from(
                (
                    {"a": beside, key: value},
                    [beside, value, None],
                    {"parameters": json.dumps(value)},
                    {key: json.dumps({"x": 1, "y": value}, indent=1)},
                )
            )
        )
    return value


#: Texts of these are what patterns stumble over.
PIECES = (
    *("password", "api_key", "address", "name", "token ", "x", " ", "\n", "hooks.e.com/", "?key="),
    *('"', "'", "\\", "=", "=>", ":", "//", "@", "{", "[", "}", "]", "{}", "(sensitive)"),
)

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**62), 2**62)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.lists(
        st.sampled_from(PIECES),
        max_size=14,
    ).map("".join),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(secret_keys | st.sampled_from(("address", "parameters", "x")), inner)
        | inner.map(json.dumps)
    ),
    max_leaves=12,
)


@given(st.data(), SECRETS)
def test_no_planted_secret_is_left(data: st.DataObject, secret: str):
    value = data.draw(planted(secret))

    assert secret in json.dumps(value)
    assert secret not in json.dumps(without_secrets(value))


@given(st.data(), SECRETS, st.sampled_from(("{}", "x {} y", "'{}'", '{{"message": "{}"}}')))
def test_no_error_text_quotes_a_secret_of_its_request(
    data: st.DataObject, secret: str, quoting: str
):
    sent = data.draw(planted(secret))
    whole = json.dumps(sent)
    cut = whole[data.draw(st.integers(0, len(whole))) :]

    for quoted in (secret, whole, cut, json.dumps(whole), quote(whole), str(sent)):
        assert secret not in scrubbed(quoting.format(quoted), sent)


@given(anything)
def test_any_json_is_taken_and_what_is_clean_stays(value: Any):
    clean = without_secrets(value)

    assert without_secrets(clean) == clean
    assert json.dumps(clean)


@given(anything)
def test_a_scrubbed_text_stays(value: Any):
    text = value if isinstance(value, str) else json.dumps(value)

    assert scrub(scrub(text)) == scrub(text)


@given(
    st.recursive(
        ORDINARY | st.none() | st.integers(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from((*ORDINARY_KEYS, "sort_key", "is_hidden")), inner)
            | st.fixed_dictionaries({"address": st.just("ann@example.com, bob@example.com")})
        ),
        max_leaves=8,
    )
)
def test_emails_and_ordinary_texts_stay(value: Any):
    assert without_secrets(value) == value
    assert scrub_texts(value) == value


def test_json_of_any_depth_is_taken():
    deep: Any = "x"
    for _ in range(5000):
        deep = {"a": [deep]}

    assert without_secrets(deep) == "(sensitive)"
    assert scrub('{"a":' * 5000)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"password": "hunter2", "cut', '{"password": "(sensitive)", "cut'),
        ('{\\"secret\\":\\"a\\\\\\"b\\"} is bad', '{\\"secret\\":\\"(sensitive)\\"} is bad'),
        (':password=>"hunter2", :a=>1', ':password=>"(sensitive)", :a=>1'),
        (
            "https://x.com/?token=abc&a=1&key=def",
            "https://x.com/?token=(sensitive)&a=1&key=(sensitive)",
        ),
        ("sftp://joe:p@ss/w:rd@x.com/a", "sftp://(sensitive)@x.com/a"),
        ("sftp:\\/\\/joe:pass@x.com", "sftp:\\/\\/(sensitive)@x.com"),
        ('"address": "hook.example.com"', '"address": "(sensitive)"'),
        ('"address": "a@example.com"', '"address": "a@example.com"'),
        ('{"password":"hunter2","password":""}', '{"password":"(sensitive)","password":""}'),
        ("-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----.", "(sensitive)."),
    ],
)
def test_secrets_in_texts_that_are_no_json(text: str, shown: str):
    assert scrub(text) == shown


def test_a_text_that_each_pass_still_changes_is_hidden_whole(monkeypatch: pytest.MonkeyPatch):
    text = f"password=hunter22 {'x' * 300}"
    assert scrub(text).startswith("password=(sensitive) x")

    monkeypatch.setattr("lookervault_plan.content.redact._PASSES", 1)

    assert scrub(text) == "(sensitive)"
