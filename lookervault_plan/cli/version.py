"""The version of the installed program."""


def tool_version() -> str:
    """Return the version that the package's metadata state."""
    from importlib.metadata import version  # noqa: PLC0415 — slow, and `--help` needs none

    return version("lookervault-plan")
