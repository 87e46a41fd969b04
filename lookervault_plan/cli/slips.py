"""Recognise words of other programs, and slips that the parser would take for something else."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence

#: Words of LookerVault's command line that we don't have, and what takes their place.
LOOKERVAULT_COMMANDS: Mapping[str, str] = {
    "extract": "use `lookervault-plan backup --db-path FILE`",
    "snapshot": "use `lookervault-plan backup --db-path FILE`: each run adds one",
    "list": 'use `lookervault-plan select --db-path FILE "type:dashboard"`',
    "verify": "use `lookervault-plan backup verify --db-path FILE`",
    "check": "use `lookervault-plan doctor`",
    "info": "use `lookervault-plan doctor`",
    "cleanup": "use `lookervault-plan backup forget --db-path FILE --keep-within 30d`",
    "pack": "lookervault-plan has no YAML export; --remaps changes names on the way",
    "unpack": "lookervault-plan has no YAML import; --remaps changes names on the way",
}
LOOKERVAULT_OPTIONS: Mapping[str, str] = {
    "--only-types": 'use --select "type:dashboard type:look"',
    "--exclude-types": 'use --exclude "type:dashboard type:look"',
    "--types": "name the types without an option, as in `backup --db-path FILE dashboards looks`",
    "--folder-ids": 'use --select "folder:Shared/Finance/**", with the path of the folder',
    "--recursive": 'use --select "folder:Shared/Finance/**": ** picks all folders below',
    "--force": "use --auto-approve to skip the question, or --allow GUARD to accept one danger",
    "--from-snapshot": "use --as-of",
    "--db": "use --db-path",
    "--config": "use --config-file",
    "--session-id": "name the session without an option",
    "--incremental": "leave it out: a backup always keeps what has not changed",
    "--batch-size": "leave it out: memory follows the requests in flight",
    "--max-retries": "leave it out: a request that fails for a passing reason is tried five times",
    "--output": "use --json for machine-readable output",
}
_ONE_DASH = re.compile(r"-([a-z][a-z-]+)(=.*)?")


def long_option_with_one_dash(
    words: Sequence[str], *, flags: Collection[str], options: Callable[[], Collection[str]]
) -> str | None:
    """Say what is wrong with `-out=plan.json`, which the parser takes for `-o ut=plan.json`.

    `flags` are the letters of options without a value, which can be joined as in `-vq`. `options`
    names all long options, with their dashes; it is only called if a word looks like a slip.
    """
    own = words[: words.index("--")] if "--" in words else words
    for word in own:
        found = _ONE_DASH.fullmatch(word)
        if found and not set(found[1]) <= set(flags) and f"--{found[1]}" in options():
            return f"unknown option: -{found[1]}. Did you mean --{found[1]}?"
    return None


def command_successor(word: str) -> str | None:
    """Say what takes the place of a command of LookerVault; None if it is none."""
    return LOOKERVAULT_COMMANDS.get(word)


def option_successor(words: Sequence[str]) -> str | None:
    """Say what takes the place of the first option of LookerVault; None if there is none."""
    return next((LOOKERVAULT_OPTIONS[word] for word in words if word in LOOKERVAULT_OPTIONS), None)
