"""Run `sandbox serve`: serve a simulated Looker in the foreground."""

import fcntl
import os
from configparser import ConfigParser
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from rich.text import Text

from lookervault_plan.cli.options import Common
from lookervault_plan.cli.screen import Screen
from lookervault_plan.errors import failure
from lookervault_plan.sandbox.server import CLIENT_ID, CLIENT_SECRET
from lookervault_plan.sandbox.server import serve as serve_sandbox

_INI = """\
# A sandbox at {url}: put this into looker.ini
[{section}]
base_url={url}
client_id={id}
client_secret={secret}
"""
_WRITTEN = "A sandbox at {url}, as section [{section}] of {file}.\n"
_HINT = """
Try: lookervault-plan backup --db-path {section}.db --config-file {file} --section {section}
Ctrl-C ends it; what it holds is lost then."""


def serve(
    *,
    port: int,
    company: str,
    seed: int,
    latency_ms: float,
    load: Path | None,
    config_file: Path | None,
    section: str | None,
    common: Common,
) -> int:
    """Serve until Ctrl-C. The address and the key are printed once the sandbox is up."""
    screen = Screen(common)
    name = section or (company if company in ("dev", "prod") else "sandbox")
    if config_file:
        _check_section(config_file, name)

    def announce(url: str) -> None:
        if config_file:
            _write_section(config_file, name, url)
        if common.json:
            facts = {"url": url, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
            screen.write(msgspec.json.encode(facts) + b"\n")
            return
        if config_file:
            screen.write(_WRITTEN.format(url=url, section=name, file=config_file))
        else:
            screen.write(_INI.format(url=url, section=name, id=CLIENT_ID, secret=CLIENT_SECRET))
        screen.note(Text(_HINT.format(file=config_file or "looker.ini", section=name), "dim"))

    if load is not None and not load.is_file():
        raise FileNotFoundError(2, "No such file", str(load))
    with suppress(KeyboardInterrupt):  # the usual end, even before the sandbox is up
        serve_sandbox(
            port=port,
            seed=seed,
            latency_seconds=latency_ms / 1000,
            company=company,
            load=load,
            announce=announce,
        )
    return 0


def _check_section(file: Path, section: str) -> None:
    """Raise PlanError if the section holds the settings of anything but a sandbox."""
    found = _read(file)
    if section not in found:
        return
    url = found[section].get("base_url", "")
    if urlsplit(url).hostname != "127.0.0.1":
        raise failure(
            "sandbox.section-taken",
            f"{file} has a section [{section}] of another Looker: {url or 'no base_url'}",
            fix="choose another --section, or another --config-file",
        )


def _write_section(file: Path, section: str, url: str) -> None:
    """Add or replace a section. Two sandboxes that start at once don't lose each other's."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a+", encoding="utf-8") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        settings = _read(file)
        settings[section] = {
            "base_url": url,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
        }
        _ = stream.truncate(0)
        settings.write(stream)


def _read(file: Path) -> ConfigParser:
    settings = ConfigParser(interpolation=None)
    _ = settings.read(file, encoding="utf-8")
    return settings
