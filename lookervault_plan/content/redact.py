"""Hide secrets in all that leaves memory but the requests to Looker.

Plans, reports, the state, events and errors go through here; bodies of requests never do.
`without_secrets` and `scrub` are total, and idempotent: what they return they leave as it is.
"""

import re
from collections.abc import Container, Mapping
from functools import cache, lru_cache
from typing import Final, cast
from urllib.parse import quote, unquote

import msgspec

from lookervault_plan.content.json_path import texts_in
from lookervault_plan.content.node import Json, parse_json

SENSITIVE: Final = "(sensitive)"
"""What stands in place of a secret."""

#: Secret keys, in small letters without separators.
_SECRET_KEY = re.compile(
    r"secret|passw|passphrase|passcode|passkey|token|webhook|authorization|bearer|jwt"
    r"|connectionstring|sessionid"
    r"|(api|access|account|auth|encryption|host|license|master|private|shared|signing|ssh|storage)"
    r"key|credentials?$|(reset|setup)url$|paramsjson$|cookie$|signature$"
)
#: Keys that are secret only as the last word.
_SECRET_LAST_WORD: Final = frozenset(("auth", "hook", "pass", "pwd", "sas", "sig"))
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SEPARATORS = re.compile(r"[\W_]+")

_EMAIL: Final = r"[^@\s:/,;<>]+@[^@\s:/,;<>]+"
#: One or more emails.
_EMAILS = re.compile(rf"\s*{_EMAIL}(?:[,;\s]+{_EMAIL})*[,;\s]*")
#: `//user:password@`. Many passwords are not escaped as they should be: a colon that is not
#: before a port makes all up to the last @ a password.
_USER_INFO = re.compile(
    r"(?P<start>:?\\?/\\?/)(?P<info>[^\s/?#:@\"'<>\\]*:(?!\d{1,5}(?:[/?#]|$))[^\s\"'<>]*"
    r"|[^\s/?#\"'<>\\]*)@"
)
_ADDRESS_IN_TEXT = re.compile(
    r"(?<![\w.-])(?:https?:\\?/\\?/)?(?:[\w-]+\.)+[\w-]+(?::\d+)?\\?/[^\s\"'<>\\]*", re.IGNORECASE
)
_HOOK = re.compile(r"(?:^|[/.])[\w-]*hooks?(?:[./]|\\/).", re.IGNORECASE)
#: The key of `password=x`, `"api_key": "x"`, `:token=>"x"`, `{\"secret\":\"x\"}`.
_KEY = re.compile(
    r"(?<![\w.-])(?P<key>\w[\w.-]*+(?: \w[\w.-]*+){0,2})(?P<close>\\*[\"']?)"
    r"(?P<sep>\s*(?:=>|={1,3}|:)\s*)"
)
_VALUE = re.compile(
    r"(?P<quote>\\*[\"'])(?P<quoted>.*?)(?:(?<!\\)(?P=quote)|\Z)"
    r"|(?P<bare>\(sensitive\)|[^\s&;,\"'<>(){}\[\]\\]+)|(?P<nested>[{\[].*)",
    re.DOTALL,
)
_LONG_ID = re.compile(r"(?=.*\d)[\w%+.~-]{8,}")
_QUERY_KEY = re.compile(r"(?<=[?&])key=(?P<value>[^\s&\"'<>(]+)")
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
)
#: What a text must hold if any of the patterns is to match it.
_HINT = re.compile(
    r"//|/\\/|hook|secret|pass|token|key|auth|bearer|jwt|credential|cookie|sig|pwd|sas"
    r"|connection|session|url|params",
    re.IGNORECASE,
)
_NO_SECRETS: Final = frozenset(("true", "false", "null", "nil", "None", SENSITIVE))
#: A text that is not stable after so many passes is hidden whole.
_PASSES = 5
#: Results that each cache keeps, and the length of texts for which it does, in characters.
_CACHE_SIZE, _CACHED_LENGTH = 20_000, 200
#: A shorter secret is searched for in a text as a whole word only.
_SHORT = 6
#: A text inside a larger secret that is shorter is no secret by itself.
_MIN_INNER = 4


def without_secrets(value: Json) -> Json:
    """Return any JSON value with the secrets in it hidden, those in JSON inside texts too."""
    return _Redactor().value(value)


