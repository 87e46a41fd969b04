"""What is hidden, and what is not."""

from lookervault_plan.content.redact import scrubbed, without_secrets

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
