"""Warn of what Looker did not show: it is unknown, so nothing is judged by its absence."""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

from lookervault_plan.content.node import SourceRef
from lookervault_plan.errors import Diagnostic
from lookervault_plan.looker.client import Versions
from lookervault_plan.looker.live_reader import parts_word
from lookervault_plan.looker.refusals import Refusal, Unknown
from lookervault_plan.plan_file import BACKUP_UNSEEN, UNSEEN
from lookervault_plan.planning.words import counted

#: Items that a warning names; further ones are counted.
_NAMED = 200

#: What follows for a plan.
_IN_PLAN: Mapping[Unknown, str] = {
    Unknown.PARTS: "they are left as they are: none is added, changed or removed",
    Unknown.SOME_PARTS: "those of other people may be there already, so none is added",
    Unknown.DEFINITION: "looks and tiles that show them were not compared on their account",
    Unknown.PERSON: "they are members of groups, roles or access lists, and keep their place there",
    Unknown.API_USER: "the guard lockout can't tell whether the plan takes rights from it",
    Unknown.DETAILS: "guards take every group for one that has roles",
}
#: What follows for a backup.
_IN_BACKUP: Mapping[Unknown, str] = {
    Unknown.PARTS: "the backup does not hold them, and a plan made from it leaves them alone",
    Unknown.SOME_PARTS: "the backup does not hold those of other people",
    Unknown.DEFINITION: "the backup does not hold them, so looks and tiles that show them "
    "can't be restored to another instance",
    Unknown.DETAILS: "the backup does not hold them",
}


def unseen_in_destination(refusals: Iterable[Refusal]) -> Iterator[Diagnostic]:
    """Warn of what a plan could not see of the destination, one warning for each endpoint."""
    for same in _alike(refusals):
        if same[0].unknown is not Unknown.NAMES:
            yield _warning(same, _IN_PLAN[same[0].unknown])


def unseen_by_backup(refusals: Iterable[Refusal]) -> Iterator[Diagnostic]:
    """Warn of what a backup could not see of its source, one warning for each endpoint."""
    for same in _alike(refusals):
        yield _warning(same, _IN_BACKUP[same[0].unknown])


def unseen_in_backup(
    unseen: Mapping[SourceRef, Mapping[str, str]], selected: Container[SourceRef]
) -> Iterator[Diagnostic]:
    """Warn of what Looker did not show to the backup, of the selected items.

    `unseen` maps items to what is missing and to Looker's answer.
    """
    alike: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for ref, lacking in sorted(unseen.items()):
        for name, reason in lacking.items() if ref in selected else ():
            key, _, id_ = name.partition(":")
            what = "query definitions" if id_ else parts_word(ref.kind, key)
            item = f"{ref.address}: {name}" if id_ else ref.address
            alike[ref.kind, what, reason].append(item)
    for (kind, what, reason), items in alike.items():
        more = [f"and {len(items) - _NAMED:,} more"] if items[_NAMED:] else []
        yield Diagnostic(
            severity="warning",
            code=BACKUP_UNSEEN,
            summary=f"the backup lacks {what} of {counted(len(items), kind)}: "
            "Looker did not show it when the backup was made",
            detail="\n".join([reason, *items[:_NAMED], *more]),
            fix="make a new backup with the key of an admin",
        )


def unseen_names(refusal: Refusal, users: Sequence[str]) -> Diagnostic:
    """Warn of names of content that could not be looked up; `users` name them."""
    return Diagnostic(
        severity="warning",
        code=_code(refusal.what),
        summary=f"the {refusal.what} of the destination could not be read, "
        "so it is not known whether those that content names exist",
        detail=f"{refusal.reason}; named by {_some(users)}",
        fix=_fix(refusal),
    )


def unseen_versions(versions: Versions, instance: str) -> Iterator[Diagnostic]:
    """Warn if Looker does not tell its version and addresses."""
    if versions.refused is not None:
        yield Diagnostic(
            severity="warning",
            code=f"{UNSEEN}versions",
            summary="the version and the addresses of Looker could not be read",
            detail=f"{versions.refused} GET /versions; the instance is known by the address of the "
            f"connection alone: {instance}",
            fix="always use the same address for this instance",
        )


def _alike(refusals: Iterable[Refusal]) -> Iterator[list[Refusal]]:
    grouped: dict[tuple[str, str, str, int], list[Refusal]] = defaultdict(list)
    for each in dict.fromkeys(refusals):
        kind = each.ref.kind if each.ref else ""
        grouped[kind, each.what, each.endpoint, each.status].append(each)
    yield from grouped.values()


def _warning(same: Sequence[Refusal], consequence: str) -> Diagnostic:
    first = same[0]
    refs = [each.ref for each in same if each.ref]
    items = f" of {counted(len(refs), refs[0].kind)}" if refs else ""
    addresses = sorted(ref.address for ref in refs)
    more = [f"and {len(addresses) - _NAMED:,} more"] if addresses[_NAMED:] else []
    return Diagnostic(
        severity="warning",
        code=_code(first.what),
        summary=f"the {first.what}{items} could not be read",
        detail="\n".join([f"{first.reason}; {consequence}", *addresses[:_NAMED], *more]),
        fix=_fix(first),
    )


def _code(what: str) -> str:
    return UNSEEN + what.replace(" ", "-").replace("_", "-")


def _fix(refusal: Refusal) -> str:
    if refusal.needs:
        return f"give the user of the API key the permission {refusal.needs}, or use an admin's key"
    return "use the key of an admin, or update Looker if it is too old to have this endpoint"


def _some(users: Sequence[str]) -> str:
    more = f" and {len(users) - _NAMED:,} more" if users[_NAMED:] else ""
    return f"{', '.join(users[:_NAMED])}{more}"
