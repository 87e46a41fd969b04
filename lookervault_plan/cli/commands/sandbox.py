"""`sandbox serve`: serve a simulated Looker in the foreground."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Group, Parameter

from lookervault_plan.cli.help_text import paragraphs
from lookervault_plan.cli.options import COMMON, Common, not_negative

app = App(
    name="sandbox",
    help="Run a simulated Looker.",
    group_parameters=Group("Options", sort_key=0),
)


def serve(
    *,
    port: Annotated[int, Parameter(metavar="N", validator=not_negative)] = 8080,
    company: Literal["dev", "prod", "small", "large", "none"] = "small",
    seed: Annotated[int, Parameter(metavar="N")] = 7,
    latency_ms: Annotated[float, Parameter(metavar="N", validator=not_negative)] = 0,
    load: Annotated[Path | None, Parameter(metavar="FILE")] = None,
    config_file: Annotated[Path | None, Parameter(metavar="FILE")] = None,
    section: Annotated[str | None, Parameter(metavar="NAME")] = None,
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
        What it holds to begin with: dev and prod are two releases of a small company with readable
        titles, as in `demo`; small and large are companies full of oddities.
    seed
        Ids, dates and content follow from it.
    latency_ms
        How long each call takes at least.
    load
        Content that a sandbox saved earlier (POST /_sandbox/save), instead of a company.
    config_file
        Write the address and the API key into this file, as other commands read it.
    section
        The section of that file; without this option dev, prod or sandbox, after the company.
    common
        Shared options.

    """
    from lookervault_plan.cli.run.sandbox import serve as run

    return run(
        port=port,
        company=company,
        seed=seed,
        latency_ms=latency_ms,
        load=load,
        config_file=config_file,
        section=section,
        common=common,
    )


_ = app.command(serve, help=paragraphs(serve))
