"""Read the connection to one Looker, once, from looker.ini and environment variables.

Names and file format are looker-sdk's. looker-sdk reads them again at every login, so that a
process with two instances could send the credentials of one to the other (looker-api.md 1.7).
Here a connection is a value, and the environment is not read again.
"""

import configparser
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from lookervault_plan.errors import PlanError, failure

DEFAULT_FILE = "looker.ini"
DEFAULT_TIMEOUT_SECONDS = 120.0
CONNECT_TIMEOUT_SECONDS = 5.0

_NEEDED = ("base_url", "client_id", "client_secret")
_OPTIONAL = ("verify_ssl", "timeout")
_SDK_VARIABLES = {name: f"LOOKERSDK_{name.upper()}" for name in (*_NEEDED, *_OPTIONAL)}
_VAULT_VARIABLES = {
    "base_url": "LOOKERVAULT_API_URL",
    "client_id": "LOOKERVAULT_CLIENT_ID",
    "client_secret": "LOOKERVAULT_CLIENT_SECRET",
}
_API_PATH = re.compile(r"/*(api(/+[0-9.]+)?)?/*", re.ASCII)
_HOST = re.compile(r"[A-Za-z0-9_.\-]+|[0-9A-Fa-f:.]+", re.ASCII)
_TRUE = {"yes", "y", "true", "t", "1", "on"}
_FALSE = {"no", "n", "false", "f", "0", "off"}


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """One instance and one API key. The repr leaves out the key.

    Timeouts are in seconds: `timeout` for an answer, `connect_timeout` for a connection. `origin`
    tells people where the settings were found.
    """

    base_url: str
    client_id: str
    client_secret: str
    verify_ssl: bool = True
    timeout: float = DEFAULT_TIMEOUT_SECONDS
    connect_timeout: float = CONNECT_TIMEOUT_SECONDS
    origin: str = "the connection settings"

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "base_url", server_url(self.base_url, self.origin))

    def __repr__(self) -> str:
        return f"Connection({', '.join(f'{name}={value!r}' for name, value in self._public())})"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        return self._public()

    def _public(self) -> list[tuple[str, object]]:
        names = ("base_url", "verify_ssl", "timeout", "origin")
        return [(name, getattr(self, name)) for name in names]


def resolve(
    environ: Mapping[str, str],
    *,
    config_file: Path | None = None,
    section: str | None = None,
    directory: Path = Path(),
) -> Connection:
    """Find the connection. The first of these sources that exists counts.

    1. `config_file` (or looker.ini in `directory`, if only `section` is given); LOOKERSDK_*
       variables add what it leaves out, unless they name another instance;
    2. LOOKERSDK_* variables;
    3. LOOKERVAULT_API_URL, LOOKERVAULT_CLIENT_ID, LOOKERVAULT_CLIENT_SECRET;
    4. looker.ini in `directory`.

    A source is used whole, so that the secret of one instance is never sent to another.
    """
    sdk = _from_variables(environ, _SDK_VARIABLES)
    vault = _from_variables(environ, _VAULT_VARIABLES)
    options = {name: value for name, value in sdk.items() if name in _OPTIONAL}
    found = directory / DEFAULT_FILE
    if config_file is not None or section is not None:
        file = config_file if config_file is not None else found
        return _with_gaps_filled(file, section, sdk)
    if sdk.keys() & set(_NEEDED):
        return _connection(
            sdk, "the LOOKERSDK_* variables", _SDK_VARIABLES.__getitem__, beside=found
        )
    if vault:
        return _connection(
            options | vault,
            "the LOOKERVAULT_* variables",
            (_SDK_VARIABLES | _VAULT_VARIABLES).__getitem__,
            beside=found,
        )
    if found.is_file():
        return _connection(
            options | _from_file(found, None), f"{DEFAULT_FILE} in the current directory", str
        )
    raise failure(
        "looker.settings",
        "no connection to Looker is configured",
        detail="neither LOOKERSDK_* variables nor a looker.ini were found",
        fix="set LOOKERSDK_BASE_URL, LOOKERSDK_CLIENT_ID and LOOKERSDK_CLIENT_SECRET, "
        "or pass --config-file",
    )


def server_url(url: str, origin: str = "the connection settings") -> str:
    """Reduce a URL to scheme, host and port; a trailing slash or `/api/4.0` is allowed.

    Raises PlanError (looker.url) for other URLs. A URL that holds a password is not shown.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _malformed("it is not a URL", origin) from None
    if "@" in parts.netloc:
        raise _malformed("it holds a user name or password", origin)
    if parts.scheme.lower() not in ("http", "https") or not _HOST.fullmatch(host):
        raise _malformed(f"{url.strip()!r} does not start with https:// and a host name", origin)
    if parts.query or parts.fragment or not _API_PATH.fullmatch(parts.path):
        raise _malformed(f"{url.strip()!r} has more than scheme, host and port", origin)
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme.lower()}://{shown}" + (f":{port}" if port else "")


def _malformed(why: str, origin: str) -> PlanError:
    return failure(
        "looker.url",
        "the base URL of Looker is malformed",
        detail=f"{why} (from {origin})",
        fix="give scheme, host and port of the API, such as https://example.cloud.looker.com",
    )


def _from_variables(environ: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that are set. An empty one counts as not set, as in looker-sdk."""
    values = ((name, environ.get(variable, "").strip()) for name, variable in names.items())
    return {name: value for name, value in values if value}


