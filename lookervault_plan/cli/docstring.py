"""Help texts, from docstrings."""

import inspect
import re

from cyclopts import App


def paragraphs(command: object) -> str:
    """A docstring up to its parameters, each paragraph on one line: the terminal wraps it."""
    if isinstance(command, App):
        return command.help
    text = (inspect.getdoc(command) or "").partition("\nParameters\n")[0].strip()
    return "\n\n".join(" ".join(part.split()) for part in re.split(r"\n\s*\n", text))
