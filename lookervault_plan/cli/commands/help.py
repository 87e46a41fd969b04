"""`help`: show the help of a command."""


def help_(*command: str) -> int:
    """Show the help of a command.

    The same as `lookervault-plan COMMAND --help`.

    Parameters
    ----------
    command
        The command, as in `help plan` or `help dlq retry`; the list of commands if left out.

    """
    from lookervault_plan.cli.app import main

    return main([*command, "--help"])