def without_secrets_at(path: str, value: Json) -> Json:
    """Return the value at a path (`vis_config.api_key`) with the secrets in it hidden."""
    return _Redactor().at(path, value)


def scrub(text: str) -> str:
    """Return a text with the secrets in it hidden, as far as it says itself that they are."""
    return _scrub_short(text) if len(text) <= _CACHED_LENGTH else _Redactor().text(text)


@lru_cache(_CACHE_SIZE)
def _scrub_short(text: str) -> str:
    """Scrub a text that a plan probably repeats, such as the name of a field."""
    return _Redactor().text(text) if _may_hold_secrets(text) else text


@cache
def is_plain_path(path: str) -> bool:
    """Say whether texts and numbers at a path are no secrets but for what they say themselves."""
    keys = _keys_of(path)
    hides = {"address", "addresses", "parameters", "params"}
    return not any(map(is_secret_key, keys)) and not (keys and _last_word(keys[-1]) in hides)


def _keys_of(path: str) -> list[str]:
    return [key for key in re.split(r"[.\[\]]+", path) if key and not key.isdigit()]


def _may_hold_secrets(text: str) -> bool:
    return bool(_HINT.search(text)) or "address" in text


def scrub_texts(document: Json, *, but: Container[str] = ()) -> Json:
    """Scrub the texts of a document of ours, whose keys say nothing of secrets.

    Values of the keys in `but` stay as they are.
    """
    if isinstance(document, str):
        return scrub(document)
    if isinstance(document, dict):
        return {
            key: item if key in but else scrub_texts(item, but=but)
            for key, item in document.items()
        }
    if isinstance(document, (list, tuple)):
        return [scrub_texts(item, but=but) for item in document]
    return document


def scrubbed(text: str, sent: Json) -> str:
    """Return a text, which may quote the request `sent`, with the secrets of both hidden."""
    redactor = _Redactor()
    _ = redactor.value(sent)
    for secret in sorted(redactor.variants(), key=len, reverse=True):
        if len(secret) < _SHORT:
            text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", lambda _: SENSITIVE, text)
        else:
            text = text.replace(secret, SENSITIVE)
    return scrub(text)


@lru_cache(_CACHE_SIZE)
def is_secret_key(key: str) -> bool:
    """Say whether a key names a secret, however it is spelled: `api_key`, `apiKey`, `API-KEY`."""
    if _SECRET_KEY.search(_SEPARATORS.sub("", key).lower()):
        return True
    return _last_word(key) in _SECRET_LAST_WORD


