"""What never leaves the program but for Looker: credentials, one-time links, webhook addresses."""

import re
from collections.abc import Iterator, Mapping

from lookervault_plan.content.json_path import texts_in
from lookervault_plan.content.node import Json

#: keys whose values are hidden, whatever they hold
_SECRET = re.compile(
    r"secret|password|token|api_?key|webhook|private_key|^credentials$|(reset|setup)_url$"
    r"|params_json$",
    re.IGNORECASE,
)
#: keys whose values are hidden where they hold the address of a web page: who knows it may post
_TARGET = re.compile(r"^(address|parameters)$")
_WEB = re.compile(r"https?:", re.IGNORECASE)
_HIDDEN = "(sensitive)"


def without_secrets(value: Json) -> Json:
    """The same with secret values hidden."""
    if isinstance(value, Mapping):
        return {
            key: _HIDDEN if _is_secret(key, item) else without_secrets(item)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [without_secrets(item) for item in value]
    return value


def scrubbed(text: str, sent: Json) -> str:
    """A text, which may quote what was sent, without the secrets in that."""
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
