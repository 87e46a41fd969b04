"""What a selection picks. Every item is told by the criterion that picked it."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property

import msgspec

from lookervault_plan.content.node import Ref
from lookervault_plan.errors import Diagnostic, PlanError
from lookervault_plan.selectors.catalogue import Catalogue, Item
from lookervault_plan.selectors.hints import hint
from lookervault_plan.selectors.methods import METHODS, Form, Method, moment
from lookervault_plan.selectors.pattern import folder_pattern, pattern
from lookervault_plan.selectors.place import Place, wrong
from lookervault_plan.selectors.tree import Criterion, Intersection, Selection, Union, show

#: picked items, and the criterion that picked each; first come, first named
By = dict[Ref, str]


class Picked(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome: items with the criterion that picked them, and what to tell about it."""

    by: Mapping[Ref, str]
    diagnostics: tuple[Diagnostic, ...] = ()


def evaluate(
    selection: Selection,
    catalogue: Catalogue,
    *,
    selectors: Mapping[str, Selection] | None = None,
    allow_empty: bool = False,
) -> Picked:
    """Pick items. `selectors` holds the selections that others inherit, by name.

    Raises:
        PlanError: a criterion picks nothing (with `allow_empty` a warning is returned), or it
            asks for what the catalogue does not know (`state`, `result`).

    """
    evaluator = _Evaluator(catalogue, selectors or {})
    by = evaluator.visit(selection)
    empty = evaluator.empty
    if not by and not empty:
        empty = [_nothing(Place(), show(selection), "all that it picks is excluded again")]
    if empty and not allow_empty:
        more = [each.summary for each in empty[1:]]
        first = empty[0]
        raise PlanError(
            msgspec.structs.replace(
                first,
                severity="error",
                detail="\n".join(filter(None, [first.detail, *more])),
                fix=f"{first.fix} If it may pick nothing, pass --allow-empty.".lstrip(),
            )
        )
    return Picked(by=by, diagnostics=tuple(empty))


class _Evaluator:
    def __init__(self, catalogue: Catalogue, selectors: Mapping[str, Selection]) -> None:
        self.catalogue: Catalogue = catalogue
        self.selectors: Mapping[str, Selection] = selectors
        self.empty: list[Diagnostic] = []
        self.known: dict[Criterion, By] = {}

    def visit(self, selection: Selection) -> By:
        match selection:
            case Criterion():
                if selection not in self.known:
                    self.known[selection] = self.criterion(selection)
                return self.known[selection]
            case Union():
                picked: By = {}
                for each in selection.of:
                    for ref, by in self.visit(each).items():
                        _ = picked.setdefault(ref, by)
                return self.without(picked, selection.exclude)
            case Intersection():
                return self.without(self.intersection(selection), selection.exclude)

    def intersection(self, selection: Intersection) -> By:
        parts = [self.visit(each) for each in selection.of]
        text = ",".join(show(each) for each in selection.of)
        first, *rest = parts
        picked = {ref: text for ref in first if all(ref in other for other in rest)}
        if not picked and all(parts):
            place = next((each.place for each in selection.of if isinstance(each, Criterion)), None)
            each_picks = "each of its criteria picks something, but no item meets all"
            self.empty.append(_nothing(place or Place(), text, each_picks))
        return picked

    def without(self, picked: By, exclude: Iterable[Selection]) -> By:
        for each in exclude:
            taken = self.visit(each)
            picked = {ref: by for ref, by in picked.items() if ref not in taken}
        return picked

    def criterion(self, criterion: Criterion) -> By:
        method, text = METHODS[criterion.method], show(criterion)
        if method.form is Form.NAME:
            by = self.visit(self.selectors[criterion.value])
        else:
            refs = _PICK[method.form](method, criterion, self.catalogue)
            by = dict.fromkeys(refs, text)
            if not by:
                why, fix = hint(method, criterion.value, self.catalogue)
                self.empty.append(_nothing(criterion.place, text, why, fix))
        base = list(by)
        if criterion.dependencies:
            by = by | dict.fromkeys(self.reach(base, self.catalogue.needs), text)
        if criterion.dependents:
            by = by | dict.fromkeys(self.reach(base, self.needed_by), text)
        return by

    def reach(self, start: Iterable[Ref], edges: Mapping[Ref, Sequence[Ref]]) -> Iterable[Ref]:
        """All that the edges lead to; through items that are left out in the end, too."""
        seen = set(start)
        found: list[Ref] = []
        work = deque(seen)
        while work:
            for ref in edges.get(work.popleft(), ()):
                if ref not in seen and ref in self.catalogue.items:
                    seen.add(ref)
                    found.append(ref)
                    work.append(ref)
        return found

    @cached_property
    def needed_by(self) -> Mapping[Ref, Sequence[Ref]]:
        turned: dict[Ref, list[Ref]] = defaultdict(list)
        for ref, needs in self.catalogue.needs.items():
            for need in needs:
                turned[need].append(ref)
        return turned


def _by_text(method: Method, criterion: Criterion, catalogue: Catalogue) -> Iterable[Ref]:
    fits = pattern(criterion.value, folds_case=method.form is Form.EMAIL)
    known: dict[str, bool] = {}

    def meets(value: str) -> bool:
        if value not in known:
            known[value] = fits.matches(value)
        return known[value]

    return [
        ref
        for ref, item in catalogue.items.items()
        if any(meets(value) for value in method.values(item))
    ]


def _by_folder(_: Method, criterion: Criterion, catalogue: Catalogue) -> Iterable[Ref]:
    fits = folder_pattern(criterion.value)
    known: dict[tuple[str, ...], bool] = {(): False}

    def meets(item: Item) -> bool:
        if item.folder not in known:
            known[item.folder] = fits.matches(item.folder)
        return known[item.folder]

    return [ref for ref, item in catalogue.items.items() if meets(item)]


def _by_moment(_: Method, criterion: Criterion, catalogue: Catalogue) -> Iterable[Ref]:
    bound = moment(criterion.value)
    is_after = METHODS[criterion.method].form is Form.AFTER
    return [
        ref
        for ref, item in catalogue.items.items()
        if (at := moment(item.updated_at)) and bound and (at >= bound) == is_after
    ]


def _by_address(_: Method, criterion: Criterion, catalogue: Catalogue) -> Iterable[Ref]:
    kind, id_ = criterion.value.partition(":")[::2]
    ref = Ref(kind, pattern(id_).literal or "")
    return [ref] if ref in catalogue.items else []


def _by_word(method: Method, criterion: Criterion, catalogue: Catalogue) -> Iterable[Ref]:
    words = catalogue.words.get(method.name)
    if words is None:
        raise wrong(
            "unknown-here",
            criterion.place,
            f"{show(criterion)} can't be told here",
            fix=method.lacking,
        )
    return [ref for ref in catalogue.items if criterion.value in words.get(ref, ())]


def _nothing(place: Place, text: str, why: str, fix: str = "") -> Diagnostic:
    return Diagnostic(
        severity="warning",
        code="selector.empty",
        summary=f"{place}: {text} picks nothing" if place.source else f"{text} picks nothing",
        detail=why,
        fix=fix,
    )


_PICK: Mapping[Form, Callable[[Method, Criterion, Catalogue], Iterable[Ref]]] = {
    Form.TYPE: _by_text,
    Form.TEXT: _by_text,
    Form.EMAIL: _by_text,
    Form.FOLDER: _by_folder,
    Form.AFTER: _by_moment,
    Form.BEFORE: _by_moment,
    Form.WORD: _by_word,
    Form.ADDRESS: _by_address,
}
