"""Turn the options --select, --exclude, --selector and --selectors into one selection."""

from collections.abc import Mapping, Sequence

import msgspec

from lookervault_plan.errors import failure
from lookervault_plan.selectors.location import Location
from lookervault_plan.selectors.methods import SELECTOR
from lookervault_plan.selectors.parse_file import Selectors
from lookervault_plan.selectors.parse_text import criterion, parse
from lookervault_plan.selectors.pattern import comparable, escape
from lookervault_plan.selectors.selection import Criterion, Selection, criteria, union

DEFAULT_FILE = "selectors.yml"


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """The parsed options."""

    #: None picks everything
    selection: Selection | None = None
    #: definitions of named selectors, by name
    selectors: Mapping[str, Selection] = {}
    #: true: a selection that picks nothing is no error
    allow_empty: bool = False
    #: texts of --select
    select: tuple[str, ...] = ()
    #: texts of --exclude
    exclude: tuple[str, ...] = ()
    #: value of --selector, or the file's default selector
    selector: str | None = None

    @property
    def methods(self) -> frozenset[str]:
        """List the methods in use, including those inside named selectors."""
        found: set[str] = set()
        work = [self.selection] if self.selection is not None else []
        seen: set[str] = set()
        while work:
            for each in criteria(work.pop()):
                found.add(each.method)
                if each.method == SELECTOR and each.value not in seen:
                    seen.add(each.value)
                    work.append(self.selectors[each.value])
        return frozenset(found)


def choose(
    *,
    select: Sequence[str] = (),
    exclude: Sequence[str] = (),
    selector: str | None = None,
    file: Selectors | None = None,
    allow_empty: bool = False,
    option: str = "--select",
) -> Choice:
    """Read the options. Without --select and --selector, the file's default selector counts.

    `option` is the name of the option that `select` came from, for errors.

    Raises:
        PlanError: malformed text, an unknown selector, or --select together with --selector.

    """
    if select and selector is not None:
        raise failure(
            "selector.both",
            f"{option} and --selector are given together",
            fix=f"put both into one: {' '.join(select)} selector:{selector}",
        )
    default = file.default if file and not select and selector is None else None
    if default:
        selector = default.name
    members: list[Selection] = [parse(text, Location(option, 0, 1)) for text in select]
    if selector is not None:
        name = escape(comparable(selector))
        members.append(criterion(SELECTOR, name, Location("--selector")))
    excluded: list[Selection] = [parse(text, Location("--exclude", 0, 1)) for text in exclude]
    if excluded and not members:
        members.append(Criterion(method="type", value="*"))
    if not members:
        return Choice(allow_empty=allow_empty)
    selection = union(members, excluded)
    if file:
        file.check(selection)
    elif asked := next((each for each in criteria(selection) if each.method == SELECTOR), None):
        raise failure(
            "selector.no-file",
            f"{asked.location}: no file says what the selector {asked.value} is",
            fix=f"give it with --selectors, or call it {DEFAULT_FILE} in the working directory",
        )
    return Choice(
        selection=selection,
        selectors=file.definitions if file else {},
        allow_empty=allow_empty,
        select=tuple(select),
        exclude=tuple(exclude),
        selector=selector,
    )
