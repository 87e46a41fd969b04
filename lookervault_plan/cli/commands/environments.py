"""`environments`: list the environments of lookervault-plan.toml, or check them."""

from cyclopts import App, Group

from lookervault_plan.cli.help_text import paragraphs
from lookervault_plan.cli.options import COMMON, Common


def list_(*, common: Common = COMMON) -> int:
    """List the environments of lookervault-plan.toml, or check them.

    An environment is a table such as [environments.prod]. Its options count for every command that
    runs with `--env prod`.

    Parameters
    ----------
    common
        Shared options.

    """
    from lookervault_plan.cli.run.environments import list_environments as run

    return run(common=common)


def check(*names: str, common: Common = COMMON) -> int:
    """Check the file, and reach the Looker of each environment.

    Reads only. Exits with 1 if the file is wrong or an instance can't be reached.

    Parameters
    ----------
    names
        Names of environments; all of them if left out.
    common
        Shared options.

    """
    from lookervault_plan.cli.run.environments import check as run

    return run(names, common=common)


app = App(
    name="environments",
    help=paragraphs(list_),
    group_parameters=Group("Options", sort_key=0),
)
_ = app.default(list_)
_ = app.command(list_, name="list", help="List the environments.")
_ = app.command(check, help=paragraphs(check))
