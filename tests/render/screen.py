"""What a terminal would show."""

import io

from rich.console import Console, RenderableType


def shown(renderable: RenderableType, *, width: int = 80, colour: bool = False) -> str:
    file = io.StringIO()
    console = Console(
        file=file,
        width=width,
        force_terminal=colour,
        color_system="standard" if colour else None,
        legacy_windows=False,
        _environ={},
    )
    console.print(renderable, crop=False)  # as the program does
    return file.getvalue()
