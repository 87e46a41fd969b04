"""Hide secrets in what is shown or stored: credentials, one-time links, webhook addresses."""

import re
from collections.abc import Iterator, Mapping

from lookervault_plan.content.json_path import texts_in
from lookervault_plan.content.node import Json

#: keys whose values are always hidden
_SECRET = re.compile(
    r"secret|password|token|api_?key|webhook|private_key|^credentials$|(reset|setup)_url$"
    r"|params_json$",
    re.IGNORECASE,
)
#: keys whose values are hidden if they hold a web address: whoever knows it may post there
_TARGET = re.compile(r"^(address|parameters)$")
_WEB = re.compile(r"https?:", re.IGNORECASE)
_HIDDEN = "(sensitive)"


def without_secrets(value: Json) -> Json:
    """Return the value with secrets in it hidden."""
    if isinstance(value, Mapping):
        return {
            key: _HIDDEN if _is_secret(key, item) else without_secrets(item)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [without_secrets(item) for item in value]
    return value


def scrubbed(text: str, sent: Json) -> str:
    """Return a text, which may quote the request `sent`, with the secrets of that hidden."""
    for secret in sorted(set(_secrets(sent)), key=len, reverse=True):
        text = text.replace(secret, _HIDDEN)
    return text


def _secrets(value: Json) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            if _is_secret(key, item):
                yield from filter(None, texts_in(item))
            else:
                yield from _secrets(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _secrets(item)


def _is_secret(key: str, value: Json) -> bool:
    if not value:
        return False
    is_target = isinstance(value, str) and _TARGET.search(key) and _WEB.search(value)
    return bool(is_target or _SECRET.search(key))
