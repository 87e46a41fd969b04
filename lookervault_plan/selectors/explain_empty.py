"""Explain why a criterion picks nothing, and suggest what was meant."""

from collections.abc import Callable, Iterable, Mapping

from lookervault_plan.selectors.catalogue import Catalogue
from lookervault_plan.selectors.methods import Form, Method
from lookervault_plan.selectors.pattern import FolderPattern, escape, folder_pattern, pattern
from lookervault_plan.selectors.selection import Criterion, to_text
from lookervault_plan.selectors.suggest import nearest

#: number of existing names that a message lists
_LISTED = 5


def explain_empty(method: Method, value: str, catalogue: Catalogue) -> tuple[str, str]:
    """Give the reason, and a fix; the fix is empty if no known value is similar."""
    return _EXPLANATIONS[method.form](method, value, catalogue)


def _explain_text(method: Method, value: str, catalogue: Catalogue) -> tuple[str, str]:
    known = {found for item in catalogue.items.values() for found in method.values(item)}
    if not known:
        return f"no item of the backup has a {method.name}", ""
    piece = pattern(value).longest_text
    near = nearest(piece, known) or _containing_word(piece, known)
    why = f"the backup has no {method.name} like it"
    if len(known) <= _LISTED:
        why += f"; it has {_listed(known)}"
    return why, _did_you_mean(method, escape(near)) if near else ""


def _explain_folder(method: Method, value: str, catalogue: Catalogue) -> tuple[str, str]:
    wanted = folder_pattern(value)
    folders = {item.folder for item in catalogue.items.values() if item.folder}
    for depth in range(len(wanted.names)):
        if _matching(wanted, depth + 1, folders):
            continue
        here = {path[depth] for path in _matching(wanted, depth, folders) if len(path) > depth}
        found = wanted.names[depth]
        near = nearest(found.longest_text, here) if found else None
        names = ["**" if each is None else each.text for each in wanted.names]
        above = "/".join(names[:depth]) or "the top"
        why = f"{above} has no folder {names[depth]}"
        if not near:
            return f"{why}; it has {_listed(here)}" if here else why, ""
        names[depth] = escape(near, in_path=True)
        return why, _did_you_mean(method, "/".join(names))
    return "no folder of the backup has such a path", ""


def _matching(
    wanted: FolderPattern, depth: int, folders: Iterable[tuple[str, ...]]
) -> list[tuple[str, ...]]:
    """List the folders that match the first `depth` names of a pattern; `**` matches the rest."""
    names = wanted.names[:depth]
    if None in names:
        names = names[: names.index(None)]
    head = FolderPattern("", names)
    return [
        path for path in folders if len(path) >= len(names) and head.matches(path[: len(names)])
    ]


def _explain_time(_: Method, value: str, catalogue: Catalogue) -> tuple[str, str]:
    times = sorted(item.updated_at for item in catalogue.items.values() if item.updated_at)
    if not times:
        return "no item of the backup has a time of change", ""
    return f"the backup's items were changed from {times[0]} to {times[-1]}, not {value}", ""


def _explain_address(_: Method, value: str, catalogue: Catalogue) -> tuple[str, str]:
    kind, id_ = value.partition(":")[::2]
    others = [ref.address for ref in catalogue.items if ref.id == pattern(id_).literal]
    return f"the backup has no {kind} {id_}", f"did you mean {others[0]}?" if others else ""


def _explain_label(method: Method, value: str, _: Catalogue) -> tuple[str, str]:
    return f"no item of the backup has the {method.name} {value}", ""


def _containing_word(piece: str, known: Iterable[str]) -> str | None:
    """Find the first value that contains a similar word."""
    by_word: dict[str, str] = {}
    for value in sorted(known):
        for word in value.split():
            _ = by_word.setdefault(word.strip("()[],.;:"), value)
    near = nearest(piece.strip(), by_word)
    return by_word[near] if near else None


def _did_you_mean(method: Method, value: str) -> str:
    return f"did you mean {to_text(Criterion(method=method.name, value=value))}?"


def _listed(names: Iterable[str]) -> str:
    found = sorted(names)
    more = len(found) - _LISTED
    return ", ".join(found[:_LISTED]) + (f" and {more} more" if more > 0 else "")


_EXPLANATIONS: Mapping[Form, Callable[[Method, str, Catalogue], tuple[str, str]]] = {
    Form.TYPE: _explain_text,
    Form.TEXT: _explain_text,
    Form.EMAIL: _explain_text,
    Form.FOLDER: _explain_folder,
    Form.AFTER: _explain_time,
    Form.BEFORE: _explain_time,
    Form.ADDRESS: _explain_address,
    Form.LABEL: _explain_label,
}
