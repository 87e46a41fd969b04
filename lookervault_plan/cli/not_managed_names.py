"""Check the names in [collections] and [ignore] of lookervault-plan.toml."""

from collections.abc import Iterator

from lookervault_plan.cli.config_file import ConfigFile, Problem, hint_for
from lookervault_plan.content.table.kinds import ITEM_KINDS, KINDS, type_named
from lookervault_plan.errors import PlanError
from lookervault_plan.planning.not_managed import EVERYTHING, fields_of
from lookervault_plan.selectors.location import Location
from lookervault_plan.selectors.methods import SELECTOR
from lookervault_plan.selectors.parse_text import parse
from lookervault_plan.selectors.selection import criteria

#: Methods that ask what a plan, a session or a file of selectors says.
_NEED_A_PLAN = frozenset({"state", "result", SELECTOR})


def unknown_names(file: ConfigFile) -> Iterator[Problem]:
    """List types, collections, fields and criteria that do not exist."""
    collections = [
        f"{kind}.{each.name}" for kind in ITEM_KINDS for each in KINDS[kind].item.collections
    ]
    for name in file.collections:
        type_, dot, collection = name.partition(".")
        kind = type_named(type_)
        if not dot or kind is None or f"{kind}.{collection}" not in collections:
            yield Problem(
                what=f"no type has a collection {name}",
                fix=_hint(name, collections, "name a type and a collection, as in group.users"),
                place=file.place_of("collections", name),
            )
    for name, fields in file.ignore.items():
        yield from _unknown_in_ignore(file, name, fields)


def _unknown_in_ignore(file: ConfigFile, name: str, fields: tuple[str, ...]) -> Iterator[Problem]:
    place = file.place_of("ignore", name)
    kind = type_named(name)
    if kind is None and not any(sign in name for sign in ":*?"):
        fix = _hint(name, ITEM_KINDS, "name a content type, or a criterion, as in folder:Shared/*")
        yield Problem(what=f"no content type is called {name}", fix=fix, place=place)
        return
    if kind is None:
        try:
            selection = parse(name, Location(file.name), is_verbatim=False)
        except PlanError as error:
            yield Problem(what=error.diagnostic.summary, fix=error.diagnostic.fix, place=place)
        else:
            for method in sorted({each.method for each in criteria(selection)} & _NEED_A_PLAN):
                fix = "pick items by what the backup says of them, as in folder:Shared/Scratch/**"
                yield Problem(what=f"{method}: can't be used in [ignore]", fix=fix, place=place)
    known = {each for one in ([kind] if kind else ITEM_KINDS) for each in fields_of(one)}
    for each in fields:
        if each != EVERYTHING and each not in known:
            of = f"a {kind}" if kind else "any content type"
            fix = _hint(each, known, "name a field that Looker's API takes, or * for all")
            yield Problem(what=f"{each} is no field of {of}", fix=fix, place=place)


def _hint(word: str, known: list[str] | tuple[str, ...] | set[str], otherwise: str) -> str:
    similar = hint_for(word, known)
    return similar if similar.startswith("did you") else otherwise
