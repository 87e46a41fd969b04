"""Turn docstrings of commands into help texts."""

import inspect
import re

from cyclopts import App


def paragraphs(command: object) -> str:
    """Return a docstring up to its parameters, each paragraph on one line, to be wrapped later."""
    if isinstance(command, App):
        return paragraphs(command.default_command) if command.default_command else command.help
    text = (inspect.getdoc(command) or "").partition("\nParameters\n")[0].strip()
    return "\n\n".join(" ".join(part.split()) for part in re.split(r"\n\s*\n", text))