class _Redactor:
    """Hides secrets, and remembers them."""

    def __init__(self) -> None:
        self._found: set[str] = set()

    def variants(self) -> set[str]:
        """Return the hidden secrets as a text may quote them."""
        forms: set[str] = set()
        for secret in self._found:
            forms |= {secret, unquote(secret), quote(secret), quote(secret, safe="")}
        forms |= {msgspec.json.encode(form).decode()[1:-1] for form in forms}
        return {form for form in forms if form.strip() and form not in SENSITIVE}

    def value(self, value: Json) -> Json:
        try:
            return self._value(value)
        except RecursionError:
            return SENSITIVE

    def at(self, path: str, value: Json) -> Json:
        keys = _keys_of(path)
        if any(map(is_secret_key, keys)):
            return self._hide(value)
        return self._keyed(keys[-1], value) if keys else self.value(value)

    def text(self, text: str) -> str:
        """Hide secrets until another pass would change nothing."""
        for _ in range(_PASSES):
            before, text = text, self._once(text)
            if text == before:
                return text
        return SENSITIVE

    # --- JSON -------------------------------------------------------------------------------

    def _value(self, value: Json) -> Json:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            clean = {self.text(key): self._keyed(key, item) for key, item in value.items()}
            named = value.get("name", value.get("key"))
            if "value" in value and isinstance(named, str) and is_secret_key(named):
                clean["value"] = self._hide(value["value"])
            return clean
        if isinstance(value, (list, tuple)):
            return [self._value(item) for item in value]
        return value

    def _keyed(self, key: str, value: Json) -> Json:
        if is_secret_key(key):
            return self._hide(value)
        if _last_word(key) in {"address", "addresses"}:
            return self._addresses(value)
        if _last_word(key) in {"parameters", "params"}:
            return self._parameters(value)
        return self._value(value)

    def _hide(self, value: Json) -> Json:
        """Hide a value whole. Booleans and empty values are no secrets."""
        if not value or value is True or value == SENSITIVE:
            return value
        if isinstance(value, (int, float)):
            self._found.add(str(value))
        for text in texts_in(value):
            self._remember(text)
        return SENSITIVE

    def _remember(self, secret: str) -> None:
        inner = _json_in(secret)
        if isinstance(inner, (Mapping, list)):
            self._found.update(text for text in texts_in(inner) if len(text) >= _MIN_INNER)
        _ = self.text(secret)  # a password inside an address
        self._remember_address(secret)

    def _remember_address(self, address: str) -> None:
        self._found.add(address)
        scheme, _, rest = address.partition("://")
        if rest and scheme.isalnum() and re.search(r"[./]", rest):
            self._found.add(rest)
        if "/" in address:  # a webhook's address ends in what is secret of it
            pieces = re.split(r"[/?&=:@#]+", address)
            self._found.update(each for each in pieces if _LONG_ID.fullmatch(each))

    def _addresses(self, value: Json) -> Json:
        if isinstance(value, str):
            return value if not value or _EMAILS.fullmatch(value) else self._hide(value)
        if isinstance(value, (list, tuple)):
            return [self._addresses(item) for item in value]
        return self._value(value)

    def _parameters(self, value: Json) -> Json:
        """Hide web addresses too: whoever knows the one in a form may post there."""
        if not isinstance(value, str):
            return self._value(value)
        clean = self.text(value)
        return self._hide(value) if re.search(r"https?:", clean, re.IGNORECASE) else clean

    # --- texts ------------------------------------------------------------------------------

    def _once(self, text: str) -> str:
        if not _may_hold_secrets(text):
            return text
        inner = _json_in(text)
        if inner is not None:
            clean = self._value(inner)
            if clean != inner:
                return msgspec.json.encode(clean).decode()
        text = _PRIVATE_KEY.sub(lambda _: SENSITIVE, text)
        text = _USER_INFO.sub(self._user_info, text)
        if "hook" in text.lower():
            text = _ADDRESS_IN_TEXT.sub(self._web_address, text)
        text = self._pairs(text)
        return _QUERY_KEY.sub(f"key={SENSITIVE}", text)

    def _user_info(self, match: re.Match[str]) -> str:
        info = match["info"]
        if info not in {"", SENSITIVE}:
            self._found.update({info, info.partition(":")[2] or info})
        return f"{match['start']}{SENSITIVE if info else ''}@"

    def _web_address(self, match: re.Match[str]) -> str:
        if not _HOOK.search(match[0].partition("://")[2] or match[0]):
            return match[0]
        self._remember_address(match[0])
        return SENSITIVE

    def _pairs(self, text: str) -> str:
        """Hide the values of keys in a text. The value of another key may hold pairs itself."""
        pieces: list[str] = []
        done = place = 0
        while match := _KEY.search(text, place):
            place = match.end()
            value = self._value_of(match)
            if value is not None:
                quote_ = value["quote"] or ""
                pieces += [text[done:place], quote_, SENSITIVE, quote_]
                done = place = value.end()
        return "".join([*pieces, text[done:]])

    def _value_of(self, match: re.Match[str]) -> re.Match[str] | None:
        """Find the value of a key if it is secret."""
        key, is_quoted = match["key"], bool(match["close"])
        is_address = is_quoted and _last_word(key) in {"address", "addresses"}
        if not (is_address or is_secret_key(key)):
            return None
        value = _VALUE.match(match.string, match.end())
        if value is None:
            return None
        is_data = is_quoted or value["quote"] or ":" not in match["sep"]
        if not is_data or (value["nested"] and not is_quoted):
            return None
        secret = value["quoted"] or value["bare"] or value["nested"] or ""
        if not secret.strip() or secret in _NO_SECRETS:
            return None
        if is_address and not is_secret_key(key) and _EMAILS.fullmatch(secret):
            return None
        self._found.add(secret)
        return value


def _json_in(text: str) -> Json:
    """Decode a text that is JSON: an object, a list or a text. None: it is not."""
    if text.lstrip()[:1] not in {"{", "[", '"'}:
        return None
    try:
        return parse_json(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return None


@lru_cache(_CACHE_SIZE)
def _last_word(key: str) -> str:
    words = cast("list[str]", _WORD.findall(key))
    return words[-1].lower() if words else ""
