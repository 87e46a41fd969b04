"""When two addresses name the same instance."""

import pytest

from lookervault_plan.content.instance_url import comparable_url, origin


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://Looker.Example.com/", "https://looker.example.com"),
        ("https://looker.example.com:443/api", "https://looker.example.com"),
        ("http://looker.example.com:80", "http://looker.example.com"),
        ("http://looker.example.com:443", "http://looker.example.com:443"),
        ("https://looker.example.com:19999", "https://looker.example.com:19999"),
        ("https://[::1]:8443/", "https://[::1]:8443"),
    ],
)
def test_scheme_host_and_port_identify_an_instance(url: str, expected: str):
    assert origin(url) == expected


@pytest.mark.parametrize(
    "text", ["", "looker", "ftp://looker", "https://", "https://looker:port", "https://[::1"]
)
def test_a_text_that_is_no_web_address_is_compared_as_it_is(text: str):
    assert origin(text) is None
    assert comparable_url(text) == text
