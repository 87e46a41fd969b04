"""`sandbox serve`: a simulated Looker in the foreground."""

from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Group, Parameter

from lookervault_plan.cli.docstring import paragraphs
from lookervault_plan.cli.options import COMMON, Common, not_negative

app = App(
    name="sandbox",
    help="A simulated Looker to rehearse with.",
    group_parameters=Group("Options", sort_key=0),
)


def serve(
    *,
    port: Annotated[int, Parameter(metavar="N", validator=not_negative)] = 8080,
    company: Literal["small", "large", "none"] = "small",
    seed: Annotated[int, Parameter(metavar="N")] = 7,
    latency_ms: Annotated[float, Parameter(metavar="N", validator=not_negative)] = 0,
    load: Annotated[Path | None, Parameter(metavar="FILE")] = None,
    common: Common = COMMON,
) -> int:
    """Serve a simulated Looker until Ctrl-C.

    It speaks Looker's API 4.0, strictly, and keeps its content in memory. With --json the address
    and the API key are one JSON object.

    Parameters
    ----------
    port
        On 127.0.0.1; 0 takes a free one.
    company
        What it holds to begin with.
    seed
        Ids, dates and content follow from it.
    latency_ms
        How long each call takes at least.
    load
        Content that a sandbox saved earlier (POST /_sandbox/save), instead of a company.
    common
        Shared options.

    """
    import msgspec  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    from lookervault_plan.cli.screen import Screen  # noqa: PLC0415
    from lookervault_plan.sandbox.server import CLIENT_ID, CLIENT_SECRET  # noqa: PLC0415
    from lookervault_plan.sandbox.server import serve as serve_sandbox  # noqa: PLC0415

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
    with suppress(KeyboardInterrupt):  # the usual end, whenever it comes
        serve_sandbox(
            port=port,
            seed=seed,
            latency_seconds=latency_ms / 1000,
            company=company,
            load=load,
            announce=announce,
        )
    return 0


_ = app.command(serve, help=paragraphs(serve))

_INI = """\
# A sandbox at {url}: put this into looker.ini
[sandbox]
base_url={url}
client_id={id}
client_secret={secret}
verify_ssl=false
"""
_HINT = """
Try: lookervault-plan backup --db-path backup.db --config-file looker.ini --section sandbox
Ctrl-C ends it; what it holds is lost then."""
