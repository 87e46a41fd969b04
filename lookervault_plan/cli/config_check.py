"""Find names in lookervault-plan.toml that mean nothing: options, commands, fields, collections."""

from collections.abc import Collection, Iterator, Mapping

from lookervault_plan.cli.config_file import OTHER_TABLES, ConfigFile, Problem, Setting, hint_for

#: Options refused in the file: consent is given for one run.
NEVER_IN_FILE = ("allow", "auto-approve")
#: Options that an environment may not set: consent, and the name of the environment.
NEVER_IN_ENVIRONMENT = ("auto-approve", "env")

Commands = Mapping[tuple[str, ...], frozenset[str]]


def problems_of(file: ConfigFile, commands: Commands) -> Iterator[Problem]:
    """List what is wrong with the names in a file. `commands` has the options of each command."""
    yield from file.problems
    everything = frozenset(name for options in commands.values() for name in options)
    groups = {chain[:length] for chain in commands for length in range(1, len(chain))}
    for table, settings in [((), file.flat), *file.tables.items()]:
        if table and table not in commands and table not in groups:
            known = [".".join(chain) for chain in (*commands, *groups)]
            yield Problem(
                what=f"no command or section is called [{'.'.join(table)}]",
                fix=hint_for(".".join(table), [*known, *OTHER_TABLES]),
                place=file.place_of(*table),
            )
            continue
        options = commands.get(table, frozenset[str]()) if table else everything
        yield from _unknown(file, table, settings, options, NEVER_IN_FILE)
    for name, settings in file.environments.items():
        above = ("environments", name)
        yield from _unknown(file, above, settings, everything, NEVER_IN_ENVIRONMENT)
    if file.collections or file.ignore:
        from lookervault_plan.cli.not_managed_names import unknown_names  # noqa: PLC0415

        yield from unknown_names(file)


def _unknown(
    file: ConfigFile,
    table: tuple[str, ...],
    settings: Mapping[str, Setting],
    known: Collection[str],
    never: Collection[str],
) -> Iterator[Problem]:
    where = f" in [{'.'.join(table)}]" if table else ""
    for name in settings:
        place = file.place_of(*table, name)
        if name in never:
            variable = "LOOKERVAULT_PLAN_" + name.replace("-", "_").upper()
            yield Problem(
                what=f"{name} is never read from a file{where}",
                fix="it is the name of the table"
                if name == "env"
                else f"give --{name} on the command line, or set {variable} for a run"
                + "; an environment may hold it, as in [environments.prod]" * (name == "allow"),
                place=place,
            )
        elif name not in known:
            yield Problem(
                what=f"unknown key{where}: {name}", fix=hint_for(name, known), place=place
            )
