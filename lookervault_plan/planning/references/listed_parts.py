"""Fields that list parts of another item by id: the tabs of a dashboard that a schedule renders."""

from collections.abc import Callable, Iterator, Mapping

import msgspec

from lookervault_plan.content.listed_parts import parts_of
from lookervault_plan.content.node import Address, Json, Node, Ref
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.plan_file import KNOWN_AFTER_APPLY, PlanReference, Remap
from lookervault_plan.planning.references.targets import Live, New, Target

#: what became of the parts of an item of the backup
TargetsOf = Callable[[Ref], Mapping[Ref, Target]]


class Listed:
    """Translates them, once it is known what becomes of the item that has the parts."""

    def __init__(self, targets_of: TargetsOf, is_written: Callable[[Ref], bool]) -> None:
        """`is_written` says whether the plan writes an item, so that its new parts will be."""
        self._targets_of = targets_of
        self._is_written = is_written
        #: parts that are there already: apply has to be told
        self._used: dict[Ref, str] = {}

    def translate(
        self, item: Node, *, is_new: bool
    ) -> tuple[Node, tuple[PlanReference, ...], frozenset[Address]]:
        """The item with destination ids, what is lost, and the items whose new parts it lists.

        Where anything is lost, what is live is left alone.
        """
        fields, lost, needs = dict(item.fields), list[PlanReference](), set[Address]()
        for field in KINDS[item.kind].fields:
            parts = parts_of(item, field)
            if not parts:
                continue
            targets = self._targets_of(parts[0][1])
            ids: list[Json] = []
            for path, owner, part in parts:
                match targets.get(part):
                    case Live(id_):
                        self._used[part] = id_
                        ids.append(id_)
                    case New() if self._is_written(owner):
                        needs.add(owner.address)
                        ids.append(KNOWN_AFTER_APPLY)
                    case _:
                        lost.append(PlanReference(path=path, from_=part.address))
            fields[field.path] = ids or None
            if lost and not is_new:
                del fields[field.path]
        return msgspec.structs.replace(item, fields=fields), tuple(lost), frozenset(needs)

    def remaps(self) -> Iterator[Remap]:
        """Pairs of ids that apply needs; the state keeps those of parts elsewhere."""
        for part, id_ in self._used.items():
            yield Remap(
                type=part.kind, source_id=part.id, destination_id=id_, matched_by="its item"
            )
