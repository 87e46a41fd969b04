"""The program: its table of commands, and the one place that catches."""

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import cast

from cyclopts import App, Group, Parameter

from lookervault_plan.cli import config
from lookervault_plan.cli.help import PlainHelp, page
from lookervault_plan.cli.options import Common, guess

HELP = """Restore and promote Looker content as infrastructure is deployed: plan, review, apply.

Every option can also be set as LOOKERVAULT_PLAN_<OPTION> or in lookervault-plan.toml."""

#: Import strings, so that --help loads no command. The first line of its docstring is its help;
#: what can stand behind its name is told here, which saves `plan --help` a fifth of its time.
COMMANDS = (
    (
        "backup",
        "lookervault_plan.cli.commands.backup:backup",
        "Save an instance's content to a file.",
        "--db-path FILE [TYPES] [OPTIONS]",
    ),
    (
        "plan",
        "lookervault_plan.cli.commands.plan:plan",
        "Show what apply would change.",
        "--db-path FILE [OPTIONS]",
    ),
    (
        "show",
        "lookervault_plan.cli.commands.show:show",
        "Show a saved plan.",
        "PLAN_FILE [OPTIONS]",
    ),
    (
        "apply",
        "lookervault_plan.cli.commands.apply:apply",
        "Carry out a plan.",
        "[SAVED_PLAN] [OPTIONS]",
    ),
    (
        "resume",
        "lookervault_plan.cli.commands.apply:resume",
        "Go on with an interrupted session.",
        "[SESSION] [OPTIONS]",
    ),
    (
        "status",
        "lookervault_plan.cli.commands.status:status",
        "Show how far sessions are.",
        "[SESSION] [OPTIONS]",
    ),
    (
        "select",
        "lookervault_plan.cli.commands.select:select",
        "Show what a selection picks of a backup.",
        "--db-path FILE [SELECTION] [OPTIONS]",
    ),
    (
        "dlq",
        "lookervault_plan.cli.commands.dlq:app",
        "What could not be applied, and why; and trying it again.",
        "",
    ),
    (
        "restore",
        "lookervault_plan.cli.commands.restore:app",
        "Plan and apply in one go, without asking.",
        "",
    ),
    (
        "mappings",
        "lookervault_plan.cli.commands.mappings:app",
        "Which id of the source is which of the destination.",
        "",
    ),
    (
        "validate",
        "lookervault_plan.cli.commands.validate:validate",
        "Check a backup, its companions and the destination.",
        "[PLAN_FILE] [OPTIONS]",
    ),
    ("state", "lookervault_plan.cli.commands.state:app", "The database that outlives a run.", ""),
    (
        "sandbox",
        "lookervault_plan.cli.commands.sandbox:app",
        "A simulated Looker to rehearse with.",
        "",
    ),
    (
        "demo",
        "lookervault_plan.cli.commands.demo:demo",
        "The whole story on two simulated Lookers, in under a minute.",
        "[OPTIONS]",
    ),
    (
        "schema",
        "lookervault_plan.cli.commands.schema:schema",
        "Print the JSON Schema of a format.",
        "NAME [OPTIONS]",
    ),
)
_HELP_FLAGS = ("--help", "-h")


def build(words: Sequence[str] = ()) -> App:
    """The command line. A command that is asked for tells its own, longer help."""
    app = App(
        name="lookervault-plan",
        help=HELP,
        help_flags=_HELP_FLAGS,
        help_format="plaintext",
        help_formatter=PlainHelp(),
        console=page(),
        error_console=page(),
        version=tool_version,
        config=config.apply,
        default_parameter=Parameter(negative=(), show_default=config.worth_showing),
        group_parameters=Group("Options", sort_key=0),
    )
    for place, (name, target, help_, usage) in enumerate(COMMANDS):
        told = _own_help(target) if name in words else help_
        own = {"usage": f"Usage: lookervault-plan {name} {usage}"} if usage else {}
        app.command(target, name=name, help=told, sort_key=place, **own)
    return app


def _own_help(target: str) -> str:
    """A command's docstring up to its parameters, each paragraph on one line."""
    from lookervault_plan.cli.docstring import paragraphs  # noqa: PLC0415

    module, _, name = target.partition(":")
    return paragraphs(cast("object", getattr(import_module(module), name)))


def tool_version() -> str:
    """As installed."""
    from importlib.metadata import version  # noqa: PLC0415 — few commands need it

    return version("lookervault-plan")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line; the exit code. Nothing is raised but what the interpreter means."""
    words = list(sys.argv[1:] if argv is None else argv)
    common = guess(words)
    try:
        app = build(words)
        if len(words) == 2 and words[1] in _HELP_FLAGS and words[0] in app:
            app.help_print(words[:1])  # parsing would look at all options once more
            return 0
        command, bound, _ = app.parse_args(words, exit_on_error=False, print_error=False)
        given = cast("Mapping[str, object]", bound.arguments).get("common")
        if isinstance(given, Common):
            common = given
        result = cast("int | None", command(*bound.args, **bound.kwargs))
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 — here, and nowhere else
        from lookervault_plan.cli.trouble import report  # noqa: PLC0415 — costs 50 ms

        return report(error, common)
    return int(result or 0)


def run() -> None:
    """The console script."""
    from lookervault_plan.cli.process import prepare, settle  # noqa: PLC0415

    prepare()
    code = main()
    settle()
    sys.exit(code)
