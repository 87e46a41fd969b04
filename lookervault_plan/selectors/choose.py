"""From the options --select, --exclude, --selector and --selectors to one selection."""

from collections.abc import Mapping, Sequence

import msgspec

from lookervault_plan.errors import failure
from lookervault_plan.selectors.grammar import criterion, parse
from lookervault_plan.selectors.load import Selectors
from lookervault_plan.selectors.methods import SELECTOR
from lookervault_plan.selectors.pattern import escaped, plain
from lookervault_plan.selectors.place import Place
from lookervault_plan.selectors.tree import Criterion, Selection, criteria, union

DEFAULT_FILE = "selectors.yml"


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What to pick, and how it was asked for."""

    #: None: everything
    selection: Selection | None = None
    #: what other selectors stand for, by name
    selectors: Mapping[str, Selection] = {}
    allow_empty: bool = False
    select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    #: the selector that was asked for, or the file's default one
    selector: str | None = None

    @property
    def methods(self) -> frozenset[str]:
        """The methods in use, those of other selectors included."""
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
    called: str = "--select",
) -> Choice:
    """Read the options. Without --select and --selector, the file's default selector counts.

    `called` is what a person calls the option or argument that `select` is from.

    Raises:
        PlanError: malformed; an unknown selector; --select beside --selector.

    """
    if select and selector is not None:
        raise failure(
            "selector.both",
            f"{called} and --selector are given together",
            fix=f"put both into one: {' '.join(select)} selector:{selector}",
        )
    default = file.default if file and not select and selector is None else None
    if default:
        selector = default.name
    of: list[Selection] = [parse(text, Place(called, 0, 1)) for text in select]
    if selector is not None:
        name = escaped(plain(selector))
        of.append(criterion(SELECTOR, name, Place("--selector")))
    without: list[Selection] = [parse(text, Place("--exclude", 0, 1)) for text in exclude]
    if without and not of:
        of.append(Criterion(method="type", value="*"))
    if not of:
        return Choice(allow_empty=allow_empty)
    selection = union(of, without)
    if file:
        file.check(selection)
    elif asked := next((each for each in criteria(selection) if each.method == SELECTOR), None):
        raise failure(
            "selector.no-file",
            f"{asked.place}: no file says what the selector {asked.value} is",
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