def _with_gaps_filled(file: Path, section: str | None, sdk: Mapping[str, str]) -> Connection:
    values = _from_file(file, section)
    where = f"{file}, section {section}" if section else str(file)
    missing = [name for name in (*_NEEDED, *_OPTIONAL) if name not in values and name in sdk]
    ours, theirs = values.get("base_url"), sdk.get("base_url")
    borrows_key = {"client_id", "client_secret"} & set(missing)
    if borrows_key and ours and theirs and server_url(ours, where) != server_url(theirs):
        raise failure(
            "looker.settings",
            f"{where} and LOOKERSDK_BASE_URL name different instances",
            detail=f"the file leaves out {', '.join(sorted(borrows_key))}, and the variables' "
            "belong to another base URL",
            fix="complete the file, or unset the LOOKERSDK_* variables",
        )
    filled = values | {name: sdk[name] for name in missing}
    origin = f"{where} and LOOKERSDK_* variables" if missing else where
    return _connection(filled, origin, str)


def _from_file(file: Path, section: str | None) -> dict[str, str]:
    """Read the file as looker-sdk does. Its own reader leaves the file open if parsing fails.

    Error messages quote no line of the file: it may be the secret.
    """
    if not file.is_file():
        raise failure(
            "looker.settings",
            f"the configuration file {file} does not exist",
            fix="check --config-file",
        )
    parser = configparser.ConfigParser()
    try:
        parser.read_string(file.read_text(encoding="utf-8-sig"), source=str(file))
    except (configparser.Error, UnicodeDecodeError, OSError) as error:
        raise failure(
            "looker.settings",
            f"{file} cannot be read",
            detail=_where_it_breaks(error),
            fix="it needs a line with [a section] and below it lines such as base_url=https://…",
        ) from None
    if not parser.sections():
        raise failure(
            "looker.settings",
            f"{file} is empty",
            fix="it needs a section with base_url, client_id and client_secret",
        )
    name = section if section is not None else parser.sections()[0]
    if not parser.has_section(name):
        raise failure(
            "looker.settings",
            f"{file} has no section [{name}]",
            detail=f"it has {', '.join(f'[{known}]' for known in parser.sections())}",
            fix="check --section",
        )
    try:
        values = {option: parser.get(name, option, fallback="") for option in _SDK_VARIABLES}
    except configparser.InterpolationError as error:
        raise failure(
            "looker.settings",
            f"the value of {error.option} in {file} cannot be read",
            detail="a per cent sign has a meaning of its own there",
            fix="write each % as %%",
        ) from None
    return {option: text for option, value in values.items() if (text := _unquoted(value))}


def _unquoted(value: str) -> str:
    quoted = value.startswith(('"', "'")) or value.endswith(('"', "'"))
    return value.strip("\"'") if quoted else value


def _where_it_breaks(error: Exception) -> str:
    why = "it is not in the ini format"
    match error:
        case configparser.MissingSectionHeaderError(lineno=line):
            why = f"line {line} comes before any [section]"
        case configparser.ParsingError(errors=errors):
            why = "malformed: line " + ", ".join(str(line) for line, _ in errors)
        case configparser.DuplicateSectionError(section=name):
            why = f"[{name}] stands there twice"
        case configparser.DuplicateOptionError(section=name, option=option):
            why = f"{option} stands twice in [{name}]"
        case UnicodeDecodeError():
            why = "it is not UTF-8 text"
        case OSError(strerror=str(reason)):
            why = reason
        case _:
            pass
    return why


def _connection(
    values: Mapping[str, str],
    origin: str,
    called: Callable[[str], str],
    *,
    beside: Path | None = None,
) -> Connection:
    missing = [called(name) for name in _NEEDED if not values.get(name)]
    if missing:
        also = beside is not None and beside.is_file()
        raise failure(
            "looker.settings",
            f"{origin} leave out {' and '.join(missing)}"
            if beside is not None
            else f"{origin} has no {' and no '.join(missing)}",
            detail=f"{beside} is ignored while LOOKERSDK_* variables are set" if also else "",
            fix=f"set {' and '.join(missing)}"
            + (f", or pass --config-file {beside}" if also else ""),
        )
    return Connection(
        base_url=values["base_url"],
        client_id=values["client_id"],
        client_secret=values["client_secret"],
        verify_ssl=_truth(values.get("verify_ssl", "true"), origin),
        timeout=_seconds(values.get("timeout"), origin),
        origin=origin,
    )


def _truth(text: str, origin: str) -> bool:
    if text.lower() in _TRUE | _FALSE:
        return text.lower() in _TRUE
    raise failure(
        "looker.settings", f"verify_ssl in {origin} is malformed", fix="it is either true or false"
    )


def _seconds(text: str | None, origin: str) -> float:
    if text is None:
        return DEFAULT_TIMEOUT_SECONDS
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 86_400:
        raise failure(
            "looker.settings",
            f"timeout in {origin} is malformed",
            fix="it is a number of seconds, such as 120",
        )
    return seconds
