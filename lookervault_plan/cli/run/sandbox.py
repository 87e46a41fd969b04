"""Run `sandbox serve`: serve a simulated Looker in the foreground."""

from contextlib import suppress
from pathlib import Path
from typing import Literal

import msgspec
from rich.text import Text

from lookervault_plan.cli.options import Common
from lookervault_plan.cli.screen import Screen
from lookervault_plan.sandbox.server import CLIENT_ID, CLIENT_SECRET
from lookervault_plan.sandbox.server import serve as serve_sandbox

_INI = """\
# A sandbox at {url}: put this into looker.ini
[sandbox]
base_url={url}
client_id={id}
client_secret={secret}
"""
_HINT = """
Try: lookervault-plan backup --db-path backup.db --config-file looker.ini --section sandbox
Ctrl-C ends it; what it holds is lost then."""


def serve(
    *,
    port: int,
    company: Literal["small", "large", "none"],
    seed: int,
    latency_ms: float,
    load: Path | None,
    common: Common,
) -> int:
    """Serve until Ctrl-C. The address and the key are printed once the sandbox is up."""
    screen = Screen(common)

    def announce(url: str) -> None:
        if common.json:
            facts = {"url": url, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
            screen.write(msgspec.json.encode(facts) + b"\n")
        else:
            screen.write(_INI.format(url=url, id=CLIENT_ID, secret=CLIENT_SECRET))
            screen.note(Text(_HINT.format(url=url), "dim"))

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
