"""Run `version`: print the program's version, and with --json that of Python."""

import platform

from rich.text import Text

from lookervault_plan.cli.options import Common
from lookervault_plan.cli.screen import Screen
from lookervault_plan.cli.version import tool_version


def version(common: Common) -> int:
    """Print the version to stdout."""
    facts = {"version": tool_version(), "python": platform.python_version()}
    Screen(common).answer(facts, Text(facts["version"]))
    return 0
