"""Evaluate a selection: pick items of a catalogue, each with the criterion that picked it."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property

import msgspec

from lookervault_plan.content.node import Ref, SourceId, SourceRef
from lookervault_plan.errors import Diagnostic, PlanError
from lookervault_plan.selectors.catalogue import Catalogue, Item
from lookervault_plan.selectors.explain_empty import explain_empty
from lookervault_plan.selectors.location import NOWHERE, Location, selector_error
from lookervault_plan.selectors.methods import METHODS, Form, Method, parse_time
from lookervault_plan.selectors.pattern import folder_pattern, pattern
from lookervault_plan.selectors.selection import Criterion, Intersection, Selection, Union, to_text

#: criterion by picked item; the first criterion that picks an item counts
PickedBy = dict[SourceRef, str]


class Picked(msgspec.Struct, frozen=True, kw_only=True):
    """The result of evaluating a selection."""

    #: criterion by picked item
    by: Mapping[SourceRef, str]
    #: picked items that no criterion picks by itself, but `+x` or `x+` brings
    brought: frozenset[SourceRef] = frozenset()
    #: warnings about criteria that pick nothing
    diagnostics: tuple[Diagnostic, ...] = ()


def evaluate(
    selection: Selection,
    catalogue: Catalogue,
    *,
    selectors: Mapping[str, Selection] | None = None,
    allow_empty: bool = False,
) -> Picked:
    """Pick the items of a selection. `selectors` has the definitions of named selectors.

    Raises:
        PlanError: a criterion picks nothing (a warning if `allow_empty`), or nobody looked up
            the labels that it needs (`state`, `result`).

    """
    evaluator = _Evaluator(catalogue, selectors or {})
    by = evaluator.visit(selection)
    empty = evaluator.empty
    if not by and not empty:
        empty = [_picks_nothing(NOWHERE, to_text(selection), "all that it picks is excluded again")]
    if empty and not allow_empty:
        first, *others = empty
        raise PlanError(
            msgspec.structs.replace(
                first,
                severity="error",
                detail="\n".join(filter(None, [first.detail, *(each.summary for each in others)])),
                fix=f"{first.fix} If it may pick nothing, pass --allow-empty.".lstrip(),
            )
        )
    return Picked(
        by=by, brought=frozenset(by) - evaluator.picked_directly, diagnostics=tuple(empty)
    )


class _Evaluator:
    def __init__(self, catalogue: Catalogue, selectors: Mapping[str, Selection]) -> None:
        self.catalogue: Catalogue = catalogue
        self.selectors: Mapping[str, Selection] = selectors
        #: warnings about criteria that pick nothing
        self.empty: list[Diagnostic] = []
        #: items that meet a criterion themselves
        self.picked_directly: set[SourceRef] = set()
        #: result by criterion
        self.known: dict[Criterion, PickedBy] = {}

    def visit(self, selection: Selection) -> PickedBy:
        match selection:
            case Criterion():
                if selection not in self.known:
                    self.known[selection] = self.criterion(selection)
                return self.known[selection]
            case Union():
                picked: PickedBy = {}
                for each in selection.of:
                    for ref, by in self.visit(each).items():
                        _ = picked.setdefault(ref, by)
                return self.without(picked, selection.exclude)
            case _:  # an intersection
                return self.without(self.intersection(selection), selection.exclude)

    def intersection(self, selection: Intersection) -> PickedBy:
        parts = [self.visit(each) for each in selection.of]
        text = ",".join(to_text(each) for each in selection.of)
        first, *rest = parts
        picked = {ref: text for ref in first if all(ref in other for other in rest)}
        if not picked and all(parts):
            locations = [each.location for each in selection.of if isinstance(each, Criterion)]
            reason = "each of its criteria picks something, but no item meets all"
            self.empty.append(_picks_nothing(next(iter(locations), NOWHERE), text, reason))
        return picked

    def without(self, picked: PickedBy, exclude: Iterable[Selection]) -> PickedBy:
        for each in exclude:
            taken = self.visit(each)
            picked = {ref: by for ref, by in picked.items() if ref not in taken}
        return picked

    def criterion(self, criterion: Criterion) -> PickedBy:
        method, text = METHODS[criterion.method], to_text(criterion)
        if method.form is Form.SELECTOR:
            by = self.visit(self.selectors[criterion.value])
        else:
            refs = _PICK[method.form](method, criterion, self.catalogue)
            by = dict.fromkeys(refs, text)
            self.picked_directly.update(by)
            if not by:
                reason, fix = explain_empty(method, criterion.value, self.catalogue)
                self.empty.append(_picks_nothing(criterion.location, text, reason, fix))
        base = list(by)
        if criterion.dependencies:
            by = by | dict.fromkeys(self.reachable(base, self.catalogue.needs), text)
        if criterion.dependents:
            by = by | dict.fromkeys(self.reachable(base, self.dependents), text)
        return by

    def reachable(
        self, start: Iterable[SourceRef], edges: Mapping[SourceRef, Sequence[SourceRef]]
    ) -> Iterable[SourceRef]:
        """Follow dependencies from some items, also through items that an exclude removes."""
        seen = set(start)
        found: list[SourceRef] = []
        work = deque(seen)
        while work:
            for ref in edges.get(work.popleft(), ()):
                if ref not in seen and ref in self.catalogue.items:
                    seen.add(ref)
                    found.append(ref)
                    work.append(ref)
        return found

    @cached_property
    def dependents(self) -> Mapping[SourceRef, Sequence[SourceRef]]:
        turned: dict[SourceRef, list[SourceRef]] = defaultdict(list)
        for ref, needs in self.catalogue.needs.items():
            for need in needs:
                turned[need].append(ref)
        return turned


def _by_text(method: Method, criterion: Criterion, catalogue: Catalogue) -> Iterable[SourceRef]:
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


def _by_folder(_: Method, criterion: Criterion, catalogue: Catalogue) -> Iterable[SourceRef]:
    fits = folder_pattern(criterion.value)
    known: dict[tuple[str, ...], bool] = {(): False}

    def meets(item: Item) -> bool:
        if item.folder not in known:
            known[item.folder] = fits.matches(item.folder)
        return known[item.folder]

    return [ref for ref, item in catalogue.items.items() if meets(item)]


def _by_time(_: Method, criterion: Criterion, catalogue: Catalogue) -> Iterable[SourceRef]:
    limit = parse_time(criterion.value)
    is_after = METHODS[criterion.method].form is Form.AFTER
    return [
        ref
        for ref, item in catalogue.items.items()
        if (at := parse_time(item.updated_at)) and limit and (at >= limit) == is_after
    ]


def _by_address(_: Method, criterion: Criterion, catalogue: Catalogue) -> Iterable[SourceRef]:
    kind, id_ = criterion.value.partition(":")[::2]
    ref = Ref(kind, SourceId(pattern(id_).literal or ""))
    return [ref] if ref in catalogue.items else []


def _by_label(method: Method, criterion: Criterion, catalogue: Catalogue) -> Iterable[SourceRef]:
    labels = catalogue.labels.get(method.name)
    if labels is None:
        raise selector_error(
            "unknown-here",
            criterion.location,
            f"{to_text(criterion)} can't be told here",
            fix=method.missing_fix,
        )
    return [ref for ref in catalogue.items if criterion.value in labels.get(ref, ())]


def _picks_nothing(location: Location, text: str, reason: str, fix: str = "") -> Diagnostic:
    return Diagnostic(
        severity="warning",
        code="selector.empty",
        summary=f"{location}: {text} picks nothing" if location.source else f"{text} picks nothing",
        detail=reason,
        fix=fix,
    )


_PICK: Mapping[Form, Callable[[Method, Criterion, Catalogue], Iterable[SourceRef]]] = {
    Form.TYPE: _by_text,
    Form.TEXT: _by_text,
    Form.EMAIL: _by_text,
    Form.FOLDER: _by_folder,
    Form.AFTER: _by_time,
    Form.BEFORE: _by_time,
    Form.LABEL: _by_label,
    Form.ADDRESS: _by_address,
}
